# METADATA
# scope: package
# title: "What every gate asks about the person who calls"
package spe.caller

import data.spe.tables

has(role) if role in input.caller.roles

has_any(roles) if {
	some role in roles
	has(role)
}

# METADATA
# title: "The caller has a role that may do this"
# custom:
#   code: role_missing
#   message:
#     en: "This needs one of the roles: {roles}."
#     it: "Serve uno di questi ruoli: {roles}."
#   remedy:
#     en: "Ask a person who has the role, or have it assigned to you."
#     it: "Rivolgersi a chi ha il ruolo, oppure farselo assegnare."
#   reference: "EHDS Art. 73(1)(a)"
lacks(roles) := {"code": "role_missing", "params": {"roles": concat(", ", roles)}}

# METADATA
# title: "The command is one of this gate's"
# custom:
#   code: command_unknown
#   message:
#     en: "{command} is nothing that can be done here."
#     it: "{command} non è un'azione possibile qui."
#   remedy:
#     en: "See the documentation for what can be done."
#     it: "Vedere la documentazione per le azioni possibili."
#   reference: "NIST SP 800-162"
unknown_command := {"code": "command_unknown", "params": {"command": input.command}}

# METADATA
# title: "The caller still belongs to the organisation"
# custom:
#   code: membership_ended
#   message:
#     en: "Your membership of the organisation has ended or was never confirmed."
#     it: "L'appartenenza all'organizzazione è cessata o non è mai stata confermata."
#   remedy:
#     en: "Have your organisation confirm your membership."
#     it: "Chiedere all'organizzazione di confermare l'appartenenza."
#   reference: "EHDS Art. 73(1)(d)"
reasons contains {"code": "membership_ended", "params": {}} if not member

# METADATA
# title: "The caller's training is still valid"
# custom:
#   code: training_ended
#   message:
#     en: "Your training has run out."
#     it: "La formazione è scaduta."
#   remedy:
#     en: "Repeat the training, then sign in again."
#     it: "Ripetere la formazione e accedere di nuovo."
#   reference: "EHDS Art. 73(1)(b)"
training contains {"code": "training_ended", "params": {}} if not trained

reasons contains excluded(input.caller.organisation) if barred(input.caller.organisation)

# METADATA
# title: "No organisation that takes part is excluded"
# custom:
#   code: organisation_excluded
#   message:
#     en: "{organisation} is excluded from data access for the time being."
#     it: "{organisation} è temporaneamente esclusa dall'accesso ai dati."
#   remedy:
#     en: "Wait until the exclusion ends, or leave this organisation out."
#     it: "Attendere la fine dell'esclusione o non includere questa organizzazione."
#   reference: "EHDS Art. 63(3)"
excluded(organisation) := {"code": "organisation_excluded", "params": {"organisation": organisation}}

barred(organisation) if organisation in tables.exclusions.organisations

member if input.caller.member_until > input.now

trained if input.caller.trained_until > input.now
