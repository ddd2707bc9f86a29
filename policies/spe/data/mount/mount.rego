# METADATA
# scope: package
# title: "May the worker unseal this cohort now?"
package spe.data.mount

import data.spe.caller
import data.spe.permit.standing

default grounds := false

grounds if caller.has("worker")

reasons contains reason if some reason in caller.reasons

reasons contains reason if some reason in standing.reasons

reasons contains reason if some reason in standing.at_site

reasons contains caller.lacks(["worker"]) if not caller.has("worker")

# METADATA
# title: "The workspace is open"
# custom:
#   code: workspace_not_open
#   message:
#     en: "The workspace is {workspace}, so no data go into it."
#     it: "Lo spazio di lavoro è {workspace}: non vi entrano dati."
#   remedy:
#     en: "Open it first."
#     it: "Aprirlo prima."
#   reference: "EHDS Art. 73(1)(d)"
reasons contains {"code": "workspace_not_open", "params": {"workspace": input.workspace}} if not input.workspace == "open"

# METADATA
# title: "The cohort is up to date"
# custom:
#   code: mount_cohort_not_current
#   message:
#     en: "The cohort is {cohort}; only a current one is unsealed."
#     it: "La coorte è {cohort}; solo una aggiornata viene aperta."
#   remedy:
#     en: "Wait until the cohort has been rebuilt."
#     it: "Attendere la ricostruzione della coorte."
#   reference: "GDPR Art. 7(3); EHDS Art. 71"
reasons contains {"code": "mount_cohort_not_current", "params": {"cohort": input.cohort}} if not input.cohort == "current"

# METADATA
# title: "The cohort knows every directive"
# custom:
#   code: epoch_not_current
#   message:
#     en: "Directives have come since the cohort was built."
#     it: "Sono arrivate direttive dopo la costruzione della coorte."
#   remedy:
#     en: "Wait until the cohort has been rebuilt."
#     it: "Attendere la ricostruzione della coorte."
#   reference: "GDPR Art. 7(3); EHDS Art. 71"
reasons contains {"code": "epoch_not_current", "params": {}} if not input.epoch_current == true

# METADATA
# title: "Data are unsealed for a run or for recomputing"
# custom:
#   code: reader_unknown
#   message:
#     en: "{reader} is not something that reads data."
#     it: "{reader} non è qualcosa che legge dati."
#   remedy:
#     en: "This is a fault of the program: report it."
#     it: "È un errore del programma: segnalarlo."
#   reference: "EHDS Art. 73(1)(b)"
reasons contains {"code": "reader_unknown", "params": {"reader": input.reader}} if not input.reader in {"run", "recompute"}

obligations := set()

profile := {}
