# METADATA
# scope: package
# title: "May this person place or lift a legal hold, or see which there are?"
# description: "A hold keeps what it is on from being purged, and a subject's key from being destroyed. Whoever runs the machines may place one, but only an auditor lifts it."
package spe.audit.hold

import data.spe.caller

default grounds := false

grounds if {
	input.command in {"place", "list"}
	caller.has_any(placing)
}

grounds if {
	input.command == "lift"
	caller.has("auditor")
}

placing := ["auditor", "operator"]

reasons contains reason if some reason in caller.reasons

reasons contains caller.unknown_command if not input.command in {"place", "lift", "list"}

reasons contains caller.lacks(placing) if {
	input.command in {"place", "list"}
	not caller.has_any(placing)
}

reasons contains caller.lacks(["auditor"]) if {
	input.command == "lift"
	not caller.has("auditor")
}

# METADATA
# title: "A hold says why"
# custom:
#   code: hold_reason_missing
#   message:
#     en: "The reason is missing."
#     it: "Manca la motivazione."
#   remedy:
#     en: "Write which claim, inquiry or order the hold is for, or why it is no longer needed."
#     it: "Indicare per quale pretesa, indagine o ordine è il vincolo, o perché non serve più."
#   reference: "GDPR Art. 17(3)(e)"
reasons contains {"code": "hold_reason_missing", "params": {}} if {
	input.command in {"place", "lift"}
	not input.reason == true
}

obligations := set()

profile := {}
