package spe.main_test

import data.spe.main

test_a_good_question_is_allowed if main.decision.allow == true

test_the_answer_names_its_gate if main.decision.gate == "run.stop"

test_the_answer_names_its_bundle if main.decision.bundle == data.spe.bundle.digest

test_a_gate_without_profile_answers_with_none if main.decision.profile == {}

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
