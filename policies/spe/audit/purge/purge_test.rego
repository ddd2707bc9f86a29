package spe.audit.purge_test

import data.spe.audit.purge

codes contains reason.code if some reason in purge.reasons

test_what_is_old_enough_may_go if {
	codes == set()
}

test_a_data_user_has_no_grounds if {
	purge.grounds == false with input.caller.roles as ["data_user"]
}

test_entries_under_twelve_months_are_kept if {
	codes == {"retention_twelve_months"} with input.before as input.now - 29000000
}

test_entries_of_exactly_the_least_age_are_old_enough if {
	codes == set() with input.before as input.now - 31622400
}

test_a_running_permit_keeps_its_entries if {
	codes == {"retention_after_permit"} with input.last_end as input.now + 5
}

test_a_permit_that_ended_four_years_ago_keeps_its_entries if {
	codes == {"retention_after_permit"} with input.last_end as input.now - 126230400
}

test_a_hold_keeps_everything if {
	codes == {"legal_hold"} with input.holds as 2
}

test_a_data_user_may_not_even_ask if {
	codes == {"role_missing"} with input.caller.roles as ["data_user"]
}

test_a_former_operator_may_not_even_ask if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}
