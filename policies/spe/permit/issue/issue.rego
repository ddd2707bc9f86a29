# METADATA
# scope: package
# title: "May the permit of a granted case be issued?"
package spe.permit.issue

import data.spe.caller
import data.spe.catalogue.duo as terms
import data.spe.tables

default grounds := false

grounds if {
	caller.has("worker")
	input.case_status == "granted"
}

reasons contains reason if some reason in caller.reasons

reasons contains caller.lacks(["worker"]) if not caller.has("worker")

# METADATA
# title: "Request and case are granted"
# custom:
#   code: case_not_granted
#   message:
#     en: "There is no granted decision for this request."
#     it: "Non c'è una decisione di concessione per questa domanda."
#   remedy:
#     en: "The committee has to decide first."
#     it: "Il comitato deve prima decidere."
#   reference: "EHDS Art. 68(1)"
reasons contains {"code": "case_not_granted", "params": {}} if not case_granted

# METADATA
# title: "The decision has its letter"
# custom:
#   code: permit_letter_missing
#   message:
#     en: "The decision has no letter with reasons."
#     it: "La decisione non ha una lettera con le motivazioni."
#   remedy:
#     en: "The chair has to write the letter."
#     it: "Il presidente deve scrivere la lettera."
#   reference: "EHDS Art. 68(8)"
reasons contains {"code": "permit_letter_missing", "params": {}} if not input.letter == true

# METADATA
# title: "The permit lasts no longer than allowed"
# custom:
#   code: permit_days_beyond_decision
#   message:
#     en: "The permit would last {days} days, which is more than was asked for or than the law allows."
#     it: "L'autorizzazione durerebbe {days} giorni, più di quanto chiesto o ammesso dalla legge."
#   remedy:
#     en: "The committee has to decide within these bounds."
#     it: "Il comitato deve decidere entro questi limiti."
#   reference: "EHDS Art. 68(12)"
reasons contains {"code": "permit_days_beyond_decision", "params": {"days": sprintf("%d", [input.days])}} if not days_fit

# METADATA
# title: "Every dataset's data are here"
# custom:
#   code: dataset_not_available
#   message:
#     en: "{available} of {datasets} datasets are available."
#     it: "Sono disponibili {available} insiemi di dati su {datasets}."
#   remedy:
#     en: "The holder has to deliver, or the request has to leave the dataset out."
#     it: "Il titolare deve consegnare, o la domanda deve escludere l'insieme di dati."
#   reference: "EHDS Art. 60(2)"
reasons contains {"code": "dataset_not_available", "params": {"available": sprintf("%d", [input.datasets_available]), "datasets": sprintf("%d", [input.datasets])}} if not all_available

# METADATA
# title: "Every condition on use is one that the permit can carry"
# custom:
#   code: permit_duo_unknown
#   message:
#     en: "{code} is not a DUO term that a permit can carry."
#     it: "{code} non è un termine DUO che un'autorizzazione possa contenere."
#   remedy:
#     en: "The dataset's holder has to correct the entry."
#     it: "Il titolare deve correggere la scheda."
#   reference: "GA4GH Data Use Ontology 2021-02-23"
reasons contains {"code": "permit_duo_unknown", "params": {"code": code}} if {
	some condition in input.conditions
	code := condition.code
	not terms.term(code)
}

# METADATA
# title: "A limit of time is one that a permit can keep"
# custom:
#   code: permit_duo_unreadable
#   message:
#     en: "{dataset} sets a limit of time that can't be read: {parameter}."
#     it: "{dataset} pone un limite di tempo che non si può leggere: {parameter}."
#   remedy:
#     en: "The dataset's holder has to correct the entry: whole months, or a date like 2027-06-30."
#     it: "Il titolare deve correggere la scheda: mesi interi, o una data come 2027-06-30."
#   reference: "DUO:0000024; DUO:0000025"
reasons contains {"code": "permit_duo_unreadable", "params": {"dataset": condition.dataset, "parameter": condition.parameter}} if {
	some condition in input.conditions
	terms.term(condition.code) in {"MOR", "TS"}
	not terms.readable(condition)
}

# METADATA
# title: "The route is EHDS or consortium"
# custom:
#   code: permit_route_unknown
#   message:
#     en: "{route} is not a route by which data are granted."
#     it: "{route} non è un percorso per concedere dati."
#   remedy:
#     en: "Report this with the correlation id."
#     it: "Segnalarlo con l'identificativo di correlazione."
#   reference: "EHDS Art. 68"
reasons contains {"code": "permit_route_unknown", "params": {"route": input.route}} if not tables.legal.article_6[input.route]

case_granted if {
	input.request_status == "granted"
	input.case_status == "granted"
}

days_fit if {
	input.days >= 1
	input.days <= input.days_asked
	input.days <= tables.numbers.days_most
}

all_available if {
	input.datasets >= 1
	input.datasets_available == input.datasets
}

obligations := terms.duties(input.conditions)

profile := {}
