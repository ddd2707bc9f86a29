# METADATA
# scope: package
# title: "May this person read this record, and this much of it?"
# description: "Who may read what is the table `reading`; what is not in it nobody reads."
package spe.record.read

import data.spe.caller
import data.spe.tables

default grounds := false

grounds if allowed

reasons contains reason if some reason in caller.reasons

# METADATA
# title: "Who reads a record is named for its kind and view"
# custom:
#   code: may_not_read
#   message:
#     en: "You may not read the view {view} of this {kind}."
#     it: "Non si può leggere la vista {view} di questo {kind}."
#   remedy:
#     en: "Ask a person who is part of it."
#     it: "Rivolgersi a chi ne fa parte."
#   reference: "EHDS Art. 73(1)(a)"
reasons contains {"code": "may_not_read", "params": {"kind": input.kind, "view": input.view}} if not allowed

allowed if {
	some who in tables.reading.who[input.kind][input.view]
	is(who)
}

is("anyone")

is("people") if input.caller.id in input.people

is("holder") if {
	caller.has("data_holder")
	input.caller.holder != ""
	input.caller.holder in input.holders
}

is("committee") if caller.has_any(["chair", "committee"])

is("checker") if caller.has("output_checker")

is("approver") if caller.has("code_approver")

is("independent_checker") if {
	caller.has("output_checker")
	independent
}

is("independent_approver") if {
	caller.has("code_approver")
	independent
}

is("independent_committee") if {
	caller.has_any(["chair", "committee"])
	independent
}

is("independent_auditor") if {
	caller.has("auditor")
	independent
}

is("operator") if caller.has("operator")

is("auditor") if caller.has("auditor")

is("worker") if caller.has("worker")

independent if {
	not input.caller.id in input.people
	not input.caller.organisation in input.organisations
}

obligations := set()

profile := {}
