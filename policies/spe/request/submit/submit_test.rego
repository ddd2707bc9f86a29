package spe.request.submit_test

import data.spe.request.submit

codes contains reason.code if some reason in submit.reasons

test_a_good_application_passes if {
	codes == set()
}

test_the_request_rules_are_asked if {
	codes == {"use_prohibited"} with input.request.uses as ["advertising"]
}

test_the_conditions_on_use_are_asked if {
	codes == {"duo_no_permission"} with input.request.conditions as []
}

test_only_a_data_user_has_grounds if {
	submit.grounds == false with input.caller.roles as []
}

test_a_data_user_has_grounds if submit.grounds
