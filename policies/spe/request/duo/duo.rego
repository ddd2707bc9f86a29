# METADATA
# scope: package
# title: "Does the request match the datasets' conditions on use?"
# description: "Three answers: permitted, referred to people, or denied. A restriction that nothing permits or refers is a denial, never no opinion."
package spe.request.duo

import data.spe.catalogue.duo as terms
import data.spe.few
import data.spe.tables

reasons contains reason if some reason in terms.reasons

# METADATA
# title: "Every condition on use is met"
# custom:
#   code: duo_mismatch
#   message:
#     en: "{dataset} may only be used as {term} {parameter} says, and the request does not fit that."
#     it: "{dataset} può essere usato solo come indica {term} {parameter}, e la domanda non vi corrisponde."
#   remedy:
#     en: "Change the request so that it fits, or leave the dataset out."
#     it: "Adattare la domanda o togliere l'insieme di dati."
#   reference: "GA4GH Data Use Ontology 2021-02-23"
reasons contains {"code": "duo_mismatch", "params": {"dataset": condition.dataset, "term": term, "parameter": condition.parameter}} if {
	some condition in few.first([one |
		some one in unmet
		not terms.term(one.code) in with_own_reason
		not for_people(one)
	])
	term := terms.term(condition.code)
}

# METADATA
# title: "An ethics approval is there where the data want one"
# custom:
#   code: duo_ethics_missing
#   message:
#     en: "{dataset} needs an ethics approval, and the request names none."
#     it: "{dataset} richiede un'approvazione etica e la domanda non ne indica alcuna."
#   remedy:
#     en: "Add the reference of the ethics approval."
#     it: "Aggiungere il riferimento dell'approvazione etica."
#   reference: "DUO:0000021; EHDS Art. 67(2)(j)"
reasons contains {"code": "duo_ethics_missing", "params": {"dataset": condition.dataset}} if {
	some condition in few.first([one | some one in unmet; terms.term(one.code) == "IRB"])
}

# METADATA
# title: "The partner whom the data want is in the team"
# custom:
#   code: duo_collaboration_missing
#   message:
#     en: "{dataset} needs {partner} as a partner in the team."
#     it: "{dataset} richiede {partner} come partner nel gruppo."
#   remedy:
#     en: "Add a person of this organisation to the team."
#     it: "Aggiungere al gruppo una persona di questa organizzazione."
#   reference: "DUO:0000020"
reasons contains {"code": "duo_collaboration_missing", "params": {"dataset": condition.dataset, "partner": condition.parameter}} if {
	some condition in few.first([one | some one in unmet; terms.term(one.code) == "COL"])
}

# METADATA
# title: "The period fits the dataset's time limit"
# custom:
#   code: duo_time_limit
#   message:
#     en: "{dataset} may be used for {months} months at most."
#     it: "{dataset} può essere usato per {months} mesi al massimo."
#   remedy:
#     en: "Ask for a shorter period."
#     it: "Chiedere un periodo più breve."
#   reference: "DUO:0000025"
reasons contains {"code": "duo_time_limit", "params": {"dataset": condition.dataset, "months": condition.parameter}} if {
	some condition in few.first([one | some one in unmet; terms.term(one.code) == "TS"])
}

# METADATA
# title: "The disease is one that the table knows"
# custom:
#   code: disease_unknown
#   message:
#     en: "{disease} is not a disease that the rules can place."
#     it: "{disease} non è una malattia che le regole sappiano collocare."
#   remedy:
#     en: "Use a MONDO identifier of the published table, or leave it empty."
#     it: "Usare un identificativo MONDO della tabella pubblicata o lasciarlo vuoto."
#   reference: "MONDO"
reasons contains {"code": "disease_unknown", "params": {"disease": input.request.disease}} if not disease_known

unmet := [condition |
	some condition in input.request.conditions
	term := terms.term(condition.code)
	not term in permitted
	not fits(term, condition)
]

referrals := [referral(condition) | some condition in unmet; for_people(condition)]

for_people(condition) if {
	terms.term(condition.code) in judged
	referred(condition)
}

