# METADATA
# scope: package
# title: "May this committee member do this in this case?"
package spe.decision.decide

import data.spe.caller
import data.spe.tables

default grounds := false

grounds if {
	input.command in {"opine", "declare", "vote"}
	caller.has_any(committee)
}

grounds if {
	input.command in {"grant", "refuse"}
	caller.has("chair")
}

grounds if {
	input.command == "unseal"
	caller.has_any(seeing)
}

committee := ["chair", "committee"]

seeing := ["auditor", "chair", "committee"]

reasons contains reason if some reason in caller.reasons

reasons contains reason if some reason in caller.training

reasons contains caller.lacks(committee) if {
	input.command in {"opine", "declare", "vote"}
	not caller.has_any(committee)
}

reasons contains caller.lacks(seeing) if {
	input.command == "unseal"
	not caller.has_any(seeing)
}

reasons contains caller.lacks(["chair"]) if {
	deciding
	not caller.has("chair")
}

# METADATA
# title: "The request waits for a decision"
# custom:
#   code: request_not_submitted
#   message:
#     en: "The request is {status}; there is nothing to decide."
#     it: "La domanda è nello stato {status}: non c'è nulla da decidere."
#   remedy:
#     en: "Wait until it is submitted again."
#     it: "Attendere che sia presentata di nuovo."
#   reference: "EHDS Art. 68(4)"
reasons contains {"code": "request_not_submitted", "params": {"status": input.request_status}} if not input.request_status == "submitted"

# METADATA
# title: "Nobody decides a request of which they are part"
# custom:
#   code: decides_own_request
#   message:
#     en: "You are part of the team of this request."
#     it: "Si fa parte del gruppo di questa domanda."
#   remedy:
#     en: "Leave it to the other members."
#     it: "Lasciare la decisione agli altri membri."
#   reference: "EHDS Art. 55(3)"
reasons contains {"code": "decides_own_request", "params": {}} if input.caller.id in input.people

# METADATA
# title: "Nobody decides a request of their own organisation"
# custom:
#   code: decides_for_own_organisation
#   message:
#     en: "Your organisation is part of this request."
#     it: "La propria organizzazione fa parte di questa domanda."
#   remedy:
#     en: "Leave it to members of other organisations."
#     it: "Lasciare la decisione ai membri di altre organizzazioni."
#   reference: "EHDS Art. 55(3)"
reasons contains {"code": "decides_for_own_organisation", "params": {}} if input.caller.organisation in input.organisations

# METADATA
# title: "Who votes or decides has declared whether they have a conflict"
# custom:
#   code: conflict_not_declared
#   message:
#     en: "You have not declared whether you have a conflict of interest."
#     it: "Non è stato dichiarato se vi è un conflitto di interessi."
#   remedy:
#     en: "Declare first, then go on."
#     it: "Prima dichiarare, poi proseguire."
#   reference: "EHDS Art. 55(3)"
reasons contains {"code": "conflict_not_declared", "params": {}} if {
	input.command in {"vote", "grant", "refuse"}
	not input.caller.id in input.declared
}

# METADATA
# title: "Who has a conflict takes no part"
# custom:
#   code: conflict_declared
#   message:
#     en: "You have declared a conflict of interest in this case."
#     it: "È stato dichiarato un conflitto di interessi in questo caso."
#   remedy:
#     en: "Leave it to the other members."
#     it: "Lasciare la decisione agli altri membri."
#   reference: "EHDS Art. 55(3)"
reasons contains {"code": "conflict_declared", "params": {}} if {
	input.command != "declare"
	input.caller.id in input.conflicted
}

# METADATA
# title: "A person votes once"
# custom:
#   code: already_voted
#   message:
#     en: "You have voted in this case already; a first vote stands."
#     it: "Si è già votato in questo caso; il primo voto resta."
#   remedy:
#     en: "Nothing is left to do."
#     it: "Non resta nulla da fare."
#   reference: "EHDS Art. 68(1)"
reasons contains {"code": "already_voted", "params": {}} if {
	input.command == "vote"
	some vote in input.votes
	vote.by == input.caller.id
}

# METADATA
# title: "Who may still vote sees no vote of others"
# custom:
#   code: first_vote_missing
#   message:
#     en: "You have not voted, so the votes of others stay hidden."
#     it: "Non si è ancora votato: i voti degli altri restano nascosti."
#   remedy:
#     en: "Declare and vote first."
#     it: "Prima dichiarare e votare."
#   reference: "EHDS Art. 68(1)"
reasons contains {"code": "first_vote_missing", "params": {}} if {
	input.command == "unseal"
	caller.has_any(committee)
	not input.caller.id in voters
}

# METADATA
# title: "Both opinions are there before a grant"
# custom:
#   code: opinion_missing
#   message:
#     en: "The opinion {kind} is missing."
#     it: "Manca il parere {kind}."
#   remedy:
#     en: "Have the opinion written first."
#     it: "Far prima scrivere il parere."
#   reference: "EHDS Art. 68(1)"
reasons contains {"code": "opinion_missing", "params": {"kind": kind}} if {
	input.command == "grant"
	some kind in tables.numbers.opinions
	not kind in kinds
}

