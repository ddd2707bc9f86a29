package spe.request.act_test

import data.spe.request.act

codes contains reason.code if some reason in act.reasons

test_the_applicant_withdraws if {
	codes == set()
}

test_the_applicant_resubmits if {
	codes == set() with input.command as "resubmit"
}

test_a_team_member_does_not_withdraw if {
	codes == {"not_applicant"} with input.caller.id as "tom"
}

test_the_committee_returns if {
	codes == set() with input.command as "return" with input.caller.id as "mario" with input.caller.organisation as "body-2" with input.caller.roles as ["committee"]
}

test_a_data_user_does_not_return if {
	codes == {"role_missing"} with input.command as "return" with input.caller.id as "mario" with input.caller.organisation as "body-2" with input.caller.roles as ["data_user"]
}

test_nobody_returns_a_request_of_their_own if {
	codes == {"returns_own_request"} with input.command as "return" with input.caller.id as "rosa" with input.caller.organisation as "body-2" with input.caller.roles as ["committee"]
}

test_nobody_returns_a_request_of_their_organisation if {
	codes == {"returns_own_request"} with input.command as "return" with input.caller.id as "mario" with input.caller.organisation as "uni-b" with input.caller.roles as ["committee"]
}

test_an_unknown_command_is_refused if {
	codes == {"command_unknown"} with input.command as "grant"
}

test_a_former_member_does_nothing if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_an_unknown_command_has_no_grounds if {
	act.grounds == false with input.command as "grant"
}

test_the_applicant_has_grounds if act.grounds

test_a_stranger_has_no_grounds if {
	act.grounds == false with input.caller.id as "stranger"
}

test_a_colleague_of_the_applicant_has_no_grounds_to_return if {
	act.grounds == false with input.command as "return" with input.caller.roles as ["committee"] with input.caller.id as "x"
}

test_a_member_of_the_committee_has_grounds_to_return if {
	act.grounds with input.command as "return" with input.caller.id as "mario" with input.caller.organisation as "body-2" with input.caller.roles as ["committee"]
}

test_a_colleague_in_the_committee_has_no_grounds_to_return if {
	act.grounds == false with input.command as "return" with input.caller.id as "x" with input.caller.organisation as "uni-b" with input.caller.roles as ["committee"]
}

test_a_member_of_the_team_has_no_grounds_to_return if {
	act.grounds == false with input.command as "return" with input.caller.id as "tom" with input.caller.organisation as "body-2" with input.caller.roles as ["committee"]
}
