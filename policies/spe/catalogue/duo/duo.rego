# METADATA
# scope: package
# title: "Whether a dataset's DUO terms are ones that can be matched"
# description: "Terms are resolved by identifier, never by shorthand."
package spe.catalogue.duo

import data.spe.few
import data.spe.tables

term(code) := tables.duo.permissions[code]

term(code) := tables.duo.modifiers[code]

# METADATA
# title: "No term is abstract"
# custom:
#   code: duo_abstract
#   message:
#     en: "{code} is an abstract DUO term and says nothing by itself."
#     it: "{code} è un termine DUO astratto e da solo non dice nulla."
#   remedy:
#     en: "The dataset's holder has to replace it with a concrete term."
#     it: "Il titolare deve sostituirlo con un termine concreto."
#   reference: "GA4GH Data Use Ontology 2021-02-23"
reasons contains {"code": "duo_abstract", "params": {"dataset": condition.dataset, "code": condition.code}} if {
	some condition in few.first([one | some one in conditions; one.code in tables.duo.abstract])
}

# METADATA
# title: "Every term is known"
# custom:
#   code: duo_unknown
#   message:
#     en: "{code} is not a DUO term that the rules can judge."
#     it: "{code} non è un termine DUO che le regole sappiano valutare."
#   remedy:
#     en: "The dataset's holder has to use a term of the published list."
#     it: "Il titolare deve usare un termine dell'elenco pubblicato."
#   reference: "GA4GH Data Use Ontology 2021-02-23"
reasons contains {"code": "duo_unknown", "params": {"dataset": condition.dataset, "code": condition.code}} if {
	some condition in few.first([one |
		some one in conditions
		not one.code in tables.duo.abstract
		not term(one.code)
	])
}

# METADATA
# title: "A term that needs a parameter has one"
# custom:
#   code: duo_parameter_missing
#   message:
#     en: "{term} needs a parameter (a disease, a country, a date, a number of months)."
#     it: "{term} richiede un parametro (malattia, paese, data, numero di mesi)."
#   remedy:
#     en: "The dataset's holder has to add the parameter."
#     it: "Il titolare deve aggiungere il parametro."
#   reference: "GA4GH Data Use Ontology 2021-02-23"
reasons contains {"code": "duo_parameter_missing", "params": {"dataset": condition.dataset, "term": term(condition.code)}} if {
	some condition in few.first([one |
		some one in conditions
		term(one.code) in tables.duo.with_parameter
		one.parameter == ""
	])
}

# METADATA
# title: "Each dataset has exactly one permission term"
# custom:
#   code: duo_no_permission
#   message:
#     en: "{dataset} has {count} permission terms; it must have exactly one (NRES, GRU, HMB, DS or POA)."
#     it: "{dataset} ha {count} termini di permesso; deve averne esattamente uno (NRES, GRU, HMB, DS o POA)."
#   remedy:
#     en: "The dataset's holder has to correct the entry."
#     it: "Il titolare deve correggere la scheda."
#   reference: "GA4GH Data Use Ontology 2021-02-23"
reasons contains {"code": "duo_no_permission", "params": {"dataset": dataset, "count": sprintf("%d", [count(permissions(dataset))])}} if {
	some dataset in few.first([one | some one in datasets; not count(permissions(one)) == 1])
}

permissions(dataset) := [one | some one in permitting; one == dataset]

permitting := [condition.dataset | some condition in conditions; tables.duo.permissions[condition.code]]

conditions := input.conditions

conditions := input.request.conditions

datasets contains input.dataset

datasets contains dataset.dataset if {
	some dataset in input.request.datasets
	dataset.known == true
}

# What a permit can keep: whole months, and a date

readable(condition) if {
	term(condition.code) == "TS"
	regex.match(`^[1-9][0-9]{0,3}$`, condition.parameter)
}

readable(condition) if {
	term(condition.code) == "MOR"
	regex.match(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`, condition.parameter)
}

duties(these) := [duty(condition) | some condition in these; tables.duo.modifiers[condition.code] in dutiful]

dutiful := {"MOR", "PUB", "RTN", "TS"}

days(condition) := to_number(condition.parameter) * tables.duo.days_in_month

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
duty(condition) := {"code": "publish", "params": {}} if {
	term(condition.code) == "PUB"
}

# METADATA
# title: "Results go back to the holder"
# custom:
#   obligation: return_results
#   message:
#     en: "The results have to be returned to the holder of {dataset}."
#     it: "I risultati devono essere restituiti al titolare di {dataset}."
#   remedy:
#     en: "Send them with the release."
#     it: "Inviarli con il rilascio."
#   reference: "DUO:0000029"
duty(condition) := {"code": "return_results", "params": {"dataset": condition.dataset}} if {
	term(condition.code) == "RTN"
}

# METADATA
# title: "Nothing is published before the date"
# custom:
#   obligation: no_publication_before
#   message:
#     en: "Nothing from {dataset} may be published before {date}."
#     it: "Nulla tratto da {dataset} può essere pubblicato prima del {date}."
#   remedy:
#     en: "A release may leave; publication waits."
#     it: "Il rilascio può uscire; la pubblicazione attende."
#   reference: "DUO:0000024"
duty(condition) := {"code": "no_publication_before", "params": {"dataset": condition.dataset, "date": condition.parameter}} if {
	term(condition.code) == "MOR"
	readable(condition)
}

# METADATA
# title: "Use ends after the months that the holder has set"
# custom:
#   obligation: ends_after_months
#   message:
#     en: "Use of {dataset} ends after {months} months, which are {days} days."
#     it: "L'uso di {dataset} termina dopo {months} mesi, cioè {days} giorni."
#   remedy:
#     en: "The permit's expiry takes care of it."
#     it: "Se ne occupa la scadenza dell'autorizzazione."
#   reference: "DUO:0000025"
duty(condition) := {"code": "ends_after_months", "params": {"dataset": condition.dataset, "months": condition.parameter, "days": sprintf("%d", [days(condition)])}} if {
	term(condition.code) == "TS"
	readable(condition)
}
