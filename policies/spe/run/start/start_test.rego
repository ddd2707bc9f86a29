package spe.run.start_test

import data.spe.run.start

codes contains reason.code if some reason in start.reasons

test_a_user_starts_a_run if {
	codes == set()
}

test_the_worker_starts_it_for_them if {
	codes == set() with input.caller.id as "worker" with input.caller.roles as ["worker"]
}

test_nobody_starts_a_run_for_another if {
	codes == {"runs_for_another"} with input.user as "tom"
}

test_the_worker_starts_none_for_a_stranger if {
	codes == {"run_user_not_listed"} with input.caller.id as "worker" with input.user as "x" with input.caller.roles as ["worker"]
}

test_an_unknown_kind_is_refused if {
	codes == {"run_kind_unknown"} with input.kind as "dry"
}

test_agreed_code_is_not_approved_yet if {
	codes == {"code_not_approved"} with input.code_status as "agreed"
}

test_registered_code_runs_on_the_twin if {
	codes == set() with input.kind as "twin" with input.code_status as "registered" with input.workspace as "none" with input.cohort as "none" with input.real_runs as 999
}

test_rejected_code_runs_nowhere if {
	codes == {"code_rejected"} with input.kind as "twin" with input.code_status as "rejected"
}

test_changed_code_runs_nowhere if {
	codes == {"code_changed"} with input.code_intact as false
}

test_changed_code_does_not_run_on_the_twin if {
	codes == {"code_changed"} with input.kind as "twin" with input.code_intact as false
}

test_a_parameter_out_of_range_is_refused if {
	codes == {"parameters_out_of_range"} with input.parameters_valid as false
}

test_a_closed_workspace_runs_nothing if {
	codes == {"run_workspace_not_open"} with input.workspace as "halted"
}

test_a_stale_cohort_runs_nothing if {
	codes == {"run_cohort_not_current"} with input.cohort as "stale"
}

test_the_cap_on_runs_holds if {
	codes == {"too_many_runs"} with input.real_runs as 200
}

test_the_last_run_below_the_cap_starts if {
	codes == set() with input.real_runs as 199
}

test_an_expired_permit_runs_nothing if {
	codes == {"permit_expired"} with input.permit.expires as 5
}

test_another_site_runs_nothing if {
	codes == {"site_not_in_permit"} with input.site as "x"
}

test_an_untrained_user_runs_nothing if {
	codes == {"training_ended"} with input.caller.trained_until as 5
}

test_a_former_member_runs_nothing if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_an_operator_has_no_grounds if {
	start.grounds == false with input.caller.roles as ["operator"]
}

test_a_stranger_has_no_grounds if {
	start.grounds == false with input.caller.id as "x" with input.user as "x"
}

test_another_user_has_no_grounds if {
	start.grounds == false with input.user as "tom"
}

test_the_worker_has_no_grounds_for_a_stranger if {
	start.grounds == false with input.caller.roles as ["worker"] with input.user as "x"
}

test_the_worker_has_grounds_for_a_listed_user if {
	start.grounds with input.caller.id as "worker" with input.caller.roles as ["worker"]
}

test_a_listed_person_of_another_organisation_starts_nothing if {
	codes == {"listed_elsewhere"} with input.caller.organisation as "office-1"
}

test_a_listed_person_of_another_organisation_has_no_grounds if {
	start.grounds == false with input.caller.organisation as "office-1"
}
