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
	codes == {"permit_duo_unknown"} with input.conditions as [{"dataset": "d", "code": "DUO:0000099", "parameter": ""}]
}

test_an_abstract_term_can_not_be_carried if {
	codes == {"permit_duo_unknown"} with input.conditions as [{"dataset": "d", "code": "DUO:0000001", "parameter": ""}]
}

test_an_unknown_route_has_no_permit if {
	codes == {"permit_route_unknown"} with input.route as "mail"
}

test_an_ended_worker_issues_nothing if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

duties contains duty.code if some duty in issue.obligations

said(code) := [duty.params | some duty in issue.obligations; duty.code == code]

test_publishing_and_the_time_limit_go_into_the_permit if duties == {"publish", "ends_after_months"}

test_the_time_limit_says_how_many_days if {
	said("ends_after_months") == [{"dataset": "gbsg2-1", "months": "24", "days": "720"}]
}

test_a_moratorium_goes_into_the_permit_with_its_date if {
	said("no_publication_before") == [{"dataset": "d", "date": "2027-06-30"}] with input.conditions as [{"dataset": "d", "code": "DUO:0000024", "parameter": "2027-06-30"}]
}

test_a_moratorium_without_a_date_can_not_be_kept if {
	codes == {"permit_duo_unreadable"} with input.conditions as [{"dataset": "d", "code": "DUO:0000024", "parameter": "later"}]
}

test_a_time_limit_that_is_no_number_can_not_be_kept if {
	codes == {"permit_duo_unreadable"} with input.conditions as [{"dataset": "d", "code": "DUO:0000025", "parameter": "soon"}]
}

test_no_months_can_not_be_kept if {
	codes == {"permit_duo_unreadable"} with input.conditions as [{"dataset": "d", "code": "DUO:0000025", "parameter": "0"}]
}

test_every_duty_goes_into_the_permit if {
	duties == {"publish", "return_results", "no_publication_before", "ends_after_months"} with input.conditions as [{"dataset": "d", "code": "DUO:0000019", "parameter": ""}, {"dataset": "d", "code": "DUO:0000029", "parameter": ""}, {"dataset": "d", "code": "DUO:0000024", "parameter": "2027-06-30"}, {"dataset": "d", "code": "DUO:0000025", "parameter": "12"}]
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
