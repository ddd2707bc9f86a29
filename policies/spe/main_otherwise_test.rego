package spe.main_otherwise_test

# For OPA only: the embedded engine compiles all that `spe.main` reads anew for each `with`, in 12 GB.
import data.spe.main

test_what_is_no_question_is_of_no_gate if {
	main.decision == {
		"allow": false,
		"gate": "",
		"reasons": [{"code": "unknown_gate", "params": {}}],
		"obligations": [],
		"profile": {},
		"bundle": data.spe.bundle.digest,
	} with input.gate as 7
}

test_a_question_of_another_form_is_refused_unread if {
	main.decision.reasons == [{"code": "malformed_question", "params": {}}] with input.now as "now"
}

told contains reason.code if some reason in main.decision.reasons

test_without_grounds_nothing_is_allowed if {
	told == {"may_not_stop", "no_grounds"} with input.caller.id as "x"
}