judged := {"GRU", "HMB", "NPU", "NPUNCU", "PS", "RS", "US"}

with_own_reason := {"IRB", "COL", "TS"}

disease_known if input.request.disease == ""

disease_known if tables.diseases.ancestors[input.request.disease]

disease_known if {
	some condition in input.request.conditions
	condition.parameter == input.request.disease
}

# What the request permits of terms that say all by themselves, and of those that have a parameter

permitted contains "NRES"

permitted contains "GRU" if research

permitted contains "HMB" if {
	research
	not uses("population_origins")
	not uses("general_research")
}

fits("DS", condition) if {
	topic_within(condition.parameter)
	not uses("population_origins")
}

permitted contains "POA" if input.request.uses == ["population_origins"]

permitted contains "CC"

permitted contains "NPOA" if not uses("population_origins")

permitted contains "NMDS" if not uses("method_development")

permitted contains "GSO" if {use | some use in input.request.uses} == {"genetic_research"}

permitted contains "NPU" if not_for_profit

permitted contains "NCU" if input.request.commercial == false

permitted contains "NPUNCU" if not_for_profit

fits("RS", condition) if topic_within(condition.parameter)

fits("US", condition) if {
	input.caller.id == condition.parameter
	count(input.request.team_organisations) == 0
}

fits("IS", condition) if {
	input.caller.organisation == condition.parameter
	every organisation in input.request.team_organisations { organisation == condition.parameter }
}

fits("GS", condition) if {
	some dataset in input.request.datasets
	dataset.dataset == condition.dataset
	within(dataset.country, condition.parameter)
}

permitted contains "IRB" if input.request.complete.ethics_reference == true

fits("COL", condition) if condition.parameter in input.request.team_organisations

fits("TS", condition) if {
	terms.readable(condition)
	input.request.days <= terms.days(condition)
}

permitted contains "PUB" if input.request.complete.publication == true

permitted contains "RTN"

fits("MOR", condition) if terms.readable(condition)

# What people have to judge, because the question does not tell

referred(condition) if {
	terms.term(condition.code) in {"NPU", "NPUNCU"}
	input.request.commercial == false
	input.request.public_body == false
}

referred(condition) if {
	terms.term(condition.code) == "GRU"
	not research
	not uses("population_origins")
}

referred(condition) if {
	terms.term(condition.code) == "HMB"
	not research
	not uses("population_origins")
	not uses("general_research")
}

referred(condition) if {
	terms.term(condition.code) == "RS"
	not disease_within(condition.parameter)
}

referred(condition) if {
	terms.term(condition.code) == "US"
	input.caller.id == condition.parameter
	count(input.request.team_organisations) > 0
}

referred(condition) if terms.term(condition.code) == "PS"

research if input.request.purpose in tables.duo.research

uses(use) if use in input.request.uses

not_for_profit if {
	input.request.commercial == false
	input.request.public_body == true
}

# A purpose of research in general is within no disease and no topic, whatever disease it also names.
topic_within(disease) if {
	disease_within(disease)
	not uses("general_research")
}

disease_within(disease) if {
	disease != ""
	input.request.disease == disease
}

disease_within(disease) if {
	disease != ""
	disease in tables.diseases.ancestors[input.request.disease]
}

within(country, place) if country == place

within(country, place) if {
	place == "EU"
	country in tables.countries.eu
}

# METADATA
# title: "People judge what the machine can't"
# custom:
#   obligation: refer_to_committee
#   message:
#     en: "Whether {term} {parameter} of {dataset} is met has to be judged by the committee."
#     it: "Se {term} {parameter} di {dataset} sia rispettato deve valutarlo il comitato."
#   remedy:
#     en: "Say in the request how the condition is met."
#     it: "Spiegare nella domanda come la condizione è rispettata."
#   reference: "GA4GH Data Use Ontology 2021-02-23"
referral(condition) := {"code": "refer_to_committee", "params": {"dataset": condition.dataset, "term": terms.term(condition.code), "parameter": condition.parameter}}

obligations := array.concat(referrals, terms.duties(input.request.conditions))
