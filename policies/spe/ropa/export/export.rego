# METADATA
# scope: package
# title: "May this person have the record of processing activities?"
# description: "Auditors, operators and the body that decides have anybody's (GDPR Art. 30(4)); a data holder has their own. A controller who uses data asks one of them: a researcher doesn't see their organisation's other projects."
package spe.ropa.export

import data.spe.caller
import data.spe.tables

default grounds := false

grounds if allowed

reasons contains reason if some reason in caller.reasons

# METADATA
# title: "A holder has the record of what they answer for"
# custom:
#   code: ropa_not_yours
#   message:
#     en: "This record of processing activities is not yours to export."
#     it: "Non si è autorizzati a esportare questo registro delle attività di trattamento."
#   remedy:
#     en: "As a data holder ask for your own (--of HOLDER); otherwise ask an auditor or the operator."
#     it: "Come titolare dei dati chiedere il proprio (--of TITOLARE); altrimenti rivolgersi a un auditor o al gestore."
#   reference: "GDPR Art. 30"
reasons contains {"code": "ropa_not_yours", "params": {}} if not allowed

allowed if caller.has_any(["auditor", "operator", "chair"])

allowed if {
	input.scope != ""
	caller.has("data_holder")
	input.scope == input.caller.holder
}

obligations := set()

profile := {
	"version": tables.register.version,
	"parties": tables.register.parties,
	"standing_for": tables.register.standing_for,
	"environment": tables.register.environment,
	"eea": array.concat(tables.countries.eu, tables.register.eea_besides),
	"seconds_least": tables.retention.seconds_least,
	"seconds_after_permit": tables.retention.seconds_after_permit,
}
