package spe.directive.record_test

import data.spe.directive.record

codes contains reason.code if some reason in record.reasons

test_a_holder_records_directives if {
	codes == set()
}

test_who_is_no_holder_records_nothing if {
	codes == {"role_missing"} with input.caller.roles as ["operator"]
}

test_a_holder_records_nothing_for_another if {
	codes == {"not_subjects_holder"} with input.holder as "hospital-2"
}

test_a_holder_of_nothing_records_nothing if {
	codes == {"not_subjects_holder"} with input.holder as "" with input.caller.holder as ""
}

test_an_empty_import_is_refused if {
	codes == {"directives_out_of_range"} with input.lines as 0
}

test_an_endless_import_is_refused if {
	codes == {"directives_out_of_range"} with input.lines as 1000001
}

test_one_line_passes if {
	codes == set() with input.lines as 1
}

test_a_million_lines_pass if {
	codes == set() with input.lines as 1000000
}

test_a_former_member_records_nothing if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_another_holder_has_no_grounds if {
	record.grounds == false with input.holder as "hospital-2"
}

test_a_holder_without_the_role_has_no_grounds if {
	record.grounds == false with input.caller.roles as []
}

test_a_holder_of_nothing_has_no_grounds if {
	record.grounds == false with input.holder as "" with input.caller.holder as ""
}
