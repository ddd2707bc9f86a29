package spe.decision.decide_test

import data.spe.decision.decide

codes contains reason.code if some reason in decide.reasons

test_the_chair_grants_what_the_quorum_wants if {
	codes == set()
}

test_a_member_does_not_grant if {
	codes == {"role_missing"} with input.caller.roles as ["committee"]
}

test_a_data_user_does_not_vote if {
	codes == {"role_missing"} with input.command as "vote" with input.caller.id as "nina" with input.declared as ["nina", "carla", "mario", "vera"] with input.caller.roles as ["data_user"]
}

test_an_untrained_member_is_refused if {
	codes == {"training_ended"} with input.caller.trained_until as 5
}

test_a_former_member_is_refused if {
	codes == {"membership_ended"} with input.caller.member_until as 5
}

test_what_is_decided_is_not_decided_again if {
	codes == {"request_not_submitted"} with input.request_status as "granted"
}

test_the_applicant_does_not_decide if {
	codes == {"decides_own_request"} with input.people as ["rosa", "carla"] with input.votes as [{"by": "carla", "organisation": "body-1", "favour": true}, {"by": "mario", "organisation": "body-2", "favour": true}, {"by": "vera", "organisation": "body-2", "favour": true}, {"by": "nina", "organisation": "body-1", "favour": true}] with input.declared as ["carla", "mario", "vera", "nina"]
}

test_a_colleague_of_the_applicant_does_not_decide if {
	codes == {"decides_for_own_organisation"} with input.caller.organisation as "uni-a"
}

test_an_undeclared_conflict_stops_a_vote if {
	codes == {"conflict_not_declared"} with input.command as "vote" with input.caller.id as "nina" with input.declared as ["carla", "mario", "vera"]
}

test_a_declared_conflict_stops_a_vote if {
	codes == {"conflict_declared"} with input.command as "vote" with input.caller.id as "nina" with input.declared as ["nina", "carla", "mario", "vera"] with input.conflicted as ["nina"]
}

test_a_declared_conflict_stops_an_opinion if {
	codes == {"conflict_declared"} with input.command as "opine" with input.caller.id as "nina" with input.declared as ["nina", "carla", "mario", "vera"] with input.conflicted as ["nina"]
}

test_a_conflict_can_be_declared if {
	codes == set() with input.command as "declare" with input.caller.id as "nina" with input.declared as ["nina", "carla", "mario", "vera"] with input.conflicted as ["nina"]
}

test_a_member_votes_once_declared if {
	codes == set() with input.command as "vote" with input.caller.id as "nina" with input.declared as ["nina", "carla", "mario", "vera"]
}

test_a_person_votes_once if {
	codes == {"already_voted"} with input.command as "vote" with input.caller.id as "mario" with input.declared as ["nina", "carla", "mario", "vera"]
}

test_a_grant_needs_the_technical_opinion if {
	codes == {"opinion_missing"} with input.opinions as [{"kind": "ethics_legal", "by": "mario", "favourable": true}]
}

test_a_grant_needs_the_ethics_and_legal_opinion if {
	codes == {"opinion_missing"} with input.opinions as [{"kind": "technical", "by": "mario", "favourable": true}]
}

test_an_unfavourable_opinion_stops_a_grant if {
	codes == {"opinion_unfavourable"} with input.opinions as [{"kind": "ethics_legal", "by": "mario", "favourable": true}, {"kind": "technical", "by": "mario", "favourable": false}]
}

test_two_votes_are_no_quorum if {
	codes == {"quorum_missing"} with input.votes as [{"by": "carla", "organisation": "body-1", "favour": true}, {"by": "mario", "organisation": "body-2", "favour": true}]
}

test_three_votes_of_one_organisation_are_no_quorum if {
	codes == {"quorum_missing"} with input.votes as [{"by": "carla", "organisation": "body-2", "favour": true}, {"by": "mario", "organisation": "body-2", "favour": true}, {"by": "vera", "organisation": "body-2", "favour": true}]
}

test_one_person_counts_once if {
	codes == {"quorum_missing"} with input.votes as [{"by": "carla", "organisation": "body-1", "favour": true}, {"by": "mario", "organisation": "body-2", "favour": true}, {"by": "mario", "organisation": "body-3", "favour": true}]
}

test_the_vote_of_a_conflicted_person_does_not_count if {
	codes == {"quorum_missing"} with input.conflicted as ["vera"]
}

test_the_vote_of_an_undeclared_person_does_not_count if {
	codes == {"quorum_missing"} with input.declared as ["carla", "mario"]
}

