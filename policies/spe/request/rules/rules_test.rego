package spe.request.rules_test

import data.spe.request.rules

codes contains reason.code if some reason in rules.reasons

test_a_good_request_passes if {
	codes == set()
}

test_who_is_no_data_user_is_refused if {
	codes == {"role_missing"} with input.caller.roles as ["committee"]
}

test_an_untrained_person_is_refused if {
	codes == {"training_ended"} with input.caller.trained_until as 5
}

test_a_former_member_is_refused if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_an_excluded_organisation_is_refused if {
	codes == {"organisation_excluded"} with input.caller.organisation as "excluded-org"
}

test_an_excluded_organisation_in_the_team_is_refused if {
	codes == {"organisation_excluded"} with input.request.team_organisations as ["uni-b", "excluded-org"]
}

test_an_unknown_purpose_is_refused if {
	codes == {"purpose_not_offered", "purpose_unknown", "variable_beyond_purpose"} with input.request.purpose as "z"
}

test_a_public_purpose_is_closed_to_private_bodies if {
	codes == {"purpose_public_only"} with input.request.purpose as "a" with input.request.datasets as [{"dataset": "gbsg2-1", "known": true, "holder": "h", "country": "IT", "identifiability": "pseudonymised", "purposes": ["a"]}]
}

test_a_public_purpose_is_open_to_public_bodies if {
	codes == set() with input.request.purpose as "a" with input.request.public_body as true with input.request.datasets as [{"dataset": "gbsg2-1", "known": true, "holder": "h", "country": "IT", "identifiability": "pseudonymised", "purposes": ["a"]}]
}

test_a_request_without_uses_is_refused if {
	codes == {"use_missing"} with input.request.uses as []
}

test_advertising_is_prohibited if {
	codes == {"use_prohibited"} with input.request.uses as ["analysis", "advertising"]
}

test_insurance_is_prohibited if {
	codes == {"use_prohibited"} with input.request.uses as ["insurance"]
}

test_employment_decisions_are_prohibited if {
	codes == {"use_prohibited"} with input.request.uses as ["employment"]
}

test_an_unheard_of_use_is_refused if {
	codes == {"use_unknown"} with input.request.uses as ["curiosity"]
}

test_training_algorithms_is_a_use if {
	codes == set() with input.request.uses as ["training_of_algorithms"]
}

test_no_days_are_refused if {
	codes == {"days_out_of_range"} with input.request.days as 0
}

test_negative_days_are_refused if {
	codes == {"days_out_of_range"} with input.request.days as -5
}

test_one_day_passes if {
	codes == set() with input.request.days as 1
}

test_ten_years_pass if {
	codes == set() with input.request.days as 3650
}

test_more_than_ten_years_are_refused if {
	codes == {"days_out_of_range"} with input.request.days as 3651
}

test_a_request_without_datasets_is_refused if {
	codes == {"dataset_missing"} with input.request.datasets as []
}

test_an_unknown_dataset_is_refused if {
	codes == {"dataset_unknown"} with input.request.datasets as [{"dataset": "gbsg2-1", "known": false, "holder": "h", "country": "IT", "identifiability": "", "purposes": ["e", "f"]}]
}

test_a_purpose_that_is_not_offered_is_refused if {
	codes == {"purpose_not_offered"} with input.request.datasets as [{"dataset": "gbsg2-1", "known": true, "holder": "h", "country": "IT", "identifiability": "pseudonymised", "purposes": ["f"]}]
}

test_a_dataset_without_variables_is_refused if {
	codes == {"variable_missing"} with input.request.variables as []
}

test_an_unknown_variable_is_refused if {
	codes == {"variable_unknown"} with input.request.variables as [{"dataset": "gbsg2-1", "name": "grade", "group": "", "why": true}]
}

test_a_variable_without_a_why_is_refused if {
	codes == {"variable_why_missing"} with input.request.variables as [{"dataset": "gbsg2-1", "name": "grade", "group": "outcome", "why": false}]
}

test_a_variable_beyond_the_purpose_is_refused if {
	codes == {"variable_beyond_purpose"} with input.request.variables as [{"dataset": "gbsg2-1", "name": "grade", "group": "social", "why": true}]
}

test_a_variable_that_names_the_subject_is_never_granted if {
	codes == {"variable_never_granted"} with input.request.variables as [{"dataset": "gbsg2-1", "name": "grade", "group": "subject", "why": true}]
}

test_an_unknown_route_is_refused if {
	codes == {"route_unknown"} with input.request.route as "mail"
}

test_an_unknown_identifiability_is_refused if {
	codes == {"identifiability_unknown"} with input.request.identifiability as "named"
}

test_pseudonymised_is_refused_where_data_are_anonymised if {
	codes == {"only_anonymised_held"} with input.request.datasets as [{"dataset": "gbsg2-1", "known": true, "holder": "h", "country": "IT", "identifiability": "anonymised", "purposes": ["e", "f"]}]
}

