# METADATA
# scope: package
# title: "May this application be submitted?"
package spe.request.submit

import data.spe.caller
import data.spe.request.duo
import data.spe.request.rules

default grounds := false

grounds if caller.has("data_user")

reasons := array.concat([reason | some reason in rules.reasons], [reason | some reason in duo.reasons])

obligations := duo.obligations

profile := {}
