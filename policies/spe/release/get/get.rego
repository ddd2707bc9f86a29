# METADATA
# scope: package
# title: "May a release be downloaded, or recalled?"
package spe.release.get

import data.spe.caller
import data.spe.permit.standing

default grounds := false

grounds if {
	input.command == "download"
	caller.has("data_user")
	standing.user
}

grounds if {
	input.command == "recall"
	caller.has_any(recalling)
}

reasons contains reason if some reason in caller.reasons

reasons contains reason if some reason in standing.at_site

reasons contains caller.unknown_command if not input.command in {"download", "recall"}

recalling := ["chair", "operator", "output_checker"]

reasons contains reason if {
	input.command == "download"
	some reason in standing.for_users
}

reasons contains caller.lacks(["data_user"]) if {
	input.command == "download"
	not caller.has("data_user")
}

reasons contains caller.lacks(recalling) if {
	input.command == "recall"
	not caller.has_any(recalling)
}

# An expired permit does not keep its users from what was released under it; a suspended or revoked one does.
reasons contains {"code": "permit_not_issued", "params": {"status": input.permit.status}} if {
	input.command == "download"
	not standing.issued
}

# METADATA
# title: "Only what was released is downloaded"
# custom:
#   code: not_released
#   message:
#     en: "The release is {status}; there is nothing to download."
#     it: "Il rilascio è {status}: non c'è nulla da scaricare."
#   remedy:
#     en: "Wait until it is released."
#     it: "Attendere che sia rilasciato."
#   reference: "EHDS Art. 73(2)"
reasons contains {"code": "not_released", "params": {"status": input.status}} if {
	input.command == "download"
	not input.status == "released"
}

# METADATA
# title: "A recall says why"
# custom:
#   code: recall_reason_missing
#   message:
#     en: "The reason is missing."
#     it: "Manca la motivazione."
#   remedy:
#     en: "Write the reason."
#     it: "Scrivere la motivazione."
#   reference: "EHDS Art. 73(2)"
reasons contains {"code": "recall_reason_missing", "params": {}} if {
	input.command == "recall"
	not input.reason == true
}

obligations := set()

profile := {}
