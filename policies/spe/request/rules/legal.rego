# On what legal basis, and how identifiable the data may be.
package spe.request.rules

import data.spe.few
import data.spe.tables

# METADATA
# title: "The route is EHDS or consortium"
# custom:
#   code: route_unknown
#   message:
#     en: "{route} is not a route by which data are granted."
#     it: "{route} non è un percorso per concedere dati."
#   remedy:
#     en: "Choose ehds or consortium."
#     it: "Scegliere ehds o consortium."
#   reference: "EHDS Art. 68"
reasons contains {"code": "route_unknown", "params": {"route": input.request.route}} if not route_known

# METADATA
# title: "Data are asked for as pseudonymised or anonymised"
# custom:
#   code: identifiability_unknown
#   message:
#     en: "{identifiability} is not a form in which data are given."
#     it: "{identifiability} non è una forma in cui i dati vengono forniti."
#   remedy:
#     en: "Choose anonymised or pseudonymised."
#     it: "Scegliere anonymised o pseudonymised."
#   reference: "EHDS Art. 66(2)"
reasons contains {"code": "identifiability_unknown", "params": {"identifiability": input.request.identifiability}} if not identifiability_known

# METADATA
# title: "Pseudonymised data are asked for only where they exist"
# custom:
#   code: only_anonymised_held
#   message:
#     en: "{dataset} is held anonymised; it can't be given pseudonymised."
#     it: "{dataset} è detenuto in forma anonima e non può essere fornito pseudonimizzato."
#   remedy:
#     en: "Ask for it anonymised, in a request of its own."
#     it: "Chiederlo in forma anonima, con una domanda a parte."
#   reference: "EHDS Art. 66(2)"
reasons contains {"code": "only_anonymised_held", "params": {"dataset": dataset.dataset}} if {
	input.request.identifiability == "pseudonymised"
	some dataset in few.first([one | some one in input.request.datasets; one.identifiability == "anonymised"])
}

# METADATA
# title: "Anonymised data are asked for only where they exist"
# custom:
#   code: only_pseudonymised_held
#   message:
#     en: "{dataset} is held pseudonymised; it can't be given anonymised."
#     it: "{dataset} è detenuto in forma pseudonimizzata e non può essere fornito anonimo."
#   remedy:
#     en: "Ask for it pseudonymised and say why, in a request of its own."
#     it: "Chiederlo pseudonimizzato motivandolo, con una domanda a parte."
#   reference: "EHDS Art. 66(3)"
reasons contains {"code": "only_pseudonymised_held", "params": {"dataset": dataset.dataset}} if {
	input.request.identifiability == "anonymised"
	some dataset in few.first([one | some one in input.request.datasets; one.identifiability == "pseudonymised"])
}

# METADATA
# title: "Pseudonymised data need a reason"
# custom:
#   code: pseudonymised_why_missing
#   message:
#     en: "It is not said why anonymised data would not do."
#     it: "Non è detto perché i dati anonimi non basterebbero."
#   remedy:
#     en: "Say why the purpose can't be reached with anonymised data."
#     it: "Dire perché la finalità non è raggiungibile con dati anonimi."
#   reference: "EHDS Art. 66(3)"
reasons contains {"code": "pseudonymised_why_missing", "params": {}} if {
	personal
	not input.request.complete.pseudonymised_why == true
}

# METADATA
# title: "Pseudonymised data need a basis of GDPR Art. 6"
# custom:
#   code: legal_basis_missing
#   message:
#     en: "Pseudonymised data on the {route} route need one of the legal bases {bases}."
#     it: "I dati pseudonimizzati per il percorso {route} richiedono una delle basi giuridiche {bases}."
#   remedy:
#     en: "Name the legal basis."
#     it: "Indicare la base giuridica."
#   reference: "GDPR Art. 6(1)"
reasons contains {"code": "legal_basis_missing", "params": {"route": input.request.route, "bases": concat(", ", tables.legal.article_6[input.request.route])}} if {
	personal
	route_known
	not basis_known
}

