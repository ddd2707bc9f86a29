# What an application has to contain.
package spe.request.rules

import data.spe.tables

# METADATA
# title: "Every text that Art. 67 wants is there"
# custom:
#   code: incomplete
#   message:
#     en: "The application lacks: {field}."
#     it: "Nella domanda manca: {field}."
#   remedy:
#     en: "Fill in {field}."
#     it: "Compilare {field}."
#   reference: "EHDS Art. 67(2){letter}"
reasons contains {"code": "incomplete", "params": {"field": field, "letter": letter}} if {
	some field, letter in tables.completeness.fields
	not input.request.complete[field] == true
}
