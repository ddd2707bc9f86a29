package spe.release.get_test

import data.spe.release.get

codes contains reason.code if some reason in get.reasons

test_a_user_downloads if {
	codes == set()
}

test_a_user_downloads_after_the_permit_has_expired if {
	codes == set() with input.permit.expires as 5
}

test_a_suspended_permit_gives_nothing if {
	codes == {"permit_not_issued"} with input.permit.status as "suspended"
}

test_a_stranger_downloads_nothing if {
	codes == {"not_permit_user"} with input.caller.id as "x"
}

test_who_is_no_data_user_downloads_nothing if {
	codes == {"role_missing"} with input.caller.roles as ["operator"]
}

test_what_is_held_is_not_downloaded if {
	codes == {"not_released"} with input.status as "held"
}

test_what_is_recalled_is_not_downloaded if {
	codes == {"not_released"} with input.status as "recalled"
}

test_an_operator_recalls if {
	codes == set() with input.command as "recall" with input.caller.id as "x" with input.reason as true with input.caller.roles as ["operator"]
}

test_a_checker_recalls_under_a_revoked_permit if {
	codes == set() with input.command as "recall" with input.caller.id as "x" with input.reason as true with input.caller.roles as ["output_checker"] with input.permit.status as "revoked"
}

test_a_user_does_not_recall if {
	codes == {"role_missing"} with input.command as "recall" with input.caller.id as "x" with input.reason as true with input.caller.roles as ["data_user"]
}

test_a_recall_says_why if {
	codes == {"recall_reason_missing"} with input.command as "recall" with input.caller.id as "x" with input.reason as false with input.caller.roles as ["operator"]
}

test_another_site_is_refused if {
	codes == {"site_not_in_permit"} with input.site as "x"
}

test_an_unknown_command_is_refused if {
	codes == {"command_unknown"} with input.command as "forward"
}

test_a_former_member_downloads_nothing if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_a_stranger_has_no_grounds if {
	get.grounds == false with input.caller.id as "x"
}

test_an_unknown_command_has_no_grounds if {
	get.grounds == false with input.command as "forward"
}

test_a_user_has_no_grounds_to_recall if {
	get.grounds == false with input.command as "recall"
}

test_who_is_no_data_user_has_no_grounds_to_download if {
	get.grounds == false with input.caller.roles as []
}

test_what_is_held_can_be_recalled if {
	codes == set() with input.command as "recall" with input.status as "held" with input.reason as true with input.caller.id as "x" with input.caller.roles as ["chair"]
}

test_an_operator_has_grounds_to_recall if {
	get.grounds with input.command as "recall" with input.caller.roles as ["operator"]
}

test_an_operator_has_no_grounds_for_an_unknown_command if {
	get.grounds == false with input.command as "forward" with input.caller.roles as ["operator"]
}

test_an_operator_has_no_grounds_to_download if {
	get.grounds == false with input.caller.roles as ["operator"]
}
