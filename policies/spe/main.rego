# METADATA
# scope: package
# title: "The one entrypoint: is the question whole, and what does its gate say?"
# description: "Deny by default. Allowed is only a well formed question at a known gate whose rules were all evaluated, that has positive grounds and no reason against it."
package spe.main

import data.spe.audit.hints as audit_hints
import data.spe.audit.hold as audit_hold
import data.spe.audit.purge as audit_purge
import data.spe.audit.read as audit_read
import data.spe.catalogue.register as catalogue_register
import data.spe.code.approve as code_approve
import data.spe.code.register as code_register
import data.spe.code.seal as code_seal
import data.spe.cohort.build as cohort_build
import data.spe.data.mount as data_mount
import data.spe.decision.decide as decision_decide
import data.spe.directive.record as directive_record
import data.spe.output.check as output_check
import data.spe.output.review as output_review
import data.spe.output.submit as output_submit
import data.spe.permit.act as permit_act
import data.spe.permit.issue as permit_issue
import data.spe.reaction.rule as reaction_rule
import data.spe.record.read as record_read
import data.spe.release.get as release_get
import data.spe.release.make as release_make
import data.spe.request.act as request_act
import data.spe.request.preflight as request_preflight
import data.spe.request.submit as request_submit
import data.spe.ropa.export as ropa_export
import data.spe.run.start as run_start
import data.spe.run.stop as run_stop
import data.spe.shape
import data.spe.step_up
import data.spe.subject.erase as subject_erase
import data.spe.subject.report as subject_report
import data.spe.workspace.open as workspace_open

# METADATA
# title: The decision
# entrypoint: true
decision := {
	"allow": allow,
	"gate": gate,
	"reasons": array.concat([reason | some reason in reasons], told),
	"obligations": obligations,
	"profile": profile,
	"bundle": data.spe.bundle.digest,
}

default allow := false

allow if {
	shape.well_formed
	answer.grounds == true
	count(answer.reasons) == 0
	count(step_up.reasons) == 0
}

default gate := ""

gate := input.gate if is_string(input.gate)

# METADATA
# title: "The question has exactly the shape of its gate"
# custom:
#   code: malformed_question
#   message:
#     en: "The question does not have the form that this gate expects, so it was refused unread."
#     it: "La domanda non ha la forma attesa da questo punto di controllo ed è stata rifiutata senza leggerla."
#   remedy:
#     en: "This is a fault of the program or of who called it: report it with the correlation id."
#     it: "È un errore del programma o di chi lo ha chiamato: segnalarlo con l'identificativo di correlazione."
#   reference: "NIST SP 800-162"
reasons contains {"code": "malformed_question", "params": {}} if {
	known
	not shape.well_formed
}

# METADATA
# title: "The gate is one of those that have rules"
# custom:
#   code: unknown_gate
#   message:
#     en: "There is no gate of this name."
#     it: "Non esiste un punto di controllo con questo nome."
#   remedy:
#     en: "This is a fault of the program: report it with the correlation id."
#     it: "È un errore del programma: segnalarlo con l'identificativo di correlazione."
#   reference: "NIST SP 800-162"
reasons contains {"code": "unknown_gate", "params": {}} if not known

# METADATA
# title: "Something positive speaks for allowing"
# custom:
#   code: no_grounds
#   message:
#     en: "Nothing in the rules of this gate gives you this right."
#     it: "Nulla nelle regole di questo punto di controllo attribuisce questo diritto."
#   remedy:
#     en: "Ask the person whose role includes this act."
#     it: "Rivolgersi a chi ha il ruolo che comprende questo atto."
#   reference: "EHDS Art. 73(1)(a)"
reasons contains {"code": "no_grounds", "params": {}} if {
	shape.well_formed
	not answer.grounds == true
}

reasons contains reason if {
	shape.well_formed
	answer.grounds == true
	count(answer.reasons) == 0
	some reason in step_up.reasons
}

# What the gate itself tells is no set: the engine's sets grow with the square of their size.
default told := []

told := [reason | some reason in answer.reasons] if shape.well_formed

default obligations := []

obligations := [obligation | some obligation in answer.obligations] if allow

default profile := {}

profile := answer.profile if allow

known if input.gate in shape.gates

answer := {
	"grounds": catalogue_register.grounds,
	"reasons": catalogue_register.reasons,
	"obligations": catalogue_register.obligations,
	"profile": catalogue_register.profile,
} if input.gate == "catalogue.register"

answer := {
	"grounds": directive_record.grounds,
	"reasons": directive_record.reasons,
	"obligations": directive_record.obligations,
	"profile": directive_record.profile,
} if input.gate == "directive.record"

answer := {
	"grounds": request_preflight.grounds,
	"reasons": request_preflight.reasons,
	"obligations": request_preflight.obligations,
	"profile": request_preflight.profile,
} if input.gate == "request.preflight"

answer := {
	"grounds": request_submit.grounds,
	"reasons": request_submit.reasons,
	"obligations": request_submit.obligations,
	"profile": request_submit.profile,
} if input.gate == "request.submit"

answer := {
	"grounds": request_act.grounds,
	"reasons": request_act.reasons,
	"obligations": request_act.obligations,
	"profile": request_act.profile,
} if input.gate == "request.act"

