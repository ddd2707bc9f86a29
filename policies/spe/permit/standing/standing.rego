# METADATA
# scope: package
# title: "What every gate asks about the permit that is acted under"
# description: "Expiry is judged here, from the question's own time."
package spe.permit.standing

# METADATA
# title: "The permit is in force"
# custom:
#   code: permit_not_issued
#   message:
#     en: "The permit is {status}, so nothing may be done under it."
#     it: "L'autorizzazione è nello stato {status}: non si può fare nulla in base ad essa."
#   remedy:
#     en: "Ask the committee what has to happen first."
#     it: "Chiedere al comitato che cosa deve avvenire prima."
#   reference: "EHDS Art. 63(3)"
reasons contains {"code": "permit_not_issued", "params": {"status": input.permit.status}} if not issued

# METADATA
# title: "The permit has not expired"
# custom:
#   code: permit_expired
#   message:
#     en: "The permit has expired."
#     it: "L'autorizzazione è scaduta."
#   remedy:
#     en: "Ask for an extension or submit a new request."
#     it: "Chiedere una proroga o presentare una nuova domanda."
#   reference: "EHDS Art. 68(12)"
reasons contains {"code": "permit_expired", "params": {}} if not running

# METADATA
# title: "The site is one of the permit's"
# custom:
#   code: site_not_in_permit
#   message:
#     en: "The permit grants nothing at {site}."
#     it: "L'autorizzazione non concede nulla presso {site}."
#   remedy:
#     en: "Use a site that the permit names, or submit a new request."
#     it: "Usare una sede indicata nell'autorizzazione o presentare una nuova domanda."
#   reference: "EHDS Art. 73(1)(d)"
at_site contains {"code": "site_not_in_permit", "params": {"site": input.site}} if not granted

# METADATA
# title: "Only people listed in the permit use the data"
# custom:
#   code: not_permit_user
#   message:
#     en: "You are not among the people whom the permit lists."
#     it: "Non si è fra le persone elencate nell'autorizzazione."
#   remedy:
#     en: "Ask the applicant to have you added by the committee."
#     it: "Chiedere al richiedente di farsi aggiungere dal comitato."
#   reference: "EHDS Art. 73(1)(a)"
for_users contains {"code": "not_permit_user", "params": {}} if not listed(input.caller.id)

for_users contains reason if some reason in elsewhere

# METADATA
# title: "Listed people use the data for the organisation with which they were listed"
# custom:
#   code: listed_elsewhere
#   message:
#     en: "The permit lists you with another organisation than {organisation}."
#     it: "L'autorizzazione elenca la persona con un'organizzazione diversa da {organisation}."
#   remedy:
#     en: "Sign in for the organisation that the permit names, or ask the committee to change the permit."
#     it: "Accedere per l'organizzazione indicata nell'autorizzazione o chiedere al comitato di modificarla."
#   reference: "EHDS Art. 73(1)(a)"
elsewhere contains {"code": "listed_elsewhere", "params": {"organisation": input.caller.organisation}} if {
	listed(input.caller.id)
	not user
}

# METADATA
# title: "Who checks a project has no part in it"
# custom:
#   code: not_independent
#   message:
#     en: "You or your organisation take part in this project."
#     it: "La persona o la sua organizzazione partecipa a questo progetto."
#   remedy:
#     en: "Ask somebody outside the project's team and organisations."
#     it: "Rivolgersi a qualcuno estraneo al gruppo e alle organizzazioni del progetto."
#   reference: "EHDS Art. 73(2)"
for_checkers contains {"code": "not_independent", "params": {}} if not independent

issued if input.permit.status == "issued"

running if input.now < input.permit.expires

granted if input.site in input.permit.sites

user if {
	some member in input.permit.members
	member.id == input.caller.id
	member.organisation == input.caller.organisation
}

listed(person) if {
	some member in input.permit.members
	member.id == person
}

listed(person) if person == input.permit.applicant

of_members(organisation) if {
	some member in input.permit.members
	member.organisation == organisation
}

independent if {
	not listed(input.caller.id)
	not of_members(input.caller.organisation)
}
