# METADATA
# scope: package
# title: "The rules for a request: who asks, why, for what, on what basis, how completely"
package spe.request.rules

import data.spe.caller

reasons contains reason if some reason in caller.reasons

reasons contains reason if some reason in caller.training

reasons contains caller.lacks(["data_user"]) if not caller.has("data_user")

reasons contains caller.excluded(organisation) if {
	some organisation in input.request.team_organisations
	caller.barred(organisation)
}
