# METADATA
# scope: package
# title: "Of many things that are wrong, the first are told"
# description: "The engine's sets grow with the square of their size, so a rule that could tell thousands tells the first: mending these shows the next."
package spe.few

import data.spe.tables

first(items) := array.slice(items, 0, tables.numbers.told_most)
