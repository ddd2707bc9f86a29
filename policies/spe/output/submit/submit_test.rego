package spe.output.submit_test

import data.spe.output.submit

codes contains reason.code if some reason in submit.reasons

test_a_user_submits_an_output if {
	codes == set()
}

test_a_stranger_submits_nothing if {
	codes == {"not_permit_user"} with input.caller.id as "x"
}

test_who_is_no_data_user_submits_nothing if {
	codes == {"role_missing"} with input.caller.roles as ["operator"]
}

test_a_stopped_output_needs_a_text if {
	codes == {"submit_text_missing"} with input.status as "stopped"
}

test_a_stopped_output_with_a_text_passes if {
	codes == set() with input.status as "stopped" with input.reason as true
}

test_an_answer_needs_a_text if {
	codes == {"submit_text_missing"} with input.command as "answer"
}

test_a_fix_needs_no_text if {
	codes == set() with input.command as "fix" with input.status as "stopped"
}

test_an_unknown_command_is_refused if {
	codes == {"command_unknown"} with input.command as "print"
}

test_an_expired_permit_submits_nothing if {
	codes == {"permit_expired"} with input.permit.expires as 5
}

test_an_output_is_withdrawn_under_an_expired_permit if {
	codes == set() with input.command as "withdraw" with input.permit.expires as 5
}

test_another_site_is_refused if {
	codes == {"site_not_in_permit"} with input.site as "x"
}

test_an_untrained_user_submits_nothing if {
	codes == {"training_ended"} with input.caller.trained_until as 5
}

test_a_former_member_submits_nothing if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_a_stranger_has_no_grounds if {
	submit.grounds == false with input.caller.id as "x"
}

test_who_is_no_data_user_has_no_grounds if {
	submit.grounds == false with input.caller.roles as []
}

test_an_unknown_command_has_no_grounds if {
	submit.grounds == false with input.command as "print"
}
