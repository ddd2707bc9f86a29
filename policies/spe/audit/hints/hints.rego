# METADATA
# scope: package
# title: "With which numbers is the log searched for what is out of the ordinary?"
# description: "How many of what in how long a time are worth a look, and when which organisation works. A hint is a question, never a finding: nothing is refused because of one."
package spe.audit.hints

import data.spe.caller
import data.spe.tables

default grounds := false

grounds if caller.has("auditor")

reasons contains reason if some reason in caller.reasons

reasons contains caller.lacks(["auditor"]) if not caller.has("auditor")

obligations := set()

profile := tables.hints.profile
