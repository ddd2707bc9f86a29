# METADATA
# scope: package
# title: "May a workspace be opened or closed?"
package spe.workspace.open

import data.spe.caller
import data.spe.permit.standing

default grounds := false

grounds if {
	input.command == "open"
	caller.has("data_user")
	standing.user
}

grounds if {
	input.command == "close"
	may_close
}

reasons contains reason if some reason in caller.reasons

reasons contains caller.unknown_command if not input.command in {"open", "close"}

reasons contains caller.lacks(["data_user"]) if {
	opening
	not caller.has("data_user")
}

reasons contains reason if some reason in standing.at_site

reasons contains reason if {
	opening
	some reason in standing.reasons
}

reasons contains reason if {
	opening
	some reason in standing.for_users
}

reasons contains reason if {
	opening
	some reason in caller.training
}

# METADATA
# title: "The cohort is up to date"
# custom:
#   code: cohort_not_current
#   message:
#     en: "The cohort is {cohort}; a workspace opens on a current one."
#     it: "La coorte è {cohort}; uno spazio si apre su una coorte aggiornata."
#   remedy:
#     en: "Wait until the cohort has been built."
#     it: "Attendere che la coorte sia costruita."
#   reference: "GDPR Art. 7(3); EHDS Art. 71"
reasons contains {"code": "cohort_not_current", "params": {"cohort": input.cohort}} if {
	opening
	not input.cohort == "current"
}

# METADATA
# title: "Users, the site's holder and operators close a workspace"
# custom:
#   code: may_not_close
#   message:
#     en: "You are neither a user of the permit, nor the site's holder, nor an operator."
#     it: "Non si è né utenti dell'autorizzazione, né titolare della sede, né operatori."
#   remedy:
#     en: "Ask one of them."
#     it: "Rivolgersi a uno di loro."
#   reference: "EHDS Art. 73(1)(c)"
reasons contains {"code": "may_not_close", "params": {}} if {
	input.command == "close"
	not may_close
}

opening if input.command != "close"

may_close if standing.user

may_close if caller.has_any(["operator", "worker"])

may_close if {
	caller.has("data_holder")
	input.caller.holder == input.site
}

obligations := set()

profile := {}
