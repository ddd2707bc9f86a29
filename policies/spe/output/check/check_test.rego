package spe.output.check_test

import data.spe.output.check

codes contains reason.code if some reason in check.reasons

test_the_worker_checks_an_output if {
	codes == set()
}

test_nobody_else_checks if {
	codes == {"role_missing"} with input.caller.roles as ["output_checker"]
}

test_an_unknown_kind_is_refused if {
	codes == {"output_kind_unknown"} with input.kind as "film"
}

test_another_site_is_refused if {
	codes == {"site_not_in_permit"} with input.site as "x"
}

test_an_expired_permit_checks_nothing if {
	codes == {"permit_expired"} with input.permit.expires as 5
}

test_an_ended_worker_checks_nothing if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_the_threshold_is_ten_people if check.profile.threshold == 10

test_a_checker_has_no_grounds if {
	check.grounds == false with input.caller.roles as ["output_checker"]
}
