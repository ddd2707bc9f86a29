package spe.reaction.rule_test

import data.spe.reaction.rule

codes contains reason.code if some reason in rule.reasons

test_the_worker_asks if {
	codes == set()
}

test_nobody_else_asks if {
	codes == {"role_missing"} with input.caller.roles as ["data_holder"]
}

test_an_ended_worker_asks_nothing if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

strict := {"version": 1, "stop_runs": true, "hold_outputs": true, "rebuild": true}

lax := {"version": 1, "stop_runs": false, "hold_outputs": false, "rebuild": false}

test_a_withdrawn_consent_stops_running_use if rule.profile == strict

test_a_withdrawal_is_nothing_where_consent_is_not_the_basis if {
	rule.profile == lax with input.legal_basis as "6(1)(e)"
}

test_an_opt_out_spares_a_granted_ehds_permit if {
	rule.profile == lax with input.directive as "opt_out" with input.route as "ehds" with input.legal_basis as "6(1)(e)"
}

test_an_opt_out_that_came_before_the_permit_counts if {
	rule.profile == strict with input.directive as "opt_out" with input.route as "ehds" with input.legal_basis as "6(1)(e)" with input.directive_effective as 5
}

test_an_opt_out_at_the_instant_of_the_permit_counts if {
	rule.profile == strict with input.directive as "opt_out" with input.route as "ehds" with input.legal_basis as "6(1)(e)" with input.directive_effective as 1799999000
}

test_an_opt_out_binds_a_consortium if {
	rule.profile == strict with input.directive as "opt_out"
}

test_anonymised_data_hold_nobody if {
	rule.profile == lax with input.identifiability as "anonymised"
}

test_an_unknown_identifiability_is_the_strictest if {
	rule.profile == strict with input.identifiability as ""
}

test_another_fact_is_the_strictest if {
	rule.profile == strict with input.directive as "" with input.fact as "permit.revoked"
}

test_another_fact_is_the_strictest_for_anonymised_data_too if {
	rule.profile == strict with input.directive as "" with input.identifiability as "anonymised"
}

test_an_unknown_directive_is_the_strictest if {
	rule.profile == strict with input.directive as "curse"
}

test_an_unknown_use_is_the_strictest if {
	rule.profile == strict with input.legal_basis as "none"
}

test_a_restriction_stops_use_on_every_route if {
	rule.profile == strict with input.directive as "restriction" with input.route as "ehds" with input.legal_basis as "6(1)(c)"
}

test_a_returned_consent_only_rebuilds if {
	rule.profile.rebuild with input.directive as "consent"
}

test_a_returned_consent_stops_nothing if {
	rule.profile.stop_runs == false with input.directive as "consent"
}

test_a_data_holder_has_no_grounds if {
	rule.grounds == false with input.caller.roles as ["data_holder"]
}
