# METADATA
# scope: package
# title: "May this person read the log?"
package spe.audit.read

import data.spe.caller

default grounds := false

grounds if {
	caller.has("auditor")
	input.view in views
}

reasons contains reason if some reason in caller.reasons

reasons contains caller.lacks(["auditor"]) if not caller.has("auditor")

# METADATA
# title: "The log has this view"
# custom:
#   code: log_view_unknown
#   message:
#     en: "{view} is not a view of the log."
#     it: "{view} non è una vista del registro."
#   remedy:
#     en: "Choose timeline, export, staff or proof."
#     it: "Scegliere timeline, export, staff o proof."
#   reference: "EHDS Art. 73(3)"
reasons contains {"code": "log_view_unknown", "params": {"view": input.view}} if not input.view in views

views := {"timeline", "export", "staff", "proof"}

obligations := set()

profile := {}
