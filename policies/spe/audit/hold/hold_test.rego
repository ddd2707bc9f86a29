package spe.audit.hold_test

import data.spe.audit.hold

codes contains reason.code if some reason in hold.reasons

test_an_auditor_places_a_hold if {
	codes == set()
}

test_an_operator_places_a_hold if {
	codes == set() with input.caller.roles as ["operator"]
}

test_an_auditor_lifts_a_hold if {
	codes == set() with input.command as "lift"
}

test_an_operator_does_not_lift_one if {
	codes == {"role_missing"} with input.command as "lift" with input.caller.roles as ["operator"]
}

test_an_operator_has_no_grounds_to_lift_one if {
	hold.grounds == false with input.command as "lift" with input.caller.roles as ["operator"]
}

test_a_list_needs_no_reason if {
	codes == set() with input.command as "list" with input.reason as false
}

test_a_hold_needs_a_reason if {
	codes == {"hold_reason_missing"} with input.reason as false
}

test_lifting_needs_a_reason if {
	codes == {"hold_reason_missing"} with input.command as "lift" with input.reason as false
}

test_a_data_user_places_none if {
	codes == {"role_missing"} with input.caller.roles as ["data_user"]
}

test_a_data_user_has_no_grounds if {
	hold.grounds == false with input.caller.roles as ["data_user"]
}

test_nothing_else_can_be_done_with_a_hold if {
	codes == {"command_unknown"} with input.command as "forget"
}

test_a_former_auditor_places_none if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_a_role_that_places_is_grounds_to_place if {
	hold.grounds == true
}

test_a_role_that_only_places_is_no_grounds_to_lift if {
	hold.grounds == false with input.command as "lift" with input.caller.roles as ["operator"]
}

test_an_auditor_has_grounds_to_lift if {
	hold.grounds == true with input.command as "lift"
}
