# METADATA
# scope: package
# title: "The rules for a request: who asks, why, for what, on what basis, how completely"
package spe.request.rules

import data.spe.caller
import data.spe.tables

reasons contains reason if some reason in caller.reasons

reasons contains reason if some reason in caller.training

reasons contains caller.lacks(["data_user"]) if not caller.has("data_user")

# METADATA
# title: "No organisation of the team is excluded"
# custom:
#   code: organisation_excluded
#   message:
#     en: "{organisation} is excluded from data access for the time being."
#     it: "{organisation} è temporaneamente esclusa dall'accesso ai dati."
#   remedy:
#     en: "Wait until the exclusion ends, or leave this organisation out."
#     it: "Attendere la fine dell'esclusione o non includere questa organizzazione."
#   reference: "EHDS Art. 63(3)"
reasons contains {"code": "organisation_excluded", "params": {"organisation": organisation}} if {
	some organisation in organisations
	organisation in tables.exclusions.organisations
}

organisations contains input.caller.organisation

organisations contains organisation if some organisation in input.request.team_organisations
