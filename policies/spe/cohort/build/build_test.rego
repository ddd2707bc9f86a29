package spe.cohort.build_test

import data.spe.cohort.build

codes contains reason.code if some reason in build.reasons

test_the_worker_builds_a_cohort if {
	codes == set()
}

test_nobody_else_builds_one if {
	codes == {"role_missing"} with input.caller.roles as ["operator"]
}

test_a_changed_dataset_is_refused if {
	codes == {"dataset_changed"} with input.dataset_unchanged as false
}

test_another_site_is_refused if {
	codes == {"site_not_in_permit"} with input.site as "x"
}

test_an_expired_permit_builds_nothing if {
	codes == {"permit_expired"} with input.permit.expires as 5
}

test_personal_data_without_basis_are_refused if {
	codes == {"cohort_basis_missing"} with input.legal_basis as ""
}

test_consent_on_the_ehds_route_is_refused if {
	codes == {"cohort_basis_missing"} with input.permit.route as "ehds"
}

test_anonymised_data_need_no_basis if {
	codes == set() with input.legal_basis as "" with input.identifiability as "anonymised"
}

test_an_ended_worker_builds_nothing if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_consent_is_needed_where_it_is_the_basis if build.profile == {"version": 1, "needs_consent": true, "excluding": ["objection", "opt_out", "restriction"], "sparing": [], "until": 0}

test_public_interest_needs_no_consent if {
	build.profile == {"version": 1, "needs_consent": false, "excluding": ["objection", "opt_out", "restriction"], "sparing": [], "until": 0} with input.legal_basis as "6(1)(e)"
}

test_ehds_spares_opt_outs_after_the_permit if {
	build.profile == {"version": 1, "needs_consent": false, "excluding": ["objection", "opt_out", "restriction"], "sparing": ["opt_out"], "until": 1799999000} with input.legal_basis as "6(1)(e)" with input.permit.route as "ehds"
}

test_a_legal_duty_knows_no_objection if {
	build.profile == {"version": 1, "needs_consent": false, "excluding": ["opt_out", "restriction"], "sparing": ["opt_out"], "until": 1799999000} with input.legal_basis as "6(1)(c)" with input.permit.route as "ehds"
}

test_the_exception_leaves_opt_outs_in if {
	build.profile.excluding == ["restriction"] with input.legal_basis as "6(1)(c)" with input.permit.route as "ehds" with input.opt_out_exception as true
}

test_the_exception_means_nothing_to_a_consortium if {
	build.profile.excluding == ["objection", "opt_out", "restriction"] with input.opt_out_exception as true
}

test_anonymised_data_lose_nobody if {
	build.profile == {"version": 1, "needs_consent": false, "excluding": [], "sparing": [], "until": 0} with input.identifiability as "anonymised"
}

test_an_unknown_use_is_the_strictest if {
	build.profile == {"version": 1, "needs_consent": true, "excluding": ["objection", "opt_out", "restriction"], "sparing": [], "until": 0} with input.legal_basis as "none"
}

test_nobody_but_the_worker_has_grounds if {
	build.grounds == false with input.caller.roles as ["data_user"]
}