test_anonymised_is_refused_where_data_are_pseudonymised if {
	codes == {"only_pseudonymised_held"} with input.request.identifiability as "anonymised" with input.request.legal_basis as "" with input.request.article_9 as ""
}

test_anonymised_data_need_no_basis if {
	codes == set() with input.request.identifiability as "anonymised" with input.request.legal_basis as "" with input.request.article_9 as "" with input.request.datasets as [{"dataset": "gbsg2-1", "known": true, "holder": "h", "country": "IT", "identifiability": "anonymised", "purposes": ["e", "f"]}] with input.request.complete.pseudonymised_why as false
}

test_a_basis_for_anonymised_data_is_a_contradiction if {
	codes == {"basis_for_anonymised"} with input.request.identifiability as "anonymised" with input.request.article_9 as "" with input.request.datasets as [{"dataset": "gbsg2-1", "known": true, "holder": "h", "country": "IT", "identifiability": "anonymised", "purposes": ["e", "f"]}]
}

test_a_condition_for_anonymised_data_is_a_contradiction if {
	codes == {"basis_for_anonymised"} with input.request.identifiability as "anonymised" with input.request.legal_basis as "" with input.request.datasets as [{"dataset": "gbsg2-1", "known": true, "holder": "h", "country": "IT", "identifiability": "anonymised", "purposes": ["e", "f"]}]
}

test_pseudonymised_without_a_reason_is_refused if {
	codes == {"pseudonymised_why_missing"} with input.request.complete.pseudonymised_why as false
}

test_a_missing_legal_basis_is_refused if {
	codes == {"legal_basis_missing"} with input.request.legal_basis as ""
}

test_a_basis_of_the_other_route_is_refused if {
	codes == {"legal_basis_missing"} with input.request.legal_basis as "6(1)(c)"
}

test_a_missing_article_9_condition_is_refused if {
	codes == {"article_9_missing"} with input.request.legal_basis as "6(1)(e)" with input.request.article_9 as ""
}

test_an_unheard_of_condition_is_refused if {
	codes == {"article_9_missing"} with input.request.legal_basis as "6(1)(e)" with input.request.article_9 as "9(2)(z)"
}

test_ehds_needs_no_article_9_condition if {
	codes == set() with input.request.route as "ehds" with input.request.legal_basis as "6(1)(e)" with input.request.article_9 as ""
}

test_an_unheard_of_condition_is_refused_on_the_ehds_route_too if {
	codes == {"article_9_unknown"} with input.request.route as "ehds" with input.request.legal_basis as "6(1)(e)" with input.request.article_9 as "9(2)(z)"
}

test_consent_is_no_basis_on_the_ehds_route if {
	codes == {"legal_basis_missing"} with input.request.route as "ehds"
}

test_consent_without_explicit_consent_is_refused if {
	codes == {"consent_not_explicit"} with input.request.article_9 as "9(2)(j)"
}

test_public_interest_with_research_condition_passes if {
	codes == set() with input.request.legal_basis as "6(1)(e)" with input.request.article_9 as "9(2)(j)"
}

test_the_exception_to_opt_outs_is_refused_to_a_consortium if {
	codes == {"opt_out_exception_refused"} with input.request.opt_out_exception as true with input.request.public_body as true
}

test_the_exception_to_opt_outs_is_refused_to_private_bodies if {
	codes == {"opt_out_exception_refused"} with input.request.opt_out_exception as true with input.request.route as "ehds" with input.request.legal_basis as "6(1)(e)"
}

test_a_public_body_may_have_the_exception_on_the_ehds_route if {
	codes == set() with input.request.opt_out_exception as true with input.request.route as "ehds" with input.request.legal_basis as "6(1)(e)" with input.request.public_body as true
}

test_a_missing_title_is_incomplete if {
	codes == {"incomplete"} with input.request.complete.title as false
}

test_a_missing_summary_is_incomplete if {
	codes == {"incomplete"} with input.request.complete.lay_summary as false
}

test_a_missing_description_is_incomplete if {
	codes == {"incomplete"} with input.request.complete.purpose_detail as false
}

test_missing_safeguards_are_incomplete if {
	codes == {"incomplete"} with input.request.complete.safeguards as false
}

test_missing_tools_are_incomplete if {
	codes == {"incomplete"} with input.request.complete.tools as false
}

test_a_missing_publication_plan_is_incomplete if {
	codes == {"incomplete"} with input.request.complete.publication as false
}

test_a_missing_ethics_reference_is_nothing_by_itself if {
	codes == set() with input.request.complete.ethics_reference as false
}

test_a_dataset_that_is_not_shown_is_only_unknown if {
	codes == {"dataset_unknown"} with input.request.datasets as [{"dataset": "gbsg2-1", "known": false, "holder": "", "country": "", "identifiability": "", "purposes": []}]
}
