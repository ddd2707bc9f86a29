package spe.run.stop_test

import data.spe.run.stop

codes contains reason.code if some reason in stop.reasons

test_a_user_stops_a_run if {
	codes == set()
}

test_a_run_is_stopped_under_an_expired_permit if {
	codes == set() with input.permit.expires as 5
}

test_an_operator_stops_a_run if {
	codes == set() with input.caller.id as "x" with input.caller.roles as ["operator"]
}

test_the_holder_stops_a_run if {
	codes == set() with input.caller.id as "x" with input.caller.holder as "hospital-1" with input.caller.roles as ["data_holder"]
}

test_another_holder_does_not if {
	codes == {"may_not_stop"} with input.caller.id as "x" with input.caller.holder as "hospital-2" with input.caller.roles as ["data_holder"]
}

test_a_stranger_does_not if {
	codes == {"may_not_stop"} with input.caller.id as "x"
}

test_another_site_is_refused if {
	codes == {"site_not_in_permit"} with input.site as "x"
}

test_a_former_member_stops_nothing if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_a_stranger_has_no_grounds if {
	stop.grounds == false with input.caller.id as "x"
}

test_the_holder_has_grounds if {
	stop.grounds with input.caller.id as "x" with input.caller.holder as "hospital-1" with input.caller.roles as ["data_holder"]
}
