package spe.permit.act_test

import data.spe.permit.act

codes contains reason.code if some reason in act.reasons

test_a_permit_is_revoked_after_the_reply if {
	codes == set()
}

test_an_operator_suspends if {
	codes == set() with input.command as "suspend" with input.caller.roles as ["operator"]
}

test_a_member_suspends if {
	codes == set() with input.command as "suspend" with input.caller.roles as ["committee"]
}

test_a_data_user_does_not_suspend if {
	codes == {"role_missing"} with input.command as "suspend" with input.caller.roles as ["data_user"]
}

test_suspending_says_why if {
	codes == {"grounds_missing"} with input.command as "suspend" with input.caller.roles as ["operator"] with input.reason as false
}

test_only_the_chair_revokes if {
	codes == {"role_missing"} with input.caller.roles as ["committee"]
}

test_only_the_chair_resumes if {
	codes == {"role_missing"} with input.command as "resume" with input.caller.roles as ["operator"]
}

test_the_chair_resumes if {
	codes == set() with input.command as "resume"
}

test_the_chair_hears if {
	codes == set() with input.command as "hear"
}

test_hearing_says_why if {
	codes == {"grounds_missing"} with input.command as "hear" with input.reason as false
}

test_nothing_is_revoked_without_a_hearing if {
	codes == {"hearing_missing"} with input.hearing_opened as 0 with input.hearing_replied as 0
}

test_nothing_is_revoked_before_the_time_to_reply_is_over if {
	codes == {"hearing_open"} with input.hearing_replied as 0
}

test_silence_for_28_days_lets_revoke if {
	codes == set() with input.hearing_replied as 0 with input.hearing_opened as 1797580800
}

test_a_second_less_than_28_days_does_not if {
	codes == {"hearing_open"} with input.hearing_replied as 0 with input.hearing_opened as 1797580801
}

test_a_chair_of_the_project_does_not_revoke if {
	codes == {"not_independent"} with input.caller.organisation as "uni-a"
}

test_a_user_replies if {
	codes == set() with input.command as "reply" with input.caller.id as "rosa" with input.caller.organisation as "uni-a" with input.caller.roles as ["data_user"]
}

test_a_stranger_does_not_reply if {
	codes == {"not_permit_user"} with input.command as "reply" with input.caller.id as "x"
}

test_a_reply_says_something if {
	codes == {"grounds_missing"} with input.command as "reply" with input.caller.id as "tom" with input.caller.organisation as "uni-b" with input.reason as false
}

test_there_is_no_reply_without_a_hearing if {
	codes == {"hearing_missing"} with input.command as "reply" with input.caller.id as "tom" with input.caller.organisation as "uni-b" with input.hearing_opened as 0
}

test_an_unknown_command_is_refused if {
	codes == {"command_unknown"} with input.command as "forget"
}

test_a_former_chair_does_nothing if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_the_chair_has_grounds if act.grounds

test_a_member_has_no_grounds_to_revoke if {
	act.grounds == false with input.caller.roles as ["committee"]
}

test_an_unknown_command_has_no_grounds if {
	act.grounds == false with input.command as "forget"
}

test_a_stranger_has_no_grounds_to_reply if {
	act.grounds == false with input.command as "reply"
}

test_a_data_user_has_no_grounds_to_suspend if {
	act.grounds == false with input.command as "suspend" with input.caller.roles as ["data_user"]
}

test_a_chair_of_the_project_has_no_grounds if {
	act.grounds == false with input.caller.organisation as "uni-a"
}

test_an_operator_has_grounds_to_suspend if {
	act.grounds with input.command as "suspend" with input.caller.roles as ["operator"]
}

test_a_user_has_grounds_to_reply if {
	act.grounds with input.command as "reply" with input.caller.id as "rosa" with input.caller.organisation as "uni-a"
}

test_an_operator_has_no_grounds_to_resume if {
	act.grounds == false with input.command as "resume" with input.caller.roles as ["operator"]
}
