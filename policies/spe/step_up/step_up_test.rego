package spe.step_up_test

import data.spe.step_up
import data.spe.tables

codes contains reason.code if some reason in step_up.reasons

test_a_second_factor_just_now_is_enough if {
	codes == set()
}

test_a_second_factor_that_is_too_old_is_asked_for_again if {
	codes == {"second_factor_needed"} with input.caller.second_factor_at as 1799999700
}

test_a_second_factor_is_fresh_until_its_last_second if {
	codes == set() with input.caller.second_factor_at as 1799999701
}

test_a_sign_in_without_a_second_factor_is_not_enough if {
	codes == {"second_factor_needed"} with input.caller.second_factor_at as 0
}

test_a_second_factor_of_the_future_is_none if {
	codes == {"second_factor_needed"} with input.caller.second_factor_at as 1800000031
}

test_the_issuers_clock_may_go_ahead_a_little if {
	codes == set() with input.caller.second_factor_at as 1800000030
}

test_how_long_it_is_fresh_is_told if {
	step_up.reasons == {{"code": "second_factor_needed", "params": {"seconds": "300"}}} with input.caller.second_factor_at as 5
}

test_an_opinion_needs_none if {
	codes == set() with input.command as "opine" with input.caller.second_factor_at as 5
}

test_a_vote_needs_one if {
	codes == {"second_factor_needed"} with input.command as "vote" with input.caller.second_factor_at as 5
}

test_the_acts_of_one_gate_are_not_those_of_another if {
	codes == set() with input.gate as "request.act" with input.caller.second_factor_at as 5
}

test_every_answer_on_an_output_but_a_question_needs_one if {
	{answer | some answer in ["approve", "reject", "except", "ask"]; answer in tables.second_factor.acts["output.review"]} == {"approve", "reject", "except"}
}

test_the_answer_on_an_output_is_an_act if {
	codes == {"second_factor_needed"} with input.gate as "output.review" with input.answer as "approve" with input.caller.second_factor_at as 5
}