test_the_vote_of_a_colleague_does_not_count if {
	codes == {"quorum_missing"} with input.organisations as ["uni-a", "uni-b", "body-2"]
}

test_the_vote_of_the_team_does_not_count if {
	codes == {"quorum_missing"} with input.people as ["rosa", "vera"]
}

test_a_minority_grants_nothing if {
	codes == {"no_majority"} with input.votes as [{"by": "carla", "organisation": "body-1", "favour": true}, {"by": "mario", "organisation": "body-2", "favour": false}, {"by": "vera", "organisation": "body-2", "favour": false}]
}

test_a_tie_grants_nothing if {
	codes == {"no_majority"} with input.votes as [{"by": "carla", "organisation": "body-1", "favour": true}, {"by": "mario", "organisation": "body-2", "favour": true}, {"by": "vera", "organisation": "body-2", "favour": false}, {"by": "nina", "organisation": "body-1", "favour": false}] with input.declared as ["carla", "mario", "vera", "nina"]
}

test_two_of_three_are_a_majority if {
	codes == set() with input.votes as [{"by": "carla", "organisation": "body-1", "favour": true}, {"by": "mario", "organisation": "body-2", "favour": true}, {"by": "vera", "organisation": "body-2", "favour": false}]
}

test_a_grant_needs_its_letter if {
	codes == {"letter_missing"} with input.letter as false
}

test_a_refusal_needs_its_letter if {
	codes == {"letter_missing"} with input.command as "refuse" with input.letter as false
}

test_a_refusal_needs_a_quorum if {
	codes == {"quorum_missing"} with input.command as "refuse" with input.votes as []
}

test_the_chair_refuses if {
	codes == set() with input.command as "refuse" with input.votes as [{"by": "carla", "organisation": "body-1", "favour": false}, {"by": "mario", "organisation": "body-2", "favour": false}, {"by": "vera", "organisation": "body-2", "favour": false}] with input.opinions as []
}

test_more_days_than_asked_are_refused if {
	codes == {"days_beyond_request"} with input.days as 366
}

test_as_many_days_as_asked_pass if {
	codes == set() with input.days as 365
}

test_no_days_are_refused if {
	codes == {"days_beyond_request"} with input.days as 0
}

test_more_than_ten_years_are_refused if {
	codes == {"days_beyond_request"} with input.days as 3651 with input.days_asked as 9999
}

test_an_unknown_command_is_refused if {
	codes == {"command_unknown"} with input.command as "bless"
}

test_the_chair_has_grounds if decide.grounds

test_a_member_has_no_grounds_to_grant if {
	decide.grounds == false with input.caller.roles as ["committee"]
}

test_an_unknown_command_has_no_grounds if {
	decide.grounds == false with input.command as "bless"
}

test_a_vote_needs_neither_quorum_nor_letter if {
	codes == set() with input.command as "vote" with input.caller.id as "nina" with input.declared as ["nina"] with input.votes as [] with input.letter as false
}

test_a_single_day_is_granted if {
	codes == set() with input.days as 1
}

test_a_vote_against_by_a_conflicted_person_does_not_count if {
	codes == set() with input.conflicted as ["nina"] with input.declared as ["carla", "mario", "vera", "nina"] with input.votes as [{"by": "carla", "organisation": "body-1", "favour": true}, {"by": "mario", "organisation": "body-2", "favour": true}, {"by": "vera", "organisation": "body-2", "favour": false}, {"by": "nina", "organisation": "body-1", "favour": false}]
}

test_a_vote_in_favour_by_a_conflicted_person_does_not_count if {
	codes == {"no_majority"} with input.conflicted as ["nina", "zoe"] with input.declared as ["carla", "mario", "vera", "nina", "zoe"] with input.votes as [{"by": "carla", "organisation": "body-1", "favour": true}, {"by": "mario", "organisation": "body-2", "favour": false}, {"by": "vera", "organisation": "body-2", "favour": false}, {"by": "nina", "organisation": "body-1", "favour": true}, {"by": "zoe", "organisation": "body-1", "favour": true}]
}

test_the_organisation_of_a_conflicted_person_does_not_count if {
	codes == {"quorum_missing"} with input.conflicted as ["nina"] with input.declared as ["carla", "mario", "vera", "nina"] with input.votes as [{"by": "carla", "organisation": "body-2", "favour": true}, {"by": "mario", "organisation": "body-2", "favour": true}, {"by": "vera", "organisation": "body-2", "favour": true}, {"by": "nina", "organisation": "body-1", "favour": true}]
}

