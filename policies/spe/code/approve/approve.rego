# METADATA
# scope: package
# title: "May this person approve or reject this code, and is it agreed then?"
# description: "Two people of two organisations, neither the project's."
package spe.code.approve

import data.spe.caller
import data.spe.permit.standing
import data.spe.tables

default grounds := false

grounds if {
	input.command in {"approve", "reject"}
	caller.has("code_approver")
	standing.independent
}

reasons contains reason if some reason in caller.reasons

reasons contains reason if some reason in caller.training

reasons contains reason if some reason in standing.reasons

reasons contains reason if some reason in standing.for_checkers

reasons contains caller.lacks(["code_approver"]) if not caller.has("code_approver")

reasons contains caller.unknown_command if not input.command in {"approve", "reject"}

# METADATA
# title: "Nobody approves code that they registered"
# custom:
#   code: approves_own_code
#   message:
#     en: "You registered this code."
#     it: "Questo codice è stato registrato da chi chiede."
#   remedy:
#     en: "Leave it to two others."
#     it: "Lasciare l'approvazione ad altri due."
#   reference: "EHDS Art. 73(1)(b)"
reasons contains {"code": "approves_own_code", "params": {}} if input.caller.id == input.by

# METADATA
# title: "A person approves once"
# custom:
#   code: already_approved
#   message:
#     en: "You have approved this code already."
#     it: "Si è già approvato questo codice."
#   remedy:
#     en: "A second approver of another organisation is needed."
#     it: "Serve un secondo approvatore di un'altra organizzazione."
#   reference: "EHDS Art. 73(1)(b)"
reasons contains {"code": "already_approved", "params": {}} if {
	input.command == "approve"
	some given in input.approvals
	given.by == input.caller.id
}

# METADATA
# title: "What is approved is what was read"
# custom:
#   code: code_differs
#   message:
#     en: "The code is not the one that you have read."
#     it: "Il codice non è quello che è stato letto."
#   remedy:
#     en: "Read it again, then approve its digest."
#     it: "Rileggerlo e approvare la sua impronta."
#   reference: "EHDS Art. 73(1)(c)"
reasons contains {"code": "code_differs", "params": {}} if not input.same == true

people contains input.caller.id

people contains given.by if some given in input.approvals

organisations contains input.caller.organisation

organisations contains given.organisation if some given in input.approvals

default settled := false

settled if {
	input.command == "approve"
	count(people) >= tables.numbers.approvers
	count(organisations) >= tables.numbers.approver_organisations
}

obligations := set()

profile := {"version": 1, "settled": settled}
