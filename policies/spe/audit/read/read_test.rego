package spe.audit.read_test

import data.spe.audit.read

codes contains reason.code if some reason in read.reasons

test_an_auditor_reads_the_timeline if {
	codes == set()
}

test_an_auditor_exports if {
	codes == set() with input.view as "export"
}

test_an_auditor_opens_staff_identities if {
	codes == set() with input.view as "staff"
}

test_an_auditor_takes_proofs if {
	codes == set() with input.view as "proof"
}

test_an_operator_does_not if {
	codes == {"role_missing"} with input.caller.roles as ["operator"]
}

test_an_unknown_view_is_refused if {
	codes == {"log_view_unknown"} with input.view as "subjects"
}

test_a_former_auditor_reads_nothing if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_an_operator_has_no_grounds if {
	read.grounds == false with input.caller.roles as ["operator"]
}

test_an_unknown_view_has_no_grounds if {
	read.grounds == false with input.view as "subjects"
}
