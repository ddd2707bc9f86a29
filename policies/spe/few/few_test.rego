package spe.few_test

import data.spe.few
import data.spe.tables

test_few_things_are_all_told if few.first(["a", "b"]) == ["a", "b"]

test_of_many_the_first_are_told if {
	count(few.first(numbers.range(1, tables.numbers.told_most + 1))) == tables.numbers.told_most
}

test_nothing_is_nothing if few.first([]) == []
