# METADATA
# scope: package
# title: "What must a holder of data do when this fact arrives?"
# description: "A directive acts by the rule of the legal basis; every other fact, and every case that no table knows, is treated as strictly as anything."
package spe.reaction.rule

import data.spe.caller
import data.spe.tables

default grounds := false

grounds if caller.has("worker")

reasons contains reason if some reason in caller.reasons

reasons contains caller.lacks(["worker"]) if not caller.has("worker")

about_directive if input.directive in kinds

kinds contains kind if {
	some kind, _ in tables.reactions.by_directive["consortium/consent"]
}

use := concat("/", [input.route, tables.directives.bases[input.legal_basis]])

# Anonymised data hold nobody who could be located.
unaffected if {
	about_directive
	input.identifiability == "anonymised"
}

# EHDS Art. 71(3): an opt-out leaves permits alone that were granted before it took effect.
unaffected if {
	input.directive == "opt_out"
	input.route == "ehds"
	input.directive_effective > input.issued
}

default rule := {"stop_runs": true, "hold_outputs": true, "rebuild": true}

rule := tables.reactions.none if unaffected

rule := tables.reactions.by_directive[use][input.directive] if not unaffected

obligations := set()

profile := {
	"version": 1,
	"stop_runs": rule.stop_runs,
	"hold_outputs": rule.hold_outputs,
	"rebuild": rule.rebuild,
}
