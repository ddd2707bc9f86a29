# METADATA
# scope: package
# title: "May this code's manifest be signed as approved?"
# description: "Counts the approvals once more, from the record, before the signature."
package spe.code.seal

import data.spe.caller
import data.spe.permit.standing
import data.spe.tables

default grounds := false

grounds if {
	caller.has("worker")
	enough
}

reasons contains reason if some reason in caller.reasons

reasons contains caller.lacks(["worker"]) if not caller.has("worker")

reasons contains reason if some reason in standing.reasons

# METADATA
# title: "Approval takes two people of two organisations"
# custom:
#   code: approvals_missing
#   message:
#     en: "There are not enough approvals of people from different organisations, independent of the project."
#     it: "Mancano approvazioni di persone di organizzazioni diverse, indipendenti dal progetto."
#   remedy:
#     en: "Have it approved by two people of two organisations, neither the project's."
#     it: "Farlo approvare da due persone di due organizzazioni, nessuna delle quali del progetto."
#   reference: "EHDS Art. 73(1)(b)"
reasons contains {"code": "approvals_missing", "params": {}} if not enough

# METADATA
# title: "What is signed is what was registered"
# custom:
#   code: code_changed_since
#   message:
#     en: "The manifest is not the one that was approved."
#     it: "Il manifesto non è quello approvato."
#   remedy:
#     en: "Register the code again and have it approved."
#     it: "Registrare di nuovo il codice e farlo approvare."
#   reference: "EHDS Art. 73(1)(c)"
reasons contains {"code": "code_changed_since", "params": {}} if not input.same == true

independent contains given if {
	some given in input.approvals
	not standing.of_members(given.organisation)
	not standing.listed(given.by)
	given.by != input.by
}

people contains given.by if some given in independent

organisations contains given.organisation if some given in independent

default enough := false

enough if {
	count(people) >= tables.numbers.approvers
	count(organisations) >= tables.numbers.approver_organisations
}

obligations := set()

profile := {}
