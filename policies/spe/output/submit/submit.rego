# METADATA
# scope: package
# title: "May this output be submitted, answered for, fixed or withdrawn?"
package spe.output.submit

import data.spe.caller
import data.spe.permit.standing

default grounds := false

grounds if {
	input.command in commands
	caller.has("data_user")
	standing.user
}

reasons contains reason if some reason in caller.reasons

reasons contains reason if some reason in caller.training

reasons contains reason if some reason in standing.at_site

reasons contains reason if some reason in standing.for_users

reasons contains caller.lacks(["data_user"]) if not caller.has("data_user")

reasons contains reason if {
	input.command != "withdraw"
	some reason in standing.reasons
}

reasons contains caller.unknown_command if not input.command in commands

# METADATA
# title: "Submitting a stopped output or answering needs a text"
# custom:
#   code: submit_text_missing
#   message:
#     en: "The text is missing: why it should pass, or the answer to the checkers' question."
#     it: "Manca il testo: perché dovrebbe passare, o la risposta alla domanda dei verificatori."
#   remedy:
#     en: "Write the text."
#     it: "Scrivere il testo."
#   reference: "EHDS Art. 73(2)"
reasons contains {"code": "submit_text_missing", "params": {}} if {
	text_needed
	not input.reason == true
}

commands := {"submit", "answer", "fix", "withdraw"}

text_needed if input.command == "answer"

text_needed if {
	input.command == "submit"
	input.status == "stopped"
}

obligations := set()

profile := {}
