# METADATA
# scope: package
# title: "May a submitted request be withdrawn, returned or resubmitted?"
package spe.request.act

import data.spe.caller

default grounds := false

grounds if {
	input.command in {"withdraw", "resubmit"}
	input.caller.id == input.applicant
}

grounds if {
	input.command == "return"
	caller.has_any(committee)
	independent
}

reasons contains reason if some reason in caller.reasons

# METADATA
# title: "Only the applicant withdraws or resubmits"
# custom:
#   code: not_applicant
#   message:
#     en: "Only the applicant may do this with the request."
#     it: "Solo il richiedente può fare questo con la domanda."
#   remedy:
#     en: "Ask the applicant."
#     it: "Rivolgersi al richiedente."
#   reference: "EHDS Art. 67(1)"
reasons contains {"code": "not_applicant", "params": {}} if {
	input.command in {"withdraw", "resubmit"}
	not input.caller.id == input.applicant
}

reasons contains caller.lacks(committee) if {
	input.command == "return"
	not caller.has_any(committee)
}

# METADATA
# title: "Nobody returns a request of their own team or organisation"
# custom:
#   code: returns_own_request
#   message:
#     en: "You or your organisation are part of this request."
#     it: "La persona o la sua organizzazione fa parte di questa domanda."
#   remedy:
#     en: "Leave it to another member of the committee."
#     it: "Lasciarlo a un altro membro del comitato."
#   reference: "EHDS Art. 55(3)"
reasons contains {"code": "returns_own_request", "params": {}} if {
	input.command == "return"
	not independent
}

reasons contains caller.unknown_command if not input.command in {"withdraw", "resubmit", "return"}

committee := ["chair", "committee"]

independent if {
	not input.caller.id in input.people
	not input.caller.organisation in input.organisations
}

obligations := set()

profile := {}
