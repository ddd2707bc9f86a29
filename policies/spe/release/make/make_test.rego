package spe.release.make_test

import data.spe.release.make

codes contains reason.code if some reason in make.reasons

test_a_user_asks_for_a_release if {
	codes == set()
}

test_the_worker_makes_it if {
	codes == set() with input.command as "make" with input.caller.id as "worker" with input.caller.roles as ["worker"]
}

test_a_user_does_not_make_it if {
	codes == {"role_missing"} with input.command as "make"
}

test_the_worker_does_not_ask if {
	codes == {"not_permit_user", "role_missing"} with input.command as "ask" with input.caller.id as "worker" with input.caller.roles as ["worker"]
}

test_a_stranger_asks_for_nothing if {
	codes == {"not_permit_user"} with input.caller.id as "x"
}

test_an_empty_release_is_refused if {
	codes == {"release_empty"} with input.files as []
}

test_an_output_in_review_does_not_leave if {
	codes == {"output_not_approved"} with input.files as [{"output": "ou-1", "status": "in_review", "checkers": ["carl", "clara"], "checker_organisations": ["office-2"], "same_bytes": true}]
}

test_one_bad_output_stops_all if {
	codes == {"output_not_approved"} with input.files as [{"output": "ou-1", "status": "approved", "checkers": ["carl", "clara"], "checker_organisations": ["office-2"], "same_bytes": true}, {"output": "ou-2", "status": "held", "checkers": ["carl", "clara"], "checker_organisations": ["office-2"], "same_bytes": true}]
}

test_one_checker_is_not_enough if {
	codes == {"checkers_missing"} with input.files as [{"output": "ou-1", "status": "approved", "checkers": ["clara"], "checker_organisations": ["office-2"], "same_bytes": true}]
}

test_one_checker_twice_is_one if {
	codes == {"checkers_missing"} with input.files as [{"output": "ou-1", "status": "approved", "checkers": ["clara", "clara"], "checker_organisations": ["office-2"], "same_bytes": true}]
}

test_a_checker_of_the_team_is_refused if {
	codes == {"checker_not_independent"} with input.files as [{"output": "ou-1", "status": "approved", "checkers": ["clara", "tom"], "checker_organisations": ["office-2"], "same_bytes": true}]
}

test_a_checker_of_the_organisation_is_refused if {
	codes == {"checker_not_independent"} with input.files as [{"output": "ou-1", "status": "approved", "checkers": ["carl", "clara"], "checker_organisations": ["uni-a"], "same_bytes": true}]
}

test_other_bytes_do_not_leave if {
	codes == {"released_bytes_differ"} with input.files as [{"output": "ou-1", "status": "approved", "checkers": ["carl", "clara"], "checker_organisations": ["office-2"], "same_bytes": false}]
}

test_changed_code_releases_nothing if {
	codes == {"release_code_changed"} with input.code_intact as false
}

test_an_expired_permit_releases_nothing if {
	codes == {"permit_expired"} with input.permit.expires as 5
}

test_a_suspended_permit_releases_nothing if {
	codes == {"permit_not_issued"} with input.command as "make" with input.caller.id as "worker" with input.caller.roles as ["worker"] with input.permit.status as "suspended"
}

test_another_site_is_refused if {
	codes == {"site_not_in_permit"} with input.site as "x"
}

test_an_unknown_command_is_refused if {
	codes == {"command_unknown"} with input.command as "leak"
}

test_an_untrained_user_is_refused if {
	codes == {"training_ended"} with input.caller.trained_until as 5
}

test_a_former_member_is_refused if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_a_stranger_has_no_grounds if {
	make.grounds == false with input.caller.id as "x"
}

test_an_unknown_command_has_no_grounds if {
	make.grounds == false with input.command as "leak"
}

test_a_user_has_no_grounds_to_make if {
	make.grounds == false with input.command as "make"
}

test_who_is_no_data_user_has_no_grounds_to_ask if {
	make.grounds == false with input.caller.roles as []
}

test_the_worker_has_no_grounds_to_ask if {
	make.grounds == false with input.caller.roles as ["worker"]
}

test_the_worker_has_grounds_to_make if {
	make.grounds with input.command as "make" with input.caller.roles as ["worker"]
}
