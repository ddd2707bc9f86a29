# METADATA
# scope: package
# title: "May this draft be submitted?"
# description: "The same rules as at submitting, so that a draft is judged as it will be."
package spe.request.preflight

import data.spe.caller
import data.spe.request.duo
import data.spe.request.rules

default grounds := false

grounds if caller.has("data_user")

reasons := array.concat([reason | some reason in rules.reasons], [reason | some reason in duo.reasons])

obligations := duo.obligations

profile := {}