# METADATA
# title: "Health data outside the EHDS need a condition of GDPR Art. 9"
# custom:
#   code: article_9_missing
#   message:
#     en: "On the consortium route, pseudonymised health data need one of the conditions {conditions}."
#     it: "Per il percorso consortium i dati sanitari pseudonimizzati richiedono una delle condizioni {conditions}."
#   remedy:
#     en: "Name the condition of Art. 9(2) that applies."
#     it: "Indicare la condizione dell'art. 9(2) applicabile."
#   reference: "GDPR Art. 9(2)"
reasons contains {"code": "article_9_missing", "params": {"conditions": concat(", ", tables.legal.article_9)}} if {
	personal
	not by_ehds
	not condition_known
}

# METADATA
# title: "A condition of Art. 9 that is named is one that research can have"
# custom:
#   code: article_9_unknown
#   message:
#     en: "{condition} is not a condition that the rules know."
#     it: "{condition} non è una condizione nota alle regole."
#   remedy:
#     en: "Choose a condition from the list, or leave it empty on the EHDS route."
#     it: "Scegliere una condizione dall'elenco o lasciarla vuota per il percorso EHDS."
#   reference: "GDPR Art. 9(2)"
reasons contains {"code": "article_9_unknown", "params": {"condition": input.request.article_9}} if {
	personal
	by_ehds
	input.request.article_9 != ""
	not condition_known
}

# METADATA
# title: "Consent as basis needs explicit consent as condition"
# custom:
#   code: consent_not_explicit
#   message:
#     en: "Who relies on consent for health data needs explicit consent, {explicit}."
#     it: "Chi si basa sul consenso per dati sanitari ha bisogno del consenso esplicito, {explicit}."
#   remedy:
#     en: "Name {explicit} as the condition, or another legal basis."
#     it: "Indicare {explicit} come condizione, o un'altra base giuridica."
#   reference: "GDPR Art. 9(2)(a)"
reasons contains {"code": "consent_not_explicit", "params": {"explicit": tables.legal.explicit_consent}} if {
	personal
	input.request.legal_basis == tables.legal.consent
	not input.request.article_9 == tables.legal.explicit_consent
}

# METADATA
# title: "Anonymised data need neither basis nor condition"
# custom:
#   code: basis_for_anonymised
#   message:
#     en: "Anonymised data are not personal data: a legal basis or condition named for them is a contradiction."
#     it: "I dati anonimi non sono dati personali: indicare una base giuridica o una condizione è una contraddizione."
#   remedy:
#     en: "Leave legal basis and condition empty."
#     it: "Lasciare vuote base giuridica e condizione."
#   reference: "GDPR recital 26"
reasons contains {"code": "basis_for_anonymised", "params": {}} if {
	input.request.identifiability == "anonymised"
	not basis_empty
}

# METADATA
# title: "Only a public body on the EHDS route may use the exception to opt-outs"
# custom:
#   code: opt_out_exception_refused
#   message:
#     en: "The exception to people's opt-outs is open only to public bodies on the EHDS route."
#     it: "L'eccezione alle opposizioni è riservata agli enti pubblici nel percorso EHDS."
#   remedy:
#     en: "Ask without the exception."
#     it: "Presentare domanda senza l'eccezione."
#   reference: "EHDS Art. 71(4)"
reasons contains {"code": "opt_out_exception_refused", "params": {}} if {
	input.request.opt_out_exception == true
	not exception_open
}

route_known if tables.legal.article_6[input.request.route]

by_ehds if input.request.route == "ehds"

identifiability_known if input.request.identifiability in {"anonymised", "pseudonymised"}

personal if input.request.identifiability != "anonymised"

basis_known if input.request.legal_basis in tables.legal.article_6[input.request.route]

condition_known if input.request.article_9 in tables.legal.article_9

basis_empty if {
	input.request.legal_basis == ""
	input.request.article_9 == ""
}

exception_open if {
	by_ehds
	input.request.public_body == true
}
