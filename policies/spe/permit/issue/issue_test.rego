package spe.permit.issue_test

import data.spe.permit.issue

codes contains reason.code if some reason in issue.reasons

test_a_granted_case_becomes_a_permit if {
	codes == set()
}

test_only_the_worker_issues if {
	codes == {"role_missing"} with input.caller.roles as ["chair"]
}

test_a_request_that_is_not_granted_has_no_permit if {
	codes == {"case_not_granted"} with input.request_status as "submitted"
}

test_a_case_that_is_not_granted_has_no_permit if {
	codes == {"case_not_granted"} with input.case_status as "refused"
}

test_a_decision_without_letter_has_no_permit if {
	codes == {"permit_letter_missing"} with input.letter as false
}

test_a_permit_lasts_no_longer_than_asked if {
	codes == {"permit_days_beyond_decision"} with input.days as 366
}

test_a_permit_lasts_at_least_a_day if {
	codes == {"permit_days_beyond_decision"} with input.days as 0
}

test_a_permit_lasts_ten_years_at_most if {
	codes == {"permit_days_beyond_decision"} with input.days as 3651 with input.days_asked as 9999
}

test_every_dataset_is_there if {
	codes == {"dataset_not_available"} with input.datasets_available as 0
}

test_there_is_a_dataset if {
	codes == {"dataset_not_available"} with input.datasets as 0 with input.datasets_available as 0
}

test_an_unknown_term_can_not_be_carried if {
	codes == {"permit_duo_unknown"} with input.codes as ["DUO:0000099"]
}

test_an_abstract_term_can_not_be_carried if {
	codes == {"permit_duo_unknown"} with input.codes as ["DUO:0000001"]
}

test_an_unknown_route_has_no_permit if {
	codes == {"permit_route_unknown"} with input.route as "mail"
}

test_an_ended_worker_issues_nothing if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

duties contains duty.code if some duty in issue.obligations

test_publishing_goes_into_the_permit if duties == {"publish"}

test_every_duty_goes_into_the_permit if {
	duties == {"publish", "return_results", "no_publication_before", "ends_after_months"} with input.codes as ["DUO:0000019", "DUO:0000029", "DUO:0000024", "DUO:0000025"]
}

test_a_chair_has_no_grounds if {
	issue.grounds == false with input.caller.roles as ["chair"]
}

test_a_case_that_is_not_granted_has_no_grounds if {
	issue.grounds == false with input.case_status as "refused"
}

test_ten_years_are_issued if {
	codes == set() with input.days as 3650 with input.days_asked as 3650
}

test_a_single_day_is_issued if {
	codes == set() with input.days as 1
}
