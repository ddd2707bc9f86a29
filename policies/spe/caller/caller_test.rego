package spe.caller_test

import data.spe.caller

codes contains reason.code if some reason in caller.reasons

test_a_member_of_an_organisation_is_heard if {
	codes == set()
}

test_an_ended_membership_is_refused if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_a_membership_that_ends_now_is_over if {
	codes == {"membership_ended"} with input.caller.member_until as 1800000000
}

test_training_that_has_run_out_is_told if {
	count(caller.training) == 1 with input.caller.trained_until as 5
}

test_training_that_ends_now_is_over if {
	count(caller.training) == 1 with input.caller.trained_until as 1800000000
}

test_training_that_lasts_is_nothing_to_tell if count(caller.training) == 0

test_a_role_is_had_only_by_name if caller.has("data_user")

test_another_role_is_not_had if not caller.has("auditor")

test_any_of_several_roles_is_enough if caller.has_any(["auditor", "data_user"])

test_what_is_lacking_is_named if caller.lacks(["chair", "committee"]).params.roles == "chair, committee"

test_an_excluded_organisation_is_not_heard if {
	codes == {"organisation_excluded"} with input.caller.organisation as "excluded-org"
}
