package spe.subject.erase_test

import data.spe.subject.erase

codes contains reason.code if some reason in erase.reasons

test_a_holder_has_a_subject_erased if {
	codes == set()
}

test_an_auditor_erases_nobody if {
	codes == {"role_missing"} with input.caller.roles as ["auditor"]
}

test_an_auditor_has_no_grounds if {
	erase.grounds == false with input.caller.roles as ["auditor"]
}

test_another_holder_erases_nobody if {
	codes == {"not_holder_of_the_erased"} with input.holder as "hospital-2"
}

test_another_holder_has_no_grounds if {
	erase.grounds == false with input.holder as "hospital-2"
}

test_a_holder_of_nothing_has_no_grounds if {
	erase.grounds == false with input.holder as "" with input.caller.holder as ""
}

test_there_are_six_grounds if {
	every ground in ["a", "b", "c", "d", "e", "f"] {
		codes == set() with input.ground as ground
	}
}

test_there_is_no_seventh if {
	codes == {"erasure_ground_unknown"} with input.ground as "g"
}

test_a_hold_keeps_the_traces if {
	codes == {"erasure_held"} with input.holds as 1
}

test_what_was_said_is_heard_first if {
	codes == {"erasure_unheard"} with input.waiting as true
}

test_a_consent_is_withdrawn_first if {
	codes == {"erasure_in_use"} with input.uses as [{"legal_basis": "6(1)(a)"}]
}

test_a_lawful_use_goes_on if {
	codes == {"erasure_lawful_use"} with input.uses as [{"legal_basis": "6(1)(e)"}]
}

test_both_are_told if {
	codes == {"erasure_in_use", "erasure_lawful_use"} with input.uses as [{"legal_basis": "6(1)(a)"}, {"legal_basis": "6(1)(c)"}]
}

test_a_former_member_erases_nobody if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}
