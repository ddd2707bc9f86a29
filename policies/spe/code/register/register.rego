# METADATA
# scope: package
# title: "May code be registered under this permit?"
package spe.code.register

import data.spe.caller
import data.spe.permit.standing
import data.spe.tables

default grounds := false

grounds if {
	caller.has("data_user")
	standing.user
}

reasons contains reason if some reason in caller.reasons

reasons contains reason if some reason in caller.training

reasons contains reason if some reason in standing.reasons

reasons contains reason if some reason in standing.for_users

reasons contains caller.lacks(["data_user"]) if not caller.has("data_user")

# METADATA
# title: "Code reads only granted fields"
# custom:
#   code: field_not_granted
#   message:
#     en: "{field} is not granted at every site of the permit."
#     it: "{field} non è concesso in tutte le sedi dell'autorizzazione."
#   remedy:
#     en: "Leave the field out of the code."
#     it: "Togliere il campo dal codice."
#   reference: "EHDS Art. 73(1)(d); GDPR Art. 5(1)(b)"
reasons contains {"code": "field_not_granted", "params": {"field": field}} if {
	some field in input.fields
	not field in input.granted
}

# METADATA
# title: "Code declares its outputs"
# custom:
#   code: outputs_out_of_range
#   message:
#     en: "Code declares from 1 to {most} outputs."
#     it: "Il codice dichiara da 1 a {most} risultati."
#   remedy:
#     en: "Declare each file that the code writes."
#     it: "Dichiarare ogni file scritto dal codice."
#   reference: "EHDS Art. 73(2)"
reasons contains {"code": "outputs_out_of_range", "params": {"most": sprintf("%d", [tables.numbers.outputs_most])}} if not outputs_fit

# METADATA
# title: "An aggregates-only permit takes outputs that can be recomputed"
# custom:
#   code: only_aggregates
#   message:
#     en: "The permit allows aggregates only, and one declared output can't be recomputed from the cohort."
#     it: "L'autorizzazione ammette solo aggregati, e un risultato dichiarato non può essere ricalcolato."
#   remedy:
#     en: "Declare counts, sums, means or life tables."
#     it: "Dichiarare conteggi, somme, medie o tavole di sopravvivenza."
#   reference: "EHDS Art. 73(2)"
reasons contains {"code": "only_aggregates", "params": {}} if {
	not input.permit.aggregates_only == false
	not input.recomputable == true
}

outputs_fit if {
	input.outputs >= 1
	input.outputs <= tables.numbers.outputs_most
}

obligations := set()

profile := {}