answer := {
	"grounds": decision_decide.grounds,
	"reasons": decision_decide.reasons,
	"obligations": decision_decide.obligations,
	"profile": decision_decide.profile,
} if input.gate == "decision.decide"

answer := {
	"grounds": permit_issue.grounds,
	"reasons": permit_issue.reasons,
	"obligations": permit_issue.obligations,
	"profile": permit_issue.profile,
} if input.gate == "permit.issue"

answer := {
	"grounds": permit_act.grounds,
	"reasons": permit_act.reasons,
	"obligations": permit_act.obligations,
	"profile": permit_act.profile,
} if input.gate == "permit.act"

answer := {
	"grounds": code_register.grounds,
	"reasons": code_register.reasons,
	"obligations": code_register.obligations,
	"profile": code_register.profile,
} if input.gate == "code.register"

answer := {
	"grounds": code_approve.grounds,
	"reasons": code_approve.reasons,
	"obligations": code_approve.obligations,
	"profile": code_approve.profile,
} if input.gate == "code.approve"

answer := {
	"grounds": code_seal.grounds,
	"reasons": code_seal.reasons,
	"obligations": code_seal.obligations,
	"profile": code_seal.profile,
} if input.gate == "code.seal"

answer := {
	"grounds": cohort_build.grounds,
	"reasons": cohort_build.reasons,
	"obligations": cohort_build.obligations,
	"profile": cohort_build.profile,
} if input.gate == "cohort.build"

answer := {
	"grounds": workspace_open.grounds,
	"reasons": workspace_open.reasons,
	"obligations": workspace_open.obligations,
	"profile": workspace_open.profile,
} if input.gate == "workspace.open"

answer := {
	"grounds": data_mount.grounds,
	"reasons": data_mount.reasons,
	"obligations": data_mount.obligations,
	"profile": data_mount.profile,
} if input.gate == "data.mount"

answer := {
	"grounds": run_start.grounds,
	"reasons": run_start.reasons,
	"obligations": run_start.obligations,
	"profile": run_start.profile,
} if input.gate == "run.start"

answer := {
	"grounds": run_stop.grounds,
	"reasons": run_stop.reasons,
	"obligations": run_stop.obligations,
	"profile": run_stop.profile,
} if input.gate == "run.stop"

answer := {
	"grounds": reaction_rule.grounds,
	"reasons": reaction_rule.reasons,
	"obligations": reaction_rule.obligations,
	"profile": reaction_rule.profile,
} if input.gate == "reaction.rule"

answer := {
	"grounds": output_check.grounds,
	"reasons": output_check.reasons,
	"obligations": output_check.obligations,
	"profile": output_check.profile,
} if input.gate == "output.check"

answer := {
	"grounds": output_submit.grounds,
	"reasons": output_submit.reasons,
	"obligations": output_submit.obligations,
	"profile": output_submit.profile,
} if input.gate == "output.submit"

answer := {
	"grounds": output_review.grounds,
	"reasons": output_review.reasons,
	"obligations": output_review.obligations,
	"profile": output_review.profile,
} if input.gate == "output.review"

answer := {
	"grounds": release_make.grounds,
	"reasons": release_make.reasons,
	"obligations": release_make.obligations,
	"profile": release_make.profile,
} if input.gate == "release.make"

answer := {
	"grounds": release_get.grounds,
	"reasons": release_get.reasons,
	"obligations": release_get.obligations,
	"profile": release_get.profile,
} if input.gate == "release.get"

answer := {
	"grounds": record_read.grounds,
	"reasons": record_read.reasons,
	"obligations": record_read.obligations,
	"profile": record_read.profile,
} if input.gate == "record.read"

answer := {
	"grounds": audit_read.grounds,
	"reasons": audit_read.reasons,
	"obligations": audit_read.obligations,
	"profile": audit_read.profile,
} if input.gate == "audit.read"

answer := {
	"grounds": audit_hints.grounds,
	"reasons": audit_hints.reasons,
	"obligations": audit_hints.obligations,
	"profile": audit_hints.profile,
} if input.gate == "audit.hints"

answer := {
	"grounds": audit_hold.grounds,
	"reasons": audit_hold.reasons,
	"obligations": audit_hold.obligations,
	"profile": audit_hold.profile,
} if input.gate == "audit.hold"

answer := {
	"grounds": audit_purge.grounds,
	"reasons": audit_purge.reasons,
	"obligations": audit_purge.obligations,
	"profile": audit_purge.profile,
} if input.gate == "audit.purge"

answer := {
	"grounds": subject_report.grounds,
	"reasons": subject_report.reasons,
	"obligations": subject_report.obligations,
	"profile": subject_report.profile,
} if input.gate == "subject.report"

answer := {
	"grounds": subject_erase.grounds,
	"reasons": subject_erase.reasons,
	"obligations": subject_erase.obligations,
	"profile": subject_erase.profile,
} if input.gate == "subject.erase"

answer := {
	"grounds": ropa_export.grounds,
	"reasons": ropa_export.reasons,
	"obligations": ropa_export.obligations,
	"profile": ropa_export.profile,
} if input.gate == "ropa.export"
