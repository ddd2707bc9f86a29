package spe.code.register_test

import data.spe.code.register

codes contains reason.code if some reason in register.reasons

test_a_user_registers_code if {
	codes == set()
}

test_who_is_no_data_user_registers_nothing if {
	codes == {"role_missing"} with input.caller.roles as ["operator"]
}

test_a_stranger_registers_nothing if {
	codes == {"not_permit_user"} with input.caller.id as "x"
}

test_a_field_that_is_not_granted_is_refused if {
	codes == {"field_not_granted"} with input.fields as ["grade", "postcode"]
}

test_code_without_outputs_is_refused if {
	codes == {"outputs_out_of_range"} with input.outputs as 0
}

test_too_many_outputs_are_refused if {
	codes == {"outputs_out_of_range"} with input.outputs as 51
}

test_one_output_passes if {
	codes == set() with input.outputs as 1
}

test_fifty_outputs_pass if {
	codes == set() with input.outputs as 50
}

test_aggregates_only_refuses_what_can_not_be_recomputed if {
	codes == {"only_aggregates"} with input.recomputable as false
}

test_a_wider_permit_takes_other_outputs if {
	codes == set() with input.recomputable as false with input.permit.aggregates_only as false
}

test_an_expired_permit_takes_no_code if {
	codes == {"permit_expired"} with input.permit.expires as 5
}

test_an_untrained_user_registers_nothing if {
	codes == {"training_ended"} with input.caller.trained_until as 5
}

test_a_former_member_registers_nothing if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_a_stranger_has_no_grounds if {
	register.grounds == false with input.caller.id as "x"
}

test_who_is_no_data_user_has_no_grounds if {
	register.grounds == false with input.caller.roles as []
}
