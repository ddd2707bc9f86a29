# METADATA
# scope: package
# title: "May this code run with these parameters?"
# description: "Asked when the run is queued and again when it is admitted."
package spe.run.start

import data.spe.caller
import data.spe.permit.standing
import data.spe.tables

default grounds := false

grounds if {
	caller.has("data_user")
	input.caller.id == input.user
	standing.user
}

grounds if {
	caller.has("worker")
	standing.listed(input.user)
}

reasons contains reason if some reason in caller.reasons

reasons contains reason if some reason in caller.training

reasons contains reason if some reason in standing.reasons

reasons contains reason if some reason in standing.at_site

reasons contains reason if {
	not caller.has("worker")
	some reason in standing.elsewhere
}

# METADATA
# title: "A person starts runs for themselves"
# custom:
#   code: runs_for_another
#   message:
#     en: "{user} is not who calls; only the worker starts a run for somebody else."
#     it: "{user} non è chi chiama; solo il worker avvia un'esecuzione per altri."
#   remedy:
#     en: "Start the run yourself."
#     it: "Avviare personalmente l'esecuzione."
#   reference: "EHDS Art. 73(1)(e)"
reasons contains {"code": "runs_for_another", "params": {"user": input.user}} if {
	not caller.has("worker")
	not input.caller.id == input.user
}

# METADATA
# title: "The run's user is one of the permit's people"
# custom:
#   code: run_user_not_listed
#   message:
#     en: "{user} is not among the people whom the permit lists."
#     it: "{user} non è fra le persone elencate nell'autorizzazione."
#   remedy:
#     en: "Ask the applicant to have them added by the committee."
#     it: "Chiedere al richiedente l'aggiunta da parte del comitato."
#   reference: "EHDS Art. 73(1)(a)"
reasons contains {"code": "run_user_not_listed", "params": {"user": input.user}} if not standing.listed(input.user)

# METADATA
# title: "A run reads the twin or the cohort"
# custom:
#   code: run_kind_unknown
#   message:
#     en: "{kind} is not a kind of run."
#     it: "{kind} non è un tipo di esecuzione."
#   remedy:
#     en: "Choose twin or real."
#     it: "Scegliere twin o real."
#   reference: "EHDS Art. 73(1)(d)"
reasons contains {"code": "run_kind_unknown", "params": {"kind": input.kind}} if not input.kind in {"twin", "real"}

# METADATA
# title: "A real run needs approved code"
# custom:
#   code: code_not_approved
#   message:
#     en: "The code is {status}; a run on real data needs approved code."
#     it: "Il codice è {status}; un'esecuzione su dati reali richiede codice approvato."
#   remedy:
#     en: "Have it approved by two people of two organisations; try it on the twin meanwhile."
#     it: "Farlo approvare da due persone di due organizzazioni; intanto provarlo sul gemello sintetico."
#   reference: "EHDS Art. 73(1)(b)"
reasons contains {"code": "code_not_approved", "params": {"status": input.code_status}} if {
	input.kind != "twin"
	not input.code_status == "approved"
}

# METADATA
# title: "A twin run needs code that is registered and not rejected"
# custom:
#   code: code_rejected
#   message:
#     en: "The code is {status} and can't be tried."
#     it: "Il codice è {status} e non può essere provato."
#   remedy:
#     en: "Register a corrected version."
#     it: "Registrare una versione corretta."
#   reference: "EHDS Art. 73(1)(b)"
reasons contains {"code": "code_rejected", "params": {"status": input.code_status}} if {
	input.kind == "twin"
	not input.code_status in {"registered", "agreed", "approved"}
}

# METADATA
# title: "The code is what was registered and approved"
# custom:
#   code: code_changed
#   message:
#     en: "The code's files differ from its manifest."
#     it: "I file del codice differiscono dal manifesto."
#   remedy:
#     en: "Register the changed code and have it approved."
#     it: "Registrare il codice modificato e farlo approvare."
#   reference: "EHDS Art. 73(1)(c)"
reasons contains {"code": "code_changed", "params": {}} if not input.code_intact == true

# METADATA
# title: "Every parameter is within its range"
# custom:
#   code: parameters_out_of_range
#   message:
#     en: "A parameter is out of the range that was approved."
#     it: "Un parametro è fuori dall'intervallo approvato."
#   remedy:
#     en: "Choose values within the approved ranges."
#     it: "Scegliere valori negli intervalli approvati."
#   reference: "EHDS Art. 73(1)(c)"
reasons contains {"code": "parameters_out_of_range", "params": {}} if not input.parameters_valid == true

# METADATA
# title: "A real run needs an open workspace"
# custom:
#   code: run_workspace_not_open
#   message:
#     en: "The workspace is {workspace}."
#     it: "Lo spazio di lavoro è {workspace}."
#   remedy:
#     en: "Open the workspace first."
#     it: "Aprire prima lo spazio di lavoro."
#   reference: "EHDS Art. 73(1)(d)"
reasons contains {"code": "run_workspace_not_open", "params": {"workspace": input.workspace}} if {
	input.kind != "twin"
	not input.workspace == "open"
}

# METADATA
# title: "A real run needs an up-to-date cohort"
# custom:
#   code: run_cohort_not_current
#   message:
#     en: "The cohort is {cohort}."
#     it: "La coorte è {cohort}."
#   remedy:
#     en: "Wait until the cohort has been built."
#     it: "Attendere che la coorte sia costruita."
#   reference: "GDPR Art. 7(3); EHDS Art. 71"
reasons contains {"code": "run_cohort_not_current", "params": {"cohort": input.cohort}} if {
	input.kind != "twin"
	not input.cohort == "current"
}

# METADATA
# title: "The permit's cap on real runs is not used up"
# custom:
#   code: too_many_runs
#   message:
#     en: "The permit's {most} runs on real data are used up."
#     it: "Le {most} esecuzioni su dati reali dell'autorizzazione sono esaurite."
#   remedy:
#     en: "Ask the committee for a new permit."
#     it: "Chiedere al comitato una nuova autorizzazione."
#   reference: "EHDS Art. 66(1)"
reasons contains {"code": "too_many_runs", "params": {"most": sprintf("%d", [tables.numbers.real_runs_most])}} if {
	input.kind != "twin"
	not input.real_runs < tables.numbers.real_runs_most
}

obligations := set()

profile := {}
