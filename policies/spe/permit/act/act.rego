# METADATA
# scope: package
# title: "May a permit be suspended, resumed, heard, answered or revoked?"
# description: "Suspending is at once and protects; revoking needs the hearing."
package spe.permit.act

import data.spe.caller
import data.spe.permit.standing
import data.spe.tables

default grounds := false

grounds if {
	input.command == "suspend"
	caller.has_any(protecting)
}

grounds if {
	input.command in {"resume", "hear", "revoke"}
	caller.has("chair")
	standing.independent
}

grounds if {
	input.command == "reply"
	standing.user
}

protecting := ["chair", "committee", "operator"]

reasons contains reason if some reason in caller.reasons

reasons contains caller.lacks(protecting) if {
	input.command == "suspend"
	not caller.has_any(protecting)
}

reasons contains caller.lacks(["chair"]) if {
	chairs
	not caller.has("chair")
}

reasons contains reason if {
	chairs
	some reason in standing.for_checkers
}

reasons contains reason if {
	input.command == "reply"
	some reason in standing.for_users
}

# METADATA
# title: "Suspending and hearing say why; a reply says something"
# custom:
#   code: grounds_missing
#   message:
#     en: "The reason is missing."
#     it: "Manca la motivazione."
#   remedy:
#     en: "Write the reason."
#     it: "Scrivere la motivazione."
#   reference: "EHDS Art. 63(2)"
reasons contains {"code": "grounds_missing", "params": {}} if {
	input.command in {"suspend", "hear", "reply"}
	not input.reason == true
}

# METADATA
# title: "Nothing is revoked without a hearing"
# custom:
#   code: hearing_missing
#   message:
#     en: "The permit's holder has not been heard."
#     it: "Il titolare dell'autorizzazione non è stato sentito."
#   remedy:
#     en: "Open the hearing first; suspend meanwhile if need be."
#     it: "Aprire prima l'audizione; nel frattempo sospendere se necessario."
#   reference: "EHDS Art. 63(2)"
reasons contains {"code": "hearing_missing", "params": {}} if {
	input.command in {"revoke", "reply"}
	not opened
}

# METADATA
# title: "Who is heard has {days} days to reply"
# custom:
#   code: hearing_open
#   message:
#     en: "The permit's holder has {days} days to reply, and these have not passed."
#     it: "Il titolare ha {days} giorni per rispondere, non ancora trascorsi."
#   remedy:
#     en: "Wait for the reply or the end of the time; suspend meanwhile if need be."
#     it: "Attendere la risposta o la scadenza; nel frattempo sospendere se necessario."
#   reference: "EHDS Art. 63(2)"
reasons contains {"code": "hearing_open", "params": {"days": sprintf("%d", [tables.numbers.hearing_days])}} if {
	input.command == "revoke"
	opened
	not heard
}

reasons contains caller.unknown_command if not input.command in {"suspend", "resume", "hear", "reply", "revoke"}

chairs if input.command in {"resume", "hear", "revoke"}

opened if input.hearing_opened > 0

heard if input.hearing_replied > 0

heard if input.now >= input.hearing_opened + (tables.numbers.hearing_days * tables.numbers.seconds_in_day)

obligations := set()

profile := {}
