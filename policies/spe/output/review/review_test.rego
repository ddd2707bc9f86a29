package spe.output.review_test

import data.spe.output.review

codes contains reason.code if some reason in review.reasons

test_a_second_checker_approves if {
	codes == set()
}

test_who_is_no_checker_reviews_nothing if {
	codes == {"role_missing"} with input.caller.roles as ["code_approver"]
}

test_a_user_reviews_nothing if {
	codes == {"not_independent"} with input.caller.id as "tom"
}

test_a_colleague_reviews_nothing if {
	codes == {"not_independent"} with input.caller.organisation as "uni-b"
}

test_what_is_not_in_review_is_not_reviewed if {
	codes == {"not_in_review"} with input.status as "approved"
}

test_an_unknown_answer_is_refused if {
	codes == {"answer_unknown"} with input.answer as "perhaps"
}

test_a_person_reviews_once if {
	codes == {"already_reviewed"} with input.caller.id as "carl"
}

test_who_asked_may_answer_later if {
	codes == set() with input.reviews as [{"by": "clara", "organisation": "office-2", "answer": "ask", "settling": false}]
}

test_other_bytes_are_not_reviewed if {
	codes == {"bytes_differ"} with input.same as false
}

test_what_is_stopped_is_not_approved if {
	codes == {"stopped_by_findings"} with input.findings as ["below_threshold"]
}

test_a_finding_is_excepted_with_a_justification if {
	codes == set() with input.answer as "except" with input.findings as ["below_threshold"] with input.justified as true
}

test_an_exception_needs_its_justification if {
	codes == {"review_text_missing"} with input.answer as "except" with input.findings as ["below_threshold"]
}

test_nothing_found_is_nothing_to_except if {
	codes == {"nothing_to_except"} with input.answer as "except" with input.justified as true
}

test_rows_are_never_excepted if {
	codes == {"not_exceptable"} with input.answer as "except" with input.justified as true with input.findings as ["below_threshold", "looks_like_rows"]
}

test_a_rejection_says_why if {
	codes == {"review_text_missing"} with input.answer as "reject"
}

test_a_question_says_what if {
	codes == {"review_text_missing"} with input.answer as "ask"
}

test_a_disagreement_is_not_settled_by_asking if {
	codes == {"settles_by_ask"} with input.status as "reconciling" with input.reviews as [{"by": "carl", "organisation": "office-2", "answer": "approve", "settling": false}, {"by": "cora", "organisation": "office-2", "answer": "reject", "settling": false}] with input.justified as true with input.answer as "ask"
}

test_a_third_person_settles if {
	codes == set() with input.status as "reconciling" with input.reviews as [{"by": "carl", "organisation": "office-2", "answer": "approve", "settling": false}, {"by": "cora", "organisation": "office-2", "answer": "reject", "settling": false}] with input.justified as true
}

test_one_of_the_two_does_not_settle if {
	codes == {"already_reviewed"} with input.status as "reconciling" with input.reviews as [{"by": "carl", "organisation": "office-2", "answer": "approve", "settling": false}, {"by": "cora", "organisation": "office-2", "answer": "reject", "settling": false}] with input.justified as true with input.caller.id as "cora"
}

test_an_expired_permit_reviews_nothing if {
	codes == {"permit_expired"} with input.permit.expires as 5
}

test_another_site_is_refused if {
	codes == {"site_not_in_permit"} with input.site as "x"
}

test_an_untrained_checker_is_refused if {
	codes == {"training_ended"} with input.caller.trained_until as 5
}

test_a_former_member_is_refused if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_two_approvals_approve if review.outcome == "approve"

test_a_first_answer_waits if {
	review.outcome == "wait" with input.reviews as []
}

test_a_first_rejection_waits if {
	review.outcome == "wait" with input.reviews as [] with input.answer as "reject"
}

test_a_question_asks if {
	review.outcome == "ask" with input.answer as "ask"
}

test_an_approval_after_a_rejection_disagrees if {
	review.outcome == "disagree" with input.reviews as [{"by": "carl", "organisation": "office-2", "answer": "reject", "settling": false}]
}

test_a_rejection_after_an_approval_disagrees if {
	review.outcome == "disagree" with input.answer as "reject"
}

test_two_rejections_reject if {
	review.outcome == "reject" with input.answer as "reject" with input.reviews as [{"by": "carl", "organisation": "office-2", "answer": "reject", "settling": false}]
}

test_a_third_approval_settles if {
	review.outcome == "settle_approve" with input.status as "reconciling" with input.reviews as [{"by": "carl", "organisation": "office-2", "answer": "approve", "settling": false}, {"by": "cora", "organisation": "office-2", "answer": "reject", "settling": false}]
}

test_a_third_rejection_settles if {
	review.outcome == "settle_reject" with input.status as "reconciling" with input.answer as "reject" with input.reviews as [{"by": "carl", "organisation": "office-2", "answer": "approve", "settling": false}, {"by": "cora", "organisation": "office-2", "answer": "reject", "settling": false}]
}

test_a_question_is_no_answer_that_counts if {
	review.outcome == "wait" with input.reviews as [{"by": "cora", "organisation": "office-2", "answer": "ask", "settling": false}]
}

test_an_approved_output_has_no_grounds_for_review if {
	review.grounds == false with input.status as "approved"
}

test_a_colleague_has_no_grounds if {
	review.grounds == false with input.caller.organisation as "uni-b"
}

test_an_unknown_answer_has_no_grounds if {
	review.grounds == false with input.answer as "perhaps" with input.status as "reconciling"
}

test_who_is_no_checker_has_no_grounds if {
	review.grounds == false with input.caller.roles as []
}

test_reviews_that_settle_nothing_have_no_outcome if {
	review.outcome == "none" with input.answer as "perhaps"
}
