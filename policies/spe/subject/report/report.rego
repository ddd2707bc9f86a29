# METADATA
# scope: package
# title: "May this person be told what happened with the data of a subject of this holder?"
# description: "A subject asks their own data holder, who knows whose pseudonym it is; an auditor may see what was answered. For everybody else there is no such subject."
package spe.subject.report

import data.spe.caller

default grounds := false

grounds if for_own_holder

grounds if caller.has("auditor")

reasons contains reason if some reason in caller.reasons

reasons contains caller.lacks(["auditor", "data_holder"]) if not caller.has_any(["auditor", "data_holder"])

# METADATA
# title: "A holder answers their own subjects"
# custom:
#   code: not_this_holders_subject
#   message:
#     en: "You do not act for {holder}."
#     it: "Non si agisce per {holder}."
#   remedy:
#     en: "Send the person to the data holder who has their record."
#     it: "Indirizzare la persona al titolare che ha la sua cartella."
#   reference: "GDPR Art. 15"
reasons contains {"code": "not_this_holders_subject", "params": {"holder": input.holder}} if {
	caller.has("data_holder")
	not caller.has("auditor")
	not for_own_holder
}

for_own_holder if {
	caller.has("data_holder")
	input.caller.holder != ""
	input.caller.holder == input.holder
}

obligations := set()

profile := {}
