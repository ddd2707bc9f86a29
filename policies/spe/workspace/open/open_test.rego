package spe.workspace.open_test

import data.spe.workspace.open

codes contains reason.code if some reason in open.reasons

test_a_user_opens_a_workspace if {
	codes == set()
}

test_a_stranger_opens_none if {
	codes == {"not_permit_user"} with input.caller.id as "x"
}

test_a_stale_cohort_opens_none if {
	codes == {"cohort_not_current"} with input.cohort as "stale"
}

test_another_site_opens_none if {
	codes == {"site_not_in_permit"} with input.site as "x"
}

test_a_suspended_permit_opens_none if {
	codes == {"permit_not_issued"} with input.permit.status as "suspended"
}

test_an_untrained_user_opens_none if {
	codes == {"training_ended"} with input.caller.trained_until as 5
}

test_an_unknown_command_is_refused if {
	codes == {"command_unknown"} with input.command as "halt"
}

test_a_user_closes_under_an_expired_permit if {
	codes == set() with input.command as "close" with input.permit.expires as 5 with input.cohort as "none"
}

test_an_operator_closes if {
	codes == set() with input.command as "close" with input.caller.id as "x" with input.caller.roles as ["operator"]
}

test_the_holder_closes if {
	codes == set() with input.command as "close" with input.caller.id as "x" with input.caller.holder as "hospital-1" with input.caller.roles as ["data_holder"]
}

test_another_holder_does_not_close if {
	codes == {"may_not_close"} with input.command as "close" with input.caller.id as "x" with input.caller.holder as "hospital-2" with input.caller.roles as ["data_holder"]
}

test_a_stranger_does_not_close if {
	codes == {"may_not_close"} with input.command as "close" with input.caller.id as "x"
}

test_a_former_member_opens_none if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_a_stranger_has_no_grounds if {
	open.grounds == false with input.caller.id as "x"
}

test_an_unknown_command_has_no_grounds if {
	open.grounds == false with input.command as "halt"
}

test_an_operator_has_grounds_to_close if {
	open.grounds with input.command as "close" with input.caller.id as "x" with input.caller.roles as ["operator"]
}

test_an_operator_has_no_grounds_to_open if {
	open.grounds == false with input.caller.id as "x" with input.caller.roles as ["operator"]
}

test_a_stranger_has_no_grounds_to_close if {
	open.grounds == false with input.command as "close" with input.caller.id as "x"
}

test_a_listed_person_without_the_role_opens_none if {
	codes == {"role_missing"} with input.caller.roles as ["operator"]
}

test_a_listed_person_without_the_role_has_no_grounds if {
	open.grounds == false with input.caller.roles as ["operator"]
}

test_a_listed_person_of_another_organisation_opens_none if {
	codes == {"listed_elsewhere"} with input.caller.organisation as "office-1"
}
