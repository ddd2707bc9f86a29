# METADATA
# scope: package
# title: "May this cohort be built, and how are directives applied to it?"
# description: "What is not in the table of uses is treated as strictly as anything."
package spe.cohort.build

import data.spe.caller
import data.spe.permit.standing
import data.spe.tables

default grounds := false

grounds if caller.has("worker")

reasons contains reason if some reason in caller.reasons

reasons contains reason if some reason in standing.reasons

reasons contains reason if some reason in standing.at_site

reasons contains caller.lacks(["worker"]) if not caller.has("worker")

# METADATA
# title: "The dataset's bytes are those of the permit"
# custom:
#   code: dataset_changed
#   message:
#     en: "The dataset's file is not the one that the permit names."
#     it: "Il file dei dati non è quello indicato dall'autorizzazione."
#   remedy:
#     en: "The holder has to deliver the dataset that was granted."
#     it: "Il titolare deve consegnare i dati concessi."
#   reference: "GDPR Art. 5(1)(d)"
reasons contains {"code": "dataset_changed", "params": {}} if not input.dataset_unchanged == true

# METADATA
# title: "Pseudonymised data are used on a known legal basis"
# custom:
#   code: cohort_basis_missing
#   message:
#     en: "The permit names no legal basis on which pseudonymised data may be used."
#     it: "L'autorizzazione non indica una base giuridica per usare dati pseudonimizzati."
#   remedy:
#     en: "A new permit with a legal basis is needed."
#     it: "Serve una nuova autorizzazione con base giuridica."
#   reference: "GDPR Art. 6(1)"
reasons contains {"code": "cohort_basis_missing", "params": {}} if {
	not anonymised
	not applied.known == true
}

anonymised if input.identifiability == "anonymised"

use := concat("/", [input.permit.route, tables.directives.bases[input.legal_basis]])

default applied := {"known": false}

applied := {"known": true, "rule": tables.directives.by_use[use]} if not anonymised

default rule := {"needs_consent": true, "excluding": ["objection", "opt_out", "restriction"], "sparing": []}

rule := tables.directives.none if anonymised

rule := applied.rule if not anonymised

# EHDS Art. 71(4): where the exception is granted, an opt-out does not take a person out.
left_in contains "opt_out" if {
	input.opt_out_exception == true
	input.permit.route == "ehds"
}

default until := 0

until := input.issued if count(rule.sparing) > 0

obligations := set()

profile := {
	"version": 1,
	"needs_consent": rule.needs_consent,
	"excluding": [kind | some kind in rule.excluding; not kind in left_in],
	"sparing": rule.sparing,
	"until": until,
}