test_a_data_user_has_no_grounds_to_vote if {
	decide.grounds == false with input.command as "vote" with input.caller.roles as ["data_user"]
}

test_a_member_has_grounds_to_vote if {
	decide.grounds with input.command as "vote" with input.caller.roles as ["committee"]
}

test_a_member_has_grounds_to_opine if {
	decide.grounds with input.command as "opine" with input.caller.roles as ["committee"]
}

test_an_opinion_of_a_conflicted_member_does_not_count if {
	codes == {"opinion_missing", "quorum_missing"} with input.conflicted as ["mario"]
}

test_an_opinion_of_an_undeclared_member_does_not_count if {
	codes == {"opinion_missing"} with input.opinions as [{"kind": "ethics_legal", "by": "mario", "favourable": true}, {"kind": "technical", "by": "nina", "favourable": true}]
}

test_an_unfavourable_opinion_of_a_conflicted_member_does_not_count if {
	codes == set() with input.declared as ["carla", "mario", "vera", "nina"] with input.conflicted as ["nina"] with input.opinions as [{"kind": "ethics_legal", "by": "mario", "favourable": true}, {"kind": "technical", "by": "mario", "favourable": true}, {"kind": "technical", "by": "nina", "favourable": false}]
}

test_an_unfavourable_opinion_stops_a_grant_beside_a_favourable_one_of_its_kind if {
	codes == {"opinion_unfavourable"} with input.opinions as [{"kind": "ethics_legal", "by": "mario", "favourable": true}, {"kind": "technical", "by": "mario", "favourable": true}, {"kind": "technical", "by": "vera", "favourable": false}]
}

test_nothing_is_granted_while_somebody_who_declared_has_not_voted if {
	codes == {"voting_not_over"} with input.declared as ["carla", "mario", "vera", "nina"]
}

test_how_hidden_votes_stand_is_not_told_while_one_is_missing if {
	codes == {"voting_not_over"} with input.declared as ["carla", "mario", "vera", "nina"] with input.votes as [{"by": "carla", "organisation": "body-1", "favour": true}, {"by": "mario", "organisation": "body-2", "favour": false}, {"by": "vera", "organisation": "body-2", "favour": false}]
}

test_nor_while_the_quorum_is_missing if {
	codes == {"quorum_missing"} with input.votes as [{"by": "carla", "organisation": "body-1", "favour": false}]
}

test_nothing_is_refused_while_somebody_who_declared_has_not_voted if {
	codes == {"voting_not_over"} with input.command as "refuse" with input.declared as ["carla", "mario", "vera", "nina"]
}

test_who_declared_a_conflict_is_not_waited_for if {
	codes == set() with input.declared as ["carla", "mario", "vera", "nina"] with input.conflicted as ["nina"]
}

test_who_is_of_the_team_is_not_waited_for if {
	codes == set() with input.declared as ["carla", "mario", "vera", "nina"] with input.people as ["rosa", "nina"]
}

test_who_voted_sees_the_votes_once_voting_is_over if {
	codes == set() with input.command as "unseal" with input.letter as false with input.opinions as [] with input.days as 0
}

test_who_has_not_voted_sees_none if {
	codes == {"first_vote_missing"} with input.command as "unseal" with input.caller.id as "nina"
}

test_nobody_sees_votes_before_the_quorum if {
	codes == {"quorum_missing"} with input.command as "unseal" with input.declared as ["carla"] with input.votes as [{"by": "carla", "organisation": "body-1", "favour": true}]
}

test_nobody_sees_votes_while_one_is_missing if {
	codes == {"voting_not_over"} with input.command as "unseal" with input.declared as ["carla", "mario", "vera", "nina"]
}

test_an_auditor_sees_votes_once_voting_is_over if {
	codes == set() with input.command as "unseal" with input.caller.id as "ada" with input.caller.roles as ["auditor"]
}

test_an_auditor_sees_none_before if {
	codes == {"quorum_missing"} with input.command as "unseal" with input.caller.id as "ada" with input.caller.roles as ["auditor"] with input.votes as []
}

test_a_data_user_sees_no_votes if {
	codes == {"role_missing"} with input.command as "unseal" with input.caller.id as "x" with input.caller.roles as ["data_user"]
}

test_an_auditor_has_grounds_to_see_votes if {
	decide.grounds with input.command as "unseal" with input.caller.roles as ["auditor"]
}

test_a_data_user_has_no_grounds_to_see_votes if {
	decide.grounds == false with input.command as "unseal" with input.caller.roles as ["data_user"]
}
