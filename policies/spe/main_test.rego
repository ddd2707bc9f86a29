package spe.main_test

import data.spe.main

test_a_good_question_is_allowed if main.decision.allow == true

test_the_answer_names_its_gate if main.decision.gate == "run.stop"

test_the_answer_names_its_bundle if main.decision.bundle == data.spe.bundle.digest

test_a_gate_without_profile_answers_with_none if main.decision.profile == {}
