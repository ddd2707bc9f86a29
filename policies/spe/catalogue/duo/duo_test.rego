package spe.catalogue.duo_test

import data.spe.catalogue.duo

codes contains reason.code if some reason in duo.reasons

test_terms_with_their_parameters_pass if {
	codes == set()
}

test_an_abstract_term_is_told if {
	codes == {"duo_abstract"} with input.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000001", "parameter": ""}]
}

test_an_unknown_term_is_told if {
	codes == {"duo_unknown"} with input.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000002", "parameter": ""}]
}

test_a_missing_parameter_is_told if {
	codes == {"duo_parameter_missing"} with input.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000022", "parameter": ""}]
}

test_a_missing_permission_is_told if {
	codes == {"duo_no_permission"} with input.conditions as []
}

test_a_second_permission_is_told if {
	codes == {"duo_no_permission"} with input.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000042", "parameter": ""}]
}

test_a_term_is_resolved_by_identifier if duo.term("DUO:0000018") == "NPUNCU"

test_a_shorthand_is_not_resolved if not duo.term("NPU")

test_whole_months_and_dates_are_readable if {
	duo.readable({"code": "DUO:0000025", "parameter": "24"})
	duo.readable({"code": "DUO:0000024", "parameter": "2027-06-30"})
}

test_other_months_are_not_readable if {
	unreadable := [text | some text in ["", "0", "-1", "1.5", "1e3", "soon", "24 "]; not duo.readable({"code": "DUO:0000025", "parameter": text})]
	count(unreadable) == 7
}

test_a_term_without_duty_gives_none if not duo.duty({"dataset": "d", "code": "DUO:0000004", "parameter": ""})
