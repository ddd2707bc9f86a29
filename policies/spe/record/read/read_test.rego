package spe.record.read_test

import data.spe.record.read

codes contains reason.code if some reason in read.reasons

test_a_user_knows_of_their_permit if {
	codes == set()
}

test_a_stranger_does_not if {
	codes == {"may_not_read"} with input.caller.id as "x"
}

test_anybody_reads_the_catalogue if {
	codes == set() with input.kind as "dataset" with input.view as "public" with input.caller.id as "x"
}

test_nobody_reads_an_unknown_kind if {
	codes == {"may_not_read"} with input.kind as "diary" with input.view as "public"
}

test_nobody_reads_an_unknown_view if {
	codes == {"may_not_read"} with input.kind as "data_permit" with input.view as "everything"
}

test_a_user_does_not_read_exact_counts if {
	codes == {"may_not_read"} with input.kind as "cohort" with input.view as "exact"
}

test_the_holder_reads_exact_counts if {
	codes == set() with input.kind as "cohort" with input.view as "exact" with input.caller.id as "hugo" with input.caller.holder as "hospital-1" with input.caller.roles as ["data_holder"]
}

test_another_holder_does_not if {
	codes == {"may_not_read"} with input.kind as "cohort" with input.view as "exact" with input.caller.id as "hugo" with input.caller.holder as "hospital-2" with input.caller.roles as ["data_holder"]
}

test_a_holder_of_nothing_does_not if {
	codes == {"may_not_read"} with input.kind as "cohort" with input.view as "exact" with input.caller.id as "hugo" with input.caller.holder as "" with input.caller.roles as ["data_holder"] with input.holders as [""]
}

test_who_is_no_holder_does_not if {
	codes == {"may_not_read"} with input.kind as "cohort" with input.view as "exact" with input.caller.id as "hugo" with input.caller.holder as "hospital-1" with input.caller.roles as ["data_user"]
}

test_the_auditor_reads_exact_counts if {
	codes == set() with input.kind as "cohort" with input.view as "exact" with input.caller.id as "ada" with input.caller.roles as ["auditor"]
}

test_the_committee_knows_of_a_request if {
	codes == set() with input.kind as "access_request" with input.view as "case" with input.caller.id as "mario" with input.caller.roles as ["committee"]
}

test_a_holder_does_not if {
	codes == {"may_not_read"} with input.kind as "access_request" with input.view as "case" with input.caller.id as "hugo" with input.caller.holder as "hospital-1" with input.caller.roles as ["data_holder"]
}

test_a_checker_reads_the_file_of_an_output if {
	codes == set() with input.kind as "output" with input.view as "file" with input.caller.id as "clara" with input.caller.organisation as "office-1" with input.caller.roles as ["output_checker"]
}

test_a_user_does_not_before_its_release if {
	codes == {"may_not_read"} with input.kind as "output" with input.view as "file"
}

test_a_checker_of_the_organisation_does_not if {
	codes == {"may_not_read"} with input.kind as "output" with input.view as "file" with input.caller.id as "clara" with input.caller.organisation as "uni-a" with input.caller.roles as ["output_checker"]
}

test_a_checker_of_the_team_does_not if {
	codes == {"may_not_read"} with input.kind as "output" with input.view as "file" with input.caller.id as "tom" with input.caller.organisation as "office-1" with input.caller.roles as ["output_checker"]
}

test_an_approver_reads_the_code if {
	codes == set() with input.kind as "code" with input.view as "file" with input.caller.id as "anna" with input.caller.organisation as "lab-1" with input.caller.roles as ["code_approver"]
}

test_the_operator_does_not_read_the_code if {
	codes == {"may_not_read"} with input.kind as "code" with input.view as "file" with input.caller.id as "o" with input.caller.roles as ["operator"]
}

test_the_operator_knows_of_workspaces if {
	codes == set() with input.kind as "workspace" with input.view as "case" with input.caller.id as "o" with input.caller.roles as ["operator"]
}

test_the_worker_knows_of_runs if {
	codes == set() with input.kind as "run" with input.view as "case" with input.caller.id as "w" with input.caller.roles as ["worker"]
}

test_receipts_go_to_the_holder if {
	codes == set() with input.kind as "receipt" with input.view as "own" with input.caller.id as "hugo" with input.caller.holder as "hospital-1" with input.caller.roles as ["data_holder"]
}

test_a_user_sees_no_receipt if {
	codes == {"may_not_read"} with input.kind as "receipt" with input.view as "own"
}

test_an_approver_knows_of_the_code if {
	codes == set() with input.kind as "code" with input.view as "case" with input.caller.id as "anna" with input.caller.organisation as "lab-1" with input.caller.roles as ["code_approver"]
}

test_a_former_member_reads_nothing if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_a_stranger_has_no_grounds if {
	read.grounds == false with input.caller.id as "x"
}

test_an_independent_member_reads_the_deliberation if {
	codes == set() with input.kind as "case" with input.caller.id as "mario" with input.caller.organisation as "body-2" with input.caller.roles as ["committee"]
}

test_a_member_of_the_applicants_organisation_does_not if {
	codes == {"may_not_read"} with input.kind as "case" with input.caller.id as "mario" with input.caller.roles as ["committee"]
}

test_the_applicant_does_not_read_the_deliberation if {
	codes == {"may_not_read"} with input.kind as "case"
}

test_an_independent_auditor_reads_an_outputs_file if {
	codes == set() with input.kind as "output" with input.view as "file" with input.caller.id as "ada" with input.caller.organisation as "court" with input.caller.roles as ["auditor"]
}

test_an_auditor_of_the_team_does_not if {
	codes == {"may_not_read"} with input.kind as "output" with input.view as "file" with input.caller.organisation as "court" with input.caller.roles as ["auditor"]
}

test_an_auditor_of_the_organisation_does_not if {
	codes == {"may_not_read"} with input.kind as "output" with input.view as "exact" with input.caller.id as "ada" with input.caller.roles as ["auditor"]
}

test_an_operator_reads_no_cohort if {
	codes == {"may_not_read"} with input.kind as "cohort" with input.caller.id as "o" with input.caller.roles as ["operator"]
}

test_an_approver_gets_no_permits_file if {
	codes == {"may_not_read"} with input.view as "file" with input.caller.id as "anna" with input.caller.organisation as "lab-1" with input.caller.roles as ["code_approver"]
}

test_the_committee_sees_which_cases_wait if {
	codes == set() with input.kind as "case" with input.view as "queue" with input.caller.id as "mario" with input.caller.roles as ["committee"]
}

test_a_user_does_not_see_which_cases_wait if {
	codes == {"may_not_read"} with input.kind as "case" with input.view as "queue"
}

test_a_checker_knows_of_a_permit if {
	codes == set() with input.view as "case" with input.caller.id as "x" with input.caller.roles as ["output_checker"]
}
