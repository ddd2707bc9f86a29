package spe.request.duo_test

import data.spe.request.duo

codes contains reason.code if some reason in duo.reasons

test_a_matching_request_passes if {
	codes == set()
}

test_no_restriction_permits if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}]
}

test_general_research_permits_research if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000042", "parameter": ""}]
}

test_biomedical_permits_research if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000006", "parameter": ""}]
}

test_biomedical_refuses_population_origins if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000006", "parameter": ""}] with input.request.uses as ["population_origins"]
}

test_biomedical_refuses_general_research if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000006", "parameter": ""}] with input.request.uses as ["general_research"]
}

test_teaching_on_biomedical_data_is_referred if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000006", "parameter": ""}] with input.request.purpose as "d"
}

test_the_same_disease_permits if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000007", "parameter": "MONDO:0004989"}]
}

test_a_disease_below_the_permitted_one_permits if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000007", "parameter": "MONDO:0004992"}]
}

test_a_disease_above_the_permitted_one_is_refused if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000007", "parameter": "MONDO:0007254"}] with input.request.disease as "MONDO:0004992"
}

test_another_disease_is_refused if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000007", "parameter": "MONDO:0008903"}]
}

test_no_disease_on_disease_only_data_is_refused if {
	codes == {"duo_mismatch"} with input.request.disease as ""
}

test_population_origins_on_disease_only_data_is_refused if {
	codes == {"duo_mismatch"} with input.request.uses as ["population_origins"]
}

test_an_unknown_disease_is_refused if {
	codes == {"disease_unknown"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}] with input.request.disease as "MONDO:9"
}

test_an_unknown_disease_that_the_data_name_passes if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000007", "parameter": "MONDO:9"}] with input.request.disease as "MONDO:9"
}

test_population_origins_only_permits_just_that if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000011", "parameter": ""}] with input.request.uses as ["population_origins"]
}

test_population_origins_only_refuses_more if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000011", "parameter": ""}] with input.request.uses as ["population_origins", "analysis"]
}

test_clinical_care_restricts_nothing if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000043", "parameter": ""}]
}

test_no_population_origins_refuses_them if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000044", "parameter": ""}] with input.request.uses as ["population_origins"]
}

test_no_population_origins_permits_analysis if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000044", "parameter": ""}]
}

test_no_methods_refuses_methods if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000015", "parameter": ""}] with input.request.uses as ["method_development"]
}

test_no_methods_permits_analysis if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000015", "parameter": ""}]
}

test_genetics_only_refuses_analysis if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000016", "parameter": ""}]
}

test_genetics_only_permits_genetics if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000016", "parameter": ""}] with input.request.uses as ["genetic_research"]
}

test_not_for_profit_refuses_commercial_use if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000018", "parameter": ""}] with input.request.commercial as true
}

test_not_for_profit_refuses_commercial_use_of_public_bodies if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000045", "parameter": ""}] with input.request.commercial as true with input.request.public_body as true
}

test_not_for_profit_permits_public_bodies if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000045", "parameter": ""}] with input.request.public_body as true
}

test_non_commercial_refuses_commercial_use if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000046", "parameter": ""}] with input.request.commercial as true
}

test_non_commercial_permits_the_rest if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000046", "parameter": ""}]
}

test_a_topic_is_matched_as_disease if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000012", "parameter": "MONDO:0004992"}]
}

test_a_user_alone_may_use_their_data if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000026", "parameter": "rosa"}] with input.request.team_organisations as []
}

test_another_user_is_refused if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000026", "parameter": "paul"}] with input.request.team_organisations as []
}

test_one_institution_alone_permits if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000028", "parameter": "uni-a"}] with input.request.team_organisations as ["uni-a"]
}

test_a_second_institution_is_refused if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000028", "parameter": "uni-a"}]
}

test_another_institution_is_refused if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000028", "parameter": "uni-z"}] with input.request.team_organisations as []
}

test_the_country_of_the_data_permits if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000022", "parameter": "IT"}]
}

test_another_country_is_refused if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000022", "parameter": "US"}]
}

test_the_union_permits_its_members if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000022", "parameter": "EU"}]
}

test_ethics_approval_is_needed_where_asked_for if {
	codes == {"duo_ethics_missing"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000021", "parameter": ""}] with input.request.complete.ethics_reference as false
}

test_ethics_approval_suffices if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000021", "parameter": ""}]
}

test_a_partner_is_needed_where_asked_for if {
	codes == {"duo_collaboration_missing"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000020", "parameter": "uni-z"}]
}

test_a_partner_in_the_team_suffices if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000020", "parameter": "uni-b"}]
}

test_a_longer_period_than_allowed_is_refused if {
	codes == {"duo_time_limit"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000025", "parameter": "12"}]
}

test_the_allowed_period_passes if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000025", "parameter": "13"}]
}

test_a_time_limit_that_is_no_number_is_refused if {
	codes == {"duo_time_limit"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000025", "parameter": "soon"}]
}

test_a_publication_plan_is_needed_where_asked_for if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000019", "parameter": ""}] with input.request.complete.publication as false
}

test_a_moratorium_needs_a_date if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000024", "parameter": "later"}]
}

test_a_moratorium_with_a_date_passes if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000024", "parameter": "2027-01-31"}]
}

test_returning_results_passes if {
	codes == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000029", "parameter": ""}]
}

