package spe.data.mount_test

import data.spe.data.mount

codes contains reason.code if some reason in mount.reasons

test_the_worker_mounts_for_a_run if {
	codes == set()
}

test_the_worker_mounts_to_recompute if {
	codes == set() with input.reader as "recompute"
}

test_nobody_else_mounts if {
	codes == {"role_missing"} with input.caller.roles as ["data_user"]
}

test_a_closed_workspace_gets_no_data if {
	codes == {"workspace_not_open"} with input.workspace as "closing"
}

test_a_stale_cohort_is_not_mounted if {
	codes == {"mount_cohort_not_current"} with input.cohort as "stale"
}

test_an_old_epoch_is_not_mounted if {
	codes == {"epoch_not_current"} with input.epoch_current as false
}

test_an_unknown_reader_gets_nothing if {
	codes == {"reader_unknown"} with input.reader as "curious"
}

test_another_site_is_refused if {
	codes == {"site_not_in_permit"} with input.site as "x"
}

test_a_revoked_permit_mounts_nothing if {
	codes == {"permit_not_issued"} with input.permit.status as "revoked"
}

test_an_ended_worker_mounts_nothing if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_a_user_has_no_grounds if {
	mount.grounds == false with input.caller.roles as ["data_user"]
}