# METADATA
# title: "No opinion is unfavourable"
# custom:
#   code: opinion_unfavourable
#   message:
#     en: "The opinion {kind} is unfavourable, so nothing can be granted."
#     it: "Il parere {kind} è sfavorevole: non si può concedere nulla."
#   remedy:
#     en: "Refuse, or return the request to its applicant."
#     it: "Rifiutare, o restituire la domanda al richiedente."
#   reference: "EHDS Art. 68(1)"
reasons contains {"code": "opinion_unfavourable", "params": {"kind": kind}} if {
	input.command == "grant"
	some opinion in input.opinions
	clear(opinion.by)
	not opinion.favourable == true
	kind := opinion.kind
}

# METADATA
# title: "Enough members of enough organisations have voted"
# custom:
#   code: quorum_missing
#   message:
#     en: "{votes} members of {organisations} organisations have voted; {votes_needed} of {organisations_needed} are needed."
#     it: "Hanno votato {votes} membri di {organisations} organizzazioni; ne servono {votes_needed} di {organisations_needed}."
#   remedy:
#     en: "Have more members declare and vote."
#     it: "Far dichiarare e votare altri membri."
#   reference: "EHDS Art. 55(3)"
reasons contains {"code": "quorum_missing", "params": {"votes": sprintf("%d", [count(voters)]), "organisations": sprintf("%d", [count(organisations)]), "votes_needed": sprintf("%d", [tables.numbers.quorum_votes]), "organisations_needed": sprintf("%d", [tables.numbers.quorum_organisations])}} if {
	counting
	not quorum
}

# METADATA
# title: "Everybody who declared to have no conflict has voted"
# custom:
#   code: voting_not_over
#   message:
#     en: "{outstanding} members who declared to have no conflict have not voted, and until then no vote is looked at."
#     it: "{outstanding} membri che hanno dichiarato di non avere conflitti non hanno votato; fino ad allora nessun voto viene guardato."
#   remedy:
#     en: "Wait for their votes, or return the request and start a new round."
#     it: "Attendere i voti, oppure restituire la domanda e aprire un nuovo turno."
#   reference: "EHDS Art. 68(1)"
reasons contains {"code": "voting_not_over", "params": {"outstanding": sprintf("%d", [count(outstanding)])}} if {
	counting
	quorum
	count(outstanding) > 0
}

# METADATA
# title: "More than half of the votes are in favour"
# custom:
#   code: no_majority
#   message:
#     en: "There is no majority in favour."
#     it: "Non c'è una maggioranza favorevole."
#   remedy:
#     en: "Refuse, or return the request to its applicant."
#     it: "Rifiutare, o restituire la domanda al richiedente."
#   reference: "EHDS Art. 68(1)"
reasons contains {"code": "no_majority", "params": {}} if {
	input.command == "grant"
	quorum
	count(outstanding) == 0
	not majority
}

# METADATA
# title: "A decision has its reasoned letter"
# custom:
#   code: letter_missing
#   message:
#     en: "The decision letter is missing."
#     it: "Manca la lettera di decisione."
#   remedy:
#     en: "Add the letter with the reasons."
#     it: "Aggiungere la lettera con le motivazioni."
#   reference: "EHDS Art. 68(8)"
reasons contains {"code": "letter_missing", "params": {}} if {
	deciding
	not input.letter == true
}

# METADATA
# title: "Nothing longer is granted than was asked for"
# custom:
#   code: days_beyond_request
#   message:
#     en: "{days} days can't be granted where {asked} were asked for."
#     it: "Non si possono concedere {days} giorni se ne sono stati chiesti {asked}."
#   remedy:
#     en: "Grant from 1 day to what was asked for."
#     it: "Concedere da 1 giorno a quanto richiesto."
#   reference: "EHDS Art. 68(12)"
reasons contains {"code": "days_beyond_request", "params": {"days": sprintf("%d", [input.days]), "asked": sprintf("%d", [input.days_asked])}} if {
	input.command == "grant"
	not days_fit
}

reasons contains caller.unknown_command if not input.command in {"opine", "declare", "vote", "grant", "refuse", "unseal"}

deciding if input.command in {"grant", "refuse"}

counting if input.command in {"grant", "refuse", "unseal"}

# An opinion and a vote count while their author has declared to have no conflict; a later word on a conflict counts.

clear(member) if {
	member in input.declared
	not member in input.conflicted
	not member in input.people
}

counted(vote) if {
	clear(vote.by)
	not vote.organisation in input.organisations
}

kinds contains opinion.kind if {
	some opinion in input.opinions
	clear(opinion.by)
}

outstanding contains member if {
	some member in input.declared
	clear(member)
	not member in voters
}

voters contains vote.by if {
	some vote in input.votes
	counted(vote)
}

organisations contains vote.organisation if {
	some vote in input.votes
	counted(vote)
}

in_favour contains vote.by if {
	some vote in input.votes
	counted(vote)
	vote.favour == true
}

against contains vote.by if {
	some vote in input.votes
	counted(vote)
	not vote.favour == true
}

quorum if {
	count(voters) >= tables.numbers.quorum_votes
	count(organisations) >= tables.numbers.quorum_organisations
}

majority if count(in_favour) > count(against)

days_fit if {
	input.days >= 1
	input.days <= input.days_asked
	input.days <= tables.numbers.days_most
}

obligations := set()

profile := {}
