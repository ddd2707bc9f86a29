package spe.catalogue.register_test

import data.spe.catalogue.register

codes contains reason.code if some reason in register.reasons

test_a_holder_registers_their_dataset if {
	codes == set()
}

test_who_is_no_holder_registers_nothing if {
	codes == {"role_missing"} with input.caller.roles as ["data_user"]
}

test_a_holder_does_not_register_for_another if {
	codes == {"not_own_holder"} with input.holder as "hospital-2"
}

test_a_holder_of_nothing_registers_nothing if {
	codes == {"not_own_holder"} with input.holder as "" with input.caller.holder as ""
}

test_an_organisation_registers_as_itself if {
	codes == {"organisation_not_own"} with input.organisation as "other"
}

test_data_outside_the_union_are_refused if {
	codes == {"country_not_eu"} with input.country as "US"
}

test_an_unknown_kind_is_refused if {
	codes == {"dataset_kind_unknown"} with input.kind as "film"
}

test_an_unknown_identifiability_is_refused if {
	codes == {"dataset_identifiability_unknown"} with input.identifiability as "named"
}

test_anonymised_data_need_evidence if {
	codes == {"anonymisation_evidence_missing"} with input.identifiability as "anonymised"
}

test_anonymised_data_with_evidence_pass if {
	codes == set() with input.identifiability as "anonymised" with input.anonymisation_evidence as true with input.subject_field as false
}

test_a_dataset_without_purpose_is_refused if {
	codes == {"dataset_purposes_missing"} with input.purposes as []
}

test_an_unknown_purpose_is_refused if {
	codes == {"dataset_purpose_unknown"} with input.purposes as ["e", "z"]
}

test_a_table_without_codebook_is_refused if {
	codes == {"codebook_missing"} with input.variables as 0
}

test_imaging_needs_no_codebook if {
	codes == set() with input.kind as "imaging" with input.variables as 0 with input.subject_field as false
}

test_a_pseudonymised_table_needs_its_subject_field if {
	codes == {"subject_field_missing"} with input.subject_field as false
}

test_a_dataset_without_permission_term_is_refused if {
	codes == {"duo_no_permission"} with input.conditions as []
}

test_a_former_member_registers_nothing if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_a_holder_has_grounds if register.grounds

test_another_holder_has_no_grounds if {
	register.grounds == false with input.holder as "hospital-2"
}

test_a_holder_without_the_role_has_no_grounds if {
	register.grounds == false with input.caller.roles as []
}

test_a_holder_of_nothing_has_no_grounds if {
	register.grounds == false with input.holder as "" with input.caller.holder as ""
}