test_an_abstract_term_is_refused if {
	codes == {"duo_abstract"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000001", "parameter": ""}]
}

test_the_other_abstract_term_is_refused if {
	codes == {"duo_abstract"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000017", "parameter": ""}]
}

test_an_unknown_term_is_refused if {
	codes == {"duo_unknown"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000099", "parameter": ""}]
}

test_a_shorthand_is_refused if {
	codes == {"duo_unknown"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "NPU", "parameter": ""}]
}

test_data_without_terms_are_refused if {
	codes == {"duo_no_permission"} with input.request.conditions as []
}

test_two_permissions_are_refused if {
	codes == {"duo_no_permission"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000042", "parameter": ""}]
}

test_a_disease_term_without_disease_is_refused if {
	codes == {"duo_mismatch", "duo_parameter_missing"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000007", "parameter": ""}]
}

duties contains duty.code if some duty in duo.obligations

test_teaching_on_biomedical_data_goes_to_people if {
	duties == {"refer_to_committee"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000006", "parameter": ""}] with input.request.purpose as "d"
}

test_a_private_body_under_not_for_profit_goes_to_people if {
	duties == {"refer_to_committee"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000018", "parameter": ""}]
}

test_a_topic_that_is_no_disease_goes_to_people if {
	duties == {"refer_to_committee"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000012", "parameter": "sleep"}]
}

test_a_project_goes_to_people if {
	duties == {"refer_to_committee"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000027", "parameter": "p"}]
}

test_a_user_with_a_team_goes_to_people if {
	duties == {"refer_to_committee"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000026", "parameter": "rosa"}]
}

test_a_public_body_under_not_for_profit_needs_nobody if {
	duties == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000018", "parameter": ""}] with input.request.public_body as true
}

test_publishing_becomes_a_duty if {
	duties == {"publish"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000019", "parameter": ""}]
}

test_returning_becomes_a_duty if {
	duties == {"return_results"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000029", "parameter": ""}]
}

test_a_moratorium_becomes_a_duty if {
	duties == {"no_publication_before"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000024", "parameter": "2027-01-31"}]
}

test_a_time_limit_becomes_a_duty if {
	duties == {"ends_after_months"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000025", "parameter": "24"}]
}

test_teaching_population_origins_on_biomedical_data_is_refused if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000006", "parameter": ""}] with input.request.purpose as "d" with input.request.uses as ["population_origins"]
}

test_another_user_with_a_team_is_refused if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000026", "parameter": "paul"}]
}

test_a_missing_ethics_reference_is_nothing_where_nobody_asks_for_one if {
	codes == set() with input.request.complete.ethics_reference as false
}

test_what_is_refused_is_not_referred if {
	duties == set() with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000045", "parameter": ""}] with input.request.commercial as true
}

test_a_public_body_is_not_referred_as_commercial if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000018", "parameter": ""}] with input.request.public_body as true with input.request.commercial as true
}

test_teaching_on_general_research_data_is_referred if {
	duties == {"refer_to_committee"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000042", "parameter": ""}] with input.request.purpose as "d"
}

test_a_dataset_that_is_not_shown_needs_no_terms if {
	codes == set() with input.request.conditions as [] with input.request.datasets as [{"dataset": "x", "known": false, "holder": "", "country": "", "identifiability": "", "purposes": []}]
}

test_a_country_outside_the_union_is_refused if {
	codes == {"duo_mismatch"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000022", "parameter": "EU"}] with input.request.datasets as [{"dataset": "gbsg2-1", "known": true, "holder": "h", "country": "US", "identifiability": "pseudonymised", "purposes": ["e"]}]
}

test_no_disease_is_not_the_disease_of_a_term_without_one if {
	codes == {"duo_mismatch", "duo_parameter_missing"} with input.request.disease as "" with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000007", "parameter": ""}]
}

test_general_research_on_disease_only_data_is_refused if {
	codes == {"duo_mismatch"} with input.request.uses as ["general_research"]
}

test_general_research_beside_another_use_on_disease_only_data_is_refused if {
	codes == {"duo_mismatch"} with input.request.uses as ["analysis", "general_research"]
}

test_general_research_within_a_topic_is_refused if {
	codes == {"duo_mismatch"} with input.request.uses as ["general_research"] with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000042", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000012", "parameter": "MONDO:0004992"}]
}

test_general_teaching_on_biomedical_data_is_refused if {
	codes == {"duo_mismatch"} with input.request.uses as ["general_research"] with input.request.purpose as "d" with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000006", "parameter": ""}]
}

test_genetics_only_refuses_genetics_beside_something_else if {
	codes == {"duo_mismatch"} with input.request.uses as ["genetic_research", "analysis"] with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000016", "parameter": ""}]
}

test_what_is_referred_names_the_term_and_what_it_says if {
	{"code": "refer_to_committee", "params": {"dataset": "gbsg2-1", "term": "PS", "parameter": "p"}} in duo.obligations with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000027", "parameter": "p"}]
}

test_a_time_limit_of_no_month_is_refused if {
	codes == {"duo_time_limit"} with input.request.conditions as [{"dataset": "gbsg2-1", "code": "DUO:0000004", "parameter": ""}, {"dataset": "gbsg2-1", "code": "DUO:0000025", "parameter": "0"}]
}
