package spe.permit.standing_test

import data.spe.permit.standing

codes contains reason.code if some reason in standing.reasons

test_a_permit_in_force_stands if {
	codes == set()
}

test_a_suspended_permit_does_not_stand if {
	codes == {"permit_not_issued"} with input.permit.status as "suspended"
}

test_a_revoked_permit_does_not_stand if {
	codes == {"permit_not_issued"} with input.permit.status as "revoked"
}

test_an_expired_permit_does_not_stand if {
	codes == {"permit_expired"} with input.permit.expires as 5
}

test_a_permit_that_expires_now_has_expired if {
	codes == {"permit_expired"} with input.permit.expires as 1800000000
}

test_another_site_is_not_in_the_permit if {
	count(standing.at_site) == 1 with input.site as "hospital-9"
}

test_a_listed_site_is_in_the_permit if count(standing.at_site) == 0

test_a_stranger_is_no_user if {
	count(standing.for_users) == 1 with input.caller.id as "stranger"
}

test_a_listed_person_is_a_user if count(standing.for_users) == 0

test_the_applicant_is_listed if {
	standing.listed("rosa") with input.permit.members as []
}

test_a_listed_person_of_another_organisation_is_no_user if {
	{reason.code | some reason in standing.for_users} == {"listed_elsewhere"} with input.caller.organisation as "office-1"
}

test_another_members_organisation_does_not_make_a_user if {
	{reason.code | some reason in standing.for_users} == {"listed_elsewhere"} with input.caller.organisation as "uni-b"
}

test_a_stranger_is_not_told_that_they_are_listed_elsewhere if {
	{reason.code | some reason in standing.for_users} == {"not_permit_user"} with input.caller.id as "stranger"
}

test_a_user_is_not_independent if {
	count(standing.for_checkers) == 1 with input.caller.organisation as "elsewhere"
}

test_a_colleague_is_not_independent if {
	count(standing.for_checkers) == 1 with input.caller.id as "stranger"
}

test_a_stranger_from_elsewhere_is_independent if {
	count(standing.for_checkers) == 0 with input.caller.id as "stranger" with input.caller.organisation as "elsewhere"
}
