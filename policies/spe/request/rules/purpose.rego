# Which purposes and uses the law admits.
package spe.request.rules

import data.spe.tables

# METADATA
# title: "The purpose is one of EHDS Art. 53(1)"
# custom:
#   code: purpose_unknown
#   message:
#     en: "{purpose} is not a purpose for which health data may be used."
#     it: "{purpose} non è una finalità per cui si possono usare dati sanitari."
#   remedy:
#     en: "Choose a purpose from (a) to (f)."
#     it: "Scegliere una finalità da (a) a (f)."
#   reference: "EHDS Art. 53(1)"
reasons contains {"code": "purpose_unknown", "params": {"purpose": input.request.purpose}} if not purpose_known

# METADATA
# title: "Purposes (a) to (c) are for public bodies"
# custom:
#   code: purpose_public_only
#   message:
#     en: "Purpose ({purpose}) is open only to public bodies and those who act for them."
#     it: "La finalità ({purpose}) è riservata agli enti pubblici e a chi agisce per loro conto."
#   remedy:
#     en: "Choose another purpose, or apply together with the public body."
#     it: "Scegliere un'altra finalità o presentare domanda con l'ente pubblico."
#   reference: "EHDS Art. 53(2)"
reasons contains {"code": "purpose_public_only", "params": {"purpose": input.request.purpose}} if {
	purpose_known
	not purpose_open
}

# METADATA
# title: "At least one use is declared"
# custom:
#   code: use_missing
#   message:
#     en: "The request declares no use of the data."
#     it: "La domanda non dichiara alcun uso dei dati."
#   remedy:
#     en: "Declare at least one use from the list."
#     it: "Dichiarare almeno un uso dall'elenco."
#   reference: "EHDS Art. 67(2)(b)"
reasons contains {"code": "use_missing", "params": {}} if not use_declared

# METADATA
# title: "No declared use is prohibited"
# custom:
#   code: use_prohibited
#   message:
#     en: "Using health data for {use} is prohibited."
#     it: "L'uso di dati sanitari per {use} è vietato."
#   remedy:
#     en: "Leave this use out: no permit can be given for it."
#     it: "Togliere questo uso: nessuna autorizzazione può coprirlo."
#   reference: "EHDS Art. 54{letter}"
reasons contains {"code": "use_prohibited", "params": {"use": use, "letter": letter}} if {
	some use in input.request.uses
	letter := tables.uses.prohibited[use]
}

# METADATA
# title: "Every declared use is on the list"
# custom:
#   code: use_unknown
#   message:
#     en: "{use} is not a use that the rules know, so it was refused."
#     it: "{use} non è un uso noto alle regole, quindi è stato rifiutato."
#   remedy:
#     en: "Declare uses from the list in the documentation."
#     it: "Dichiarare usi dall'elenco nella documentazione."
#   reference: "EHDS Art. 54"
reasons contains {"code": "use_unknown", "params": {"use": use}} if {
	some use in input.request.uses
	not use_known(use)
}

# METADATA
# title: "The period is between one day and ten years"
# custom:
#   code: days_out_of_range
#   message:
#     en: "A permit lasts from 1 to {most} days; {days} were asked for."
#     it: "Un'autorizzazione dura da 1 a {most} giorni; ne sono stati chiesti {days}."
#   remedy:
#     en: "Ask for a period within these bounds."
#     it: "Chiedere un periodo entro questi limiti."
#   reference: "EHDS Art. 68(12)"
reasons contains {"code": "days_out_of_range", "params": {"days": sprintf("%d", [input.request.days]), "most": sprintf("%d", [tables.numbers.days_most])}} if not days_fit

purpose_known if tables.purposes.known[input.request.purpose]

purpose_open if not input.request.purpose in tables.purposes.public_only

purpose_open if input.request.public_body == true

use_declared if count(input.request.uses) > 0

use_known(use) if use in tables.uses.allowed

use_known(use) if tables.uses.prohibited[use]

days_fit if {
	input.request.days >= 1
	input.request.days <= tables.numbers.days_most
}
