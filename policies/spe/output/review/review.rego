# METADATA
# scope: package
# title: "May this person answer so on this output, and what follows from it?"
# description: "Two trained people, independent of the project; a third settles a disagreement."
package spe.output.review

import data.spe.caller
import data.spe.permit.standing
import data.spe.tables

default grounds := false

grounds if {
	caller.has("output_checker")
	standing.independent
	input.status in {"in_review", "reconciling"}
	count(outcomes) == 1
}

reasons contains reason if some reason in caller.reasons

reasons contains reason if some reason in caller.training

reasons contains reason if some reason in standing.reasons

reasons contains reason if some reason in standing.at_site

reasons contains reason if some reason in standing.for_checkers

reasons contains caller.lacks(["output_checker"]) if not caller.has("output_checker")

# METADATA
# title: "The output is in review"
# custom:
#   code: not_in_review
#   message:
#     en: "The output is {status}; there is nothing to answer."
#     it: "Il risultato è {status}: non c'è nulla da rispondere."
#   remedy:
#     en: "Wait until it is submitted."
#     it: "Attendere che sia presentato."
#   reference: "EHDS Art. 73(2)"
reasons contains {"code": "not_in_review", "params": {"status": input.status}} if not input.status in {"in_review", "reconciling"}

# METADATA
# title: "The answer is one that a checker can give"
# custom:
#   code: answer_unknown
#   message:
#     en: "{answer} is not an answer that a checker can give."
#     it: "{answer} non è una risposta che un verificatore possa dare."
#   remedy:
#     en: "Choose approve, reject, ask or except."
#     it: "Scegliere approve, reject, ask o except."
#   reference: "EHDS Art. 73(2)"
reasons contains {"code": "answer_unknown", "params": {"answer": input.answer}} if not input.answer in {"approve", "reject", "ask", "except"}

# METADATA
# title: "A person reviews an output once"
# custom:
#   code: already_reviewed
#   message:
#     en: "You have reviewed this output already."
#     it: "Si è già verificato questo risultato."
#   remedy:
#     en: "Another checker is needed."
#     it: "Serve un altro verificatore."
#   reference: "EHDS Art. 73(2)"
reasons contains {"code": "already_reviewed", "params": {}} if input.caller.id in reviewers

# METADATA
# title: "What is answered on is what was seen"
# custom:
#   code: bytes_differ
#   message:
#     en: "The output's bytes are not those that you have seen."
#     it: "I byte del risultato non sono quelli visti."
#   remedy:
#     en: "Look at the output again."
#     it: "Riguardare il risultato."
#   reference: "EHDS Art. 73(2)"
reasons contains {"code": "bytes_differ", "params": {}} if not input.same == true

# METADATA
# title: "What the machine stopped is not simply approved"
# custom:
#   code: stopped_by_findings
#   message:
#     en: "The machine has stopped this output: {finding}."
#     it: "La macchina ha fermato questo risultato: {finding}."
#   remedy:
#     en: "Reject, ask, or make an exception with its written justification."
#     it: "Rifiutare, chiedere o fare un'eccezione motivata per iscritto."
#   reference: "EHDS Art. 73(2)"
reasons contains {"code": "stopped_by_findings", "params": {"finding": finding}} if {
	input.answer == "approve"
	some finding in input.findings
}

# METADATA
# title: "An exception is made only of a finding"
# custom:
#   code: nothing_to_except
#   message:
#     en: "Nothing has stopped this output, so there is nothing to except."
#     it: "Nulla ha fermato questo risultato: non c'è nulla da eccettuare."
#   remedy:
#     en: "Approve, reject or ask."
#     it: "Approvare, rifiutare o chiedere."
#   reference: "EHDS Art. 73(2)"
reasons contains {"code": "nothing_to_except", "params": {}} if {
	input.answer == "except"
	not found
}

# METADATA
# title: "Only some findings can be excepted"
# custom:
#   code: not_exceptable
#   message:
#     en: "{finding} can't be excepted by anybody."
#     it: "{finding} non può essere eccettuato da nessuno."
#   remedy:
#     en: "Reject, or ask for a fix."
#     it: "Rifiutare o chiedere una correzione."
#   reference: "EHDS Art. 73(2)"
reasons contains {"code": "not_exceptable", "params": {"finding": finding}} if {
	input.answer == "except"
	some finding in input.findings
	not finding in tables.disclosure.exceptable
}

# METADATA
# title: "Asking, rejecting and excepting say why"
# custom:
#   code: review_text_missing
#   message:
#     en: "The text is missing."
#     it: "Manca il testo."
#   remedy:
#     en: "Write the question or the justification."
#     it: "Scrivere la domanda o la motivazione."
#   reference: "EHDS Art. 73(2)"
reasons contains {"code": "review_text_missing", "params": {}} if {
	input.answer in {"ask", "except", "reject"}
	not input.justified == true
}

# METADATA
# title: "Who settles a disagreement decides"
# custom:
#   code: settles_by_ask
#   message:
#     en: "A disagreement is settled by approving, excepting or rejecting."
#     it: "Un disaccordo si risolve approvando, eccettuando o rifiutando."
#   remedy:
#     en: "Decide."
#     it: "Decidere."
#   reference: "EHDS Art. 73(2)"
reasons contains {"code": "settles_by_ask", "params": {}} if {
	input.status == "reconciling"
	input.answer == "ask"
}

# Who asked has not answered yet.
reviewers contains review.by if {
	some review in input.reviews
	review.answer != "ask"
}

found if count(input.findings) > 0

passing if input.answer in {"approve", "except"}

for_it contains review.by if {
	some review in input.reviews
	review.answer in {"approve", "except"}
}

against_it contains review.by if {
	some review in input.reviews
	review.answer == "reject"
}

# What this answer does: exactly one of these holds.

outcomes contains "ask" if input.answer == "ask"

outcomes contains "settle_approve" if {
	input.status == "reconciling"
	passing
	count(for_it) >= 1
}

outcomes contains "settle_reject" if {
	input.status == "reconciling"
	input.answer == "reject"
}

outcomes contains "wait" if {
	first
	input.answer != "ask"
}

outcomes contains "approve" if {
	second
	passing
	count(against_it) == 0
}

outcomes contains "reject" if {
	second
	input.answer == "reject"
	count(for_it) == 0
}

outcomes contains "disagree" if {
	second
	passing
	count(against_it) > 0
}

outcomes contains "disagree" if {
	second
	input.answer == "reject"
	count(for_it) > 0
}

first if {
	input.status == "in_review"
	count(for_it | against_it) < tables.numbers.checkers - 1
}

second if {
	input.status == "in_review"
	count(for_it | against_it) >= tables.numbers.checkers - 1
}

obligations := set()

default outcome := "none"

outcome := only if {
	count(outcomes) == 1
	some only in outcomes
}

profile := {"version": 1, "outcome": outcome}
