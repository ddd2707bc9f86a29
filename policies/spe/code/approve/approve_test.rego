package spe.code.approve_test

import data.spe.code.approve

codes contains reason.code if some reason in approve.reasons

test_a_second_approver_approves if {
	codes == set()
}

test_who_is_no_approver_approves_nothing if {
	codes == {"role_missing"} with input.caller.roles as ["output_checker"]
}

test_a_user_approves_nothing if {
	codes == {"not_independent"} with input.caller.id as "tom"
}

test_a_colleague_approves_nothing if {
	codes == {"not_independent"} with input.caller.organisation as "uni-a"
}

test_nobody_approves_their_own_code if {
	codes == {"approves_own_code"} with input.by as "anna"
}

test_a_person_approves_once if {
	codes == {"already_approved"} with input.approvals as [{"by": "anna", "organisation": "lab-1"}]
}

test_who_approved_may_still_reject if {
	codes == set() with input.command as "reject" with input.approvals as [{"by": "anna", "organisation": "lab-1"}]
}

test_what_was_not_read_is_not_approved if {
	codes == {"code_differs"} with input.same as false
}

test_an_unknown_command_is_refused if {
	codes == {"command_unknown"} with input.command as "agree"
}

test_a_suspended_permit_takes_no_approval if {
	codes == {"permit_not_issued"} with input.permit.status as "suspended"
}

test_an_untrained_approver_is_refused if {
	codes == {"training_ended"} with input.caller.trained_until as 5
}

test_a_former_member_is_refused if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_two_people_of_two_organisations_settle if approve.settled

test_one_person_settles_nothing if {
	approve.settled == false with input.approvals as []
}

test_two_people_of_one_organisation_settle_nothing if {
	approve.settled == false with input.approvals as [{"by": "alba", "organisation": "lab-1"}]
}

test_a_rejection_settles_nothing if {
	approve.settled == false with input.command as "reject"
}

test_a_colleague_has_no_grounds if {
	approve.grounds == false with input.caller.organisation as "uni-a"
}

test_who_is_no_approver_has_no_grounds if {
	approve.grounds == false with input.caller.roles as []
}

test_an_unknown_command_has_no_grounds if {
	approve.grounds == false with input.command as "agree"
}
