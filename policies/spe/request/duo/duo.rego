# METADATA
# scope: package
# title: "Does the request match the datasets' conditions on use?"
# description: "Three answers: permitted, referred to people, or denied. A restriction that nothing permits or refers is a denial, never no opinion."
package spe.request.duo

import data.spe.catalogue.duo as terms
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
	some condition in input.request.conditions
	term := terms.term(condition.code)
	not term in with_own_reason
	not permitted(term, condition)
	not referred(condition)
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
	some condition in input.request.conditions
	terms.term(condition.code) == "IRB"
	not permitted("IRB", condition)
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
	some condition in input.request.conditions
	terms.term(condition.code) == "COL"
	not permitted("COL", condition)
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
	some condition in input.request.conditions
	terms.term(condition.code) == "TS"
	not permitted("TS", condition)
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

with_own_reason := {"IRB", "COL", "TS"}

disease_known if input.request.disease == ""

disease_known if tables.diseases.ancestors[input.request.disease]

disease_known if {
	some condition in input.request.conditions
	condition.parameter == input.request.disease
}

# What the terms permit

permitted("NRES", _)

permitted("GRU", _) if research

permitted("HMB", _) if {
	research
	not uses("population_origins")
	not uses("general_research")
}

permitted("DS", condition) if {
	disease_within(condition.parameter)
	not uses("population_origins")
}

permitted("POA", _) if input.request.uses == ["population_origins"]

permitted("CC", _)

permitted("NPOA", _) if not uses("population_origins")

permitted("NMDS", _) if not uses("method_development")

permitted("GSO", _) if uses("genetic_research")

permitted("NPU", _) if not_for_profit

permitted("NCU", _) if input.request.commercial == false

permitted("NPUNCU", _) if not_for_profit

permitted("RS", condition) if disease_within(condition.parameter)

permitted("US", condition) if {
	input.caller.id == condition.parameter
	count(input.request.team_organisations) == 0
}

permitted("IS", condition) if {
	input.caller.organisation == condition.parameter
	every organisation in input.request.team_organisations { organisation == condition.parameter }
}

permitted("GS", condition) if {
	some dataset in input.request.datasets
	dataset.dataset == condition.dataset
	within(dataset.country, condition.parameter)
}

permitted("IRB", _) if input.request.complete.ethics_reference == true

permitted("COL", condition) if condition.parameter in input.request.team_organisations

permitted("TS", condition) if {
	months := to_number(condition.parameter)
	months >= 1
	input.request.days <= months * tables.duo.days_in_month
}

permitted("PUB", _) if input.request.complete.publication == true

permitted("RTN", _)

permitted("MOR", condition) if regex.match(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`, condition.parameter)

# What people have to judge, because the question does not tell

referred(condition) if {
	terms.term(condition.code) in {"NPU", "NPUNCU"}
	input.request.commercial == false
	input.request.public_body == false
}

referred(condition) if {
	terms.term(condition.code) in {"GRU", "HMB"}
	not research
	not uses("population_origins")
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
#     en: "Whether {term} of {dataset} is met has to be judged by the committee."
#     it: "Se {term} di {dataset} sia rispettato deve valutarlo il comitato."
#   remedy:
#     en: "Say in the request how the condition is met."
#     it: "Spiegare nella domanda come la condizione è rispettata."
#   reference: "GA4GH Data Use Ontology 2021-02-23"
obligations contains {"code": "refer_to_committee", "params": {"dataset": condition.dataset, "term": term}} if {
	some condition in input.request.conditions
	term := terms.term(condition.code)
	not permitted(term, condition)
	referred(condition)
}

# METADATA
# title: "Results are published"
# custom:
#   obligation: publish
#   message:
#     en: "The results have to be published."
#     it: "I risultati devono essere pubblicati."
#   remedy:
#     en: "Publish within 18 months of the end."
#     it: "Pubblicare entro 18 mesi dalla fine."
#   reference: "DUO:0000019; EHDS Art. 61(4)"
obligations contains {"code": "publish", "params": {}} if {
	some condition in input.request.conditions
	terms.term(condition.code) == "PUB"
}

# METADATA
# title: "Results go back to the holder"
# custom:
#   obligation: return_results
#   message:
#     en: "The results have to be returned to the data holder."
#     it: "I risultati devono essere restituiti al titolare dei dati."
#   remedy:
#     en: "Send them with the release."
#     it: "Inviarli con il rilascio."
#   reference: "DUO:0000029"
obligations contains {"code": "return_results", "params": {}} if {
	some condition in input.request.conditions
	terms.term(condition.code) == "RTN"
}

# METADATA
# title: "Nothing is published before the date"
# custom:
#   obligation: no_publication_before
#   message:
#     en: "Nothing may be published before the date that the holder has set."
#     it: "Nulla può essere pubblicato prima della data fissata dal titolare."
#   remedy:
#     en: "A release may leave; publication waits."
#     it: "Il rilascio può uscire; la pubblicazione attende."
#   reference: "DUO:0000024"
obligations contains {"code": "no_publication_before", "params": {"date": condition.parameter}} if {
	some condition in input.request.conditions
	terms.term(condition.code) == "MOR"
}

# METADATA
# title: "Use ends after the months that the holder has set"
# custom:
#   obligation: ends_after_months
#   message:
#     en: "Use of the data ends after the time that the holder has set."
#     it: "L'uso dei dati termina dopo il tempo fissato dal titolare."
#   remedy:
#     en: "The permit's expiry takes care of it."
#     it: "Se ne occupa la scadenza dell'autorizzazione."
#   reference: "DUO:0000025"
obligations contains {"code": "ends_after_months", "params": {"months": condition.parameter}} if {
	some condition in input.request.conditions
	terms.term(condition.code) == "TS"
}
