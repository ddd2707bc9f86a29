# METADATA
# scope: package
# title: "Whether a dataset's DUO terms are ones that can be matched"
# description: "Terms are resolved by identifier, never by shorthand."
package spe.catalogue.duo

import data.spe.tables

term(code) := tables.duo.permissions[code]

term(code) := tables.duo.modifiers[code]

# METADATA
# title: "No term is abstract"
# custom:
#   code: duo_abstract
#   message:
#     en: "{code} is an abstract DUO term and says nothing by itself."
#     it: "{code} è un termine DUO astratto e da solo non dice nulla."
#   remedy:
#     en: "The dataset's holder has to replace it with a concrete term."
#     it: "Il titolare deve sostituirlo con un termine concreto."
#   reference: "GA4GH Data Use Ontology 2021-02-23"
reasons contains {"code": "duo_abstract", "params": {"dataset": condition.dataset, "code": condition.code}} if {
	some condition in conditions
	condition.code in tables.duo.abstract
}

# METADATA
# title: "Every term is known"
# custom:
#   code: duo_unknown
#   message:
#     en: "{code} is not a DUO term that the rules can judge."
#     it: "{code} non è un termine DUO che le regole sappiano valutare."
#   remedy:
#     en: "The dataset's holder has to use a term of the published list."
#     it: "Il titolare deve usare un termine dell'elenco pubblicato."
#   reference: "GA4GH Data Use Ontology 2021-02-23"
reasons contains {"code": "duo_unknown", "params": {"dataset": condition.dataset, "code": condition.code}} if {
	some condition in conditions
	not condition.code in tables.duo.abstract
	not term(condition.code)
}

# METADATA
# title: "A term that needs a parameter has one"
# custom:
#   code: duo_parameter_missing
#   message:
#     en: "{term} needs a parameter (a disease, a country, a date, a number of months)."
#     it: "{term} richiede un parametro (malattia, paese, data, numero di mesi)."
#   remedy:
#     en: "The dataset's holder has to add the parameter."
#     it: "Il titolare deve aggiungere il parametro."
#   reference: "GA4GH Data Use Ontology 2021-02-23"
reasons contains {"code": "duo_parameter_missing", "params": {"dataset": condition.dataset, "term": term(condition.code)}} if {
	some condition in conditions
	term(condition.code) in tables.duo.with_parameter
	condition.parameter == ""
}

# METADATA
# title: "Each dataset has exactly one permission term"
# custom:
#   code: duo_no_permission
#   message:
#     en: "{dataset} has {count} permission terms; it must have exactly one (NRES, GRU, HMB, DS or POA)."
#     it: "{dataset} ha {count} termini di permesso; deve averne esattamente uno (NRES, GRU, HMB, DS o POA)."
#   remedy:
#     en: "The dataset's holder has to correct the entry."
#     it: "Il titolare deve correggere la scheda."
#   reference: "GA4GH Data Use Ontology 2021-02-23"
reasons contains {"code": "duo_no_permission", "params": {"dataset": dataset, "count": sprintf("%d", [count(permissions)])}} if {
	some dataset in datasets
	permissions := [condition | some condition in conditions
	condition.dataset == dataset
	tables.duo.permissions[condition.code]]
	not count(permissions) == 1
}

conditions contains condition if some condition in input.conditions

conditions contains condition if some condition in input.request.conditions

datasets contains input.dataset

datasets contains dataset.dataset if {
	some dataset in input.request.datasets
	dataset.known == true
}
