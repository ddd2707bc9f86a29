# METADATA
# scope: package
# title: "May this application be submitted?"
package spe.request.submit

import data.spe.caller
import data.spe.request.duo
import data.spe.request.rules

default grounds := false

grounds if caller.has("data_user")

reasons := rules.reasons | duo.reasons

obligations := duo.obligations

profile := {}
