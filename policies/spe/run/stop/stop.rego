# METADATA
# scope: package
# title: "May this person stop this run?"
# description: "Stopping protects, so it is possible under any permit."
package spe.run.stop

import data.spe.caller
import data.spe.permit.standing

default grounds := false

grounds if may_stop

reasons contains reason if some reason in caller.reasons

reasons contains reason if some reason in standing.at_site

# METADATA
# title: "Users, the site's holder and operators stop a run"
# custom:
#   code: may_not_stop
#   message:
#     en: "You are neither a user of the permit, nor the site's holder, nor an operator."
#     it: "Non si è né utenti dell'autorizzazione, né titolare della sede, né operatori."
#   remedy:
#     en: "Ask one of them."
#     it: "Rivolgersi a uno di loro."
#   reference: "EHDS Art. 73(1)(b)"
reasons contains {"code": "may_not_stop", "params": {}} if not may_stop

may_stop if standing.user

may_stop if caller.has_any(["operator", "worker"])

may_stop if {
	caller.has("data_holder")
	input.caller.holder == input.site
}

obligations := set()

profile := {}
