# METADATA
# scope: package
# title: "May directives be recorded for the subjects of this holder?"
package spe.directive.record

import data.spe.caller
import data.spe.tables

default grounds := false

grounds if for_own_holder

reasons contains reason if some reason in caller.reasons

reasons contains caller.lacks(["data_holder"]) if not caller.has("data_holder")

# METADATA
# title: "A holder records directives of their own subjects"
# custom:
#   code: not_subjects_holder
#   message:
#     en: "You do not act for {holder}."
#     it: "Non si agisce per {holder}."
#   remedy:
#     en: "Ask a person who acts for this holder."
#     it: "Rivolgersi a chi agisce per questo titolare."
#   reference: "GDPR Art. 7(3); EHDS Art. 71"
reasons contains {"code": "not_subjects_holder", "params": {"holder": input.holder}} if {
	caller.has("data_holder")
	not for_own_holder
}

# METADATA
# title: "An import has between one line and the most allowed"
# custom:
#   code: directives_out_of_range
#   message:
#     en: "An import has 1 to {most} lines."
#     it: "Un'importazione ha da 1 a {most} righe."
#   remedy:
#     en: "Split the file."
#     it: "Dividere il file."
#   reference: "EHDS Art. 71"
reasons contains {"code": "directives_out_of_range", "params": {"most": sprintf("%d", [tables.numbers.directive_lines_most])}} if not fits

for_own_holder if {
	caller.has("data_holder")
	input.caller.holder != ""
	input.caller.holder == input.holder
}

fits if {
	input.lines >= 1
	input.lines <= tables.numbers.directive_lines_most
}

obligations := set()

profile := {}
