package spe.audit.hints_test

import data.spe.audit.hints

codes contains reason.code if some reason in hints.reasons

test_an_auditor_looks_for_hints if {
	codes == set()
}

test_an_operator_does_not if {
	codes == {"role_missing"} with input.caller.roles as ["operator"]
}

test_a_former_auditor_does_not if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_an_operator_has_no_grounds if {
	hints.grounds == false with input.caller.roles as ["operator"]
}

test_the_worker_is_spared if "worker" in hints.profile.spared_roles

test_five_releases_of_one_dataset_in_a_week_are_worth_a_look if {
	some repeat in hints.profile.repeats
	repeat.type == "release.asked"
	repeat.most == 5
}
