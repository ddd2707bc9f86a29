package spe.code.seal_test

import data.spe.code.seal

codes contains reason.code if some reason in seal.reasons

test_what_two_people_of_two_organisations_approved_is_sealed if {
	codes == set()
}

test_nobody_but_the_worker_seals if {
	codes == {"role_missing"} with input.caller.roles as ["code_approver"]
}

test_one_approval_is_not_enough if {
	codes == {"approvals_missing"} with input.approvals as [{"by": "alba", "organisation": "lab-2"}]
}

test_one_person_twice_is_one if {
	codes == {"approvals_missing"} with input.approvals as [{"by": "alba", "organisation": "lab-2"}, {"by": "alba", "organisation": "lab-1"}]
}

test_two_people_of_one_organisation_are_not_enough if {
	codes == {"approvals_missing"} with input.approvals as [{"by": "alba", "organisation": "lab-2"}, {"by": "anna", "organisation": "lab-2"}]
}

test_the_approval_of_a_colleague_does_not_count if {
	codes == {"approvals_missing"} with input.permit.members as [{"id": "rosa", "organisation": "uni-a"}, {"id": "tom", "organisation": "lab-2"}]
}

test_the_approval_of_a_user_does_not_count if {
	codes == {"approvals_missing"} with input.permit.members as [{"id": "rosa", "organisation": "uni-a"}, {"id": "alba", "organisation": "uni-b"}]
}

test_the_approval_of_who_registered_it_does_not_count if {
	codes == {"approvals_missing"} with input.by as "alba"
}

test_a_changed_manifest_is_not_sealed if {
	codes == {"code_changed_since"} with input.same as false
}

test_an_expired_permit_seals_nothing if {
	codes == {"permit_expired"} with input.permit.expires as 5
}

test_an_approver_has_no_grounds if {
	seal.grounds == false with input.caller.roles as ["code_approver"]
}

test_a_former_member_seals_nothing if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}
