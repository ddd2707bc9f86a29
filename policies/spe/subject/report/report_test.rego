package spe.subject.report_test

import data.spe.subject.report

codes contains reason.code if some reason in report.reasons

test_a_holder_answers_their_own_subject if {
	codes == set()
}

test_an_auditor_sees_what_is_answered if {
	codes == set() with input.caller.roles as ["auditor"] with input.caller.holder as ""
}

test_another_holder_answers_nobody if {
	codes == {"not_this_holders_subject"} with input.holder as "hospital-2"
}

test_another_holder_has_no_grounds if {
	report.grounds == false with input.holder as "hospital-2"
}

test_a_holder_of_nothing_has_no_grounds if {
	report.grounds == false with input.holder as "" with input.caller.holder as ""
}

test_a_data_user_is_told_nothing if {
	codes == {"role_missing"} with input.caller.roles as ["data_user"]
}

test_a_data_user_has_no_grounds if {
	report.grounds == false with input.caller.roles as ["data_user"]
}

test_an_operator_is_told_nothing if {
	codes == {"role_missing"} with input.caller.roles as ["operator"]
}

test_a_former_member_answers_nobody if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_an_auditor_has_grounds if {
	report.grounds == true with input.caller.roles as ["auditor"] with input.caller.holder as ""
}
