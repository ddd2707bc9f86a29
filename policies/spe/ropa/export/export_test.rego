package spe.ropa.export_test

import data.spe.ropa.export

codes contains reason.code if some reason in export.reasons

test_an_auditor_has_all_of_it if {
	codes == set()
}

test_an_operator_has_all_of_it if {
	codes == set() with input.caller.roles as ["operator"]
}

test_the_chair_has_all_of_it if {
	codes == set() with input.caller.roles as ["chair"]
}

test_a_holder_has_their_own if {
	codes == set() with input.caller.roles as ["data_holder"] with input.caller.holder as "hospital-1" with input.scope as "hospital-1"
}

test_a_holder_does_not_have_anothers if {
	codes == {"ropa_not_yours"} with input.caller.roles as ["data_holder"] with input.caller.holder as "hospital-1" with input.scope as "hospital-2"
}

test_a_holder_does_not_have_all if {
	codes == {"ropa_not_yours"} with input.caller.roles as ["data_holder"] with input.caller.holder as ""
}

test_a_researcher_does_not_have_their_organisations if {
	codes == {"ropa_not_yours"} with input.caller.roles as ["data_user"] with input.caller.organisation as "uni" with input.scope as "uni"
}

test_a_researcher_has_no_grounds if {
	export.grounds == false with input.caller.roles as ["data_user"] with input.caller.organisation as "uni" with input.scope as "uni"
}

test_a_committee_member_has_none if {
	export.grounds == false with input.caller.roles as ["committee"]
}

test_a_former_auditor_has_none if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_who_stands_for_a_body_is_a_party if {
	every party in export.profile.standing_for {
		export.profile.parties[party].contact != ""
	}
}
