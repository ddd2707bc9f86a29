# METADATA
# scope: package
# title: "May the traces of this holder's subject be erased?"
# description: "What takes a person out of a use is a directive, which everybody who holds data answers; erasure is of the traces after that. So it waits until no use holds them: where a use rests on consent they withdraw it first, where it rests on law it goes on to its end (GDPR Art. 17(3)). A legal hold comes before it."
package spe.subject.erase

import data.spe.caller
import data.spe.tables

default grounds := false

grounds if for_own_holder

reasons contains reason if some reason in caller.reasons

reasons contains caller.lacks(["data_holder"]) if not caller.has("data_holder")

# METADATA
# title: "A holder has their own subjects erased"
# custom:
#   code: not_holder_of_the_erased
#   message:
#     en: "You do not act for {holder}."
#     it: "Non si agisce per {holder}."
#   remedy:
#     en: "Send the person to the data holder who has their record."
#     it: "Indirizzare la persona al titolare che ha la sua cartella."
#   reference: "GDPR Art. 17(1)"
reasons contains {"code": "not_holder_of_the_erased", "params": {"holder": input.holder}} if {
	caller.has("data_holder")
	not for_own_holder
}

# METADATA
# title: "An erasure has one of the grounds of the law"
# custom:
#   code: erasure_ground_unknown
#   message:
#     en: "The ground is none of the letters a to f of Art. 17(1)."
#     it: "Il motivo non è una delle lettere da a) a f) dell'art. 17, par. 1."
#   remedy:
#     en: "Name the ground: a no longer needed, b consent withdrawn, c objection, d unlawful, e legal obligation, f child."
#     it: "Indicare il motivo: a non più necessari, b consenso revocato, c opposizione, d illecito, e obbligo legale, f minore."
#   reference: "GDPR Art. 17(1)"
reasons contains {"code": "erasure_ground_unknown", "params": {}} if not input.ground in {"a", "b", "c", "d", "e", "f"}

# METADATA
# title: "Nothing is erased under a legal hold"
# custom:
#   code: erasure_held
#   message:
#     en: "{holds} legal holds are in force on this person's entries."
#     it: "Sulle voci di questa persona sono in vigore {holds} vincoli di conservazione."
#   remedy:
#     en: "Tell the person so; an auditor lifts the hold once its reason is gone."
#     it: "Informarne la persona; un auditor rimuove il vincolo quando la ragione è cessata."
#   reference: "GDPR Art. 17(3)(e)"
reasons contains {"code": "erasure_held", "params": {"holds": sprintf("%d", [input.holds])}} if input.holds > 0

# METADATA
# title: "Everybody has heard what the person said last"
# custom:
#   code: erasure_unheard
#   message:
#     en: "Not everybody who holds data has answered yet what this person said last."
#     it: "Non tutti coloro che detengono i dati hanno ancora risposto a quanto la persona ha dichiarato da ultimo."
#   remedy:
#     en: "Ask again in a minute; the worker hands directives on."
#     it: "Riprovare tra un minuto: il processo di lavoro inoltra le dichiarazioni."
#   reference: "GDPR Art. 19"
reasons contains {"code": "erasure_unheard", "params": {}} if not input.waiting == false

# METADATA
# title: "Who is in a use by consent withdraws it before being erased"
# custom:
#   code: erasure_in_use
#   message:
#     en: "A use that rests on this person's consent still has their data."
#     it: "Un uso basato sul consenso di questa persona ha ancora i suoi dati."
#   remedy:
#     en: "Record the withdrawal first (spe directive import): everybody who holds the data then answers with a receipt."
#     it: "Registrare prima la revoca (spe directive import): chi detiene i dati risponde allora con una ricevuta."
#   reference: "GDPR Art. 17(1)(b)"
reasons contains {"code": "erasure_in_use", "params": {}} if {
	some use in input.uses
	use.legal_basis == tables.legal.consent
}

# METADATA
# title: "A use that the law lets go on keeps its evidence until it ends"
# custom:
#   code: erasure_lawful_use
#   message:
#     en: "A use that rests on law ({basis}) has this person's data and may go on until its permit ends."
#     it: "Un uso fondato sulla legge ({basis}) ha i dati di questa persona e può proseguire fino alla fine dell'autorizzazione."
#   remedy:
#     en: "Tell the person when the permit ends, and that they may object (Art. 21) or opt out of later uses (EHDS Art. 71); then ask again."
#     it: "Comunicare alla persona quando finisce l'autorizzazione e che può opporsi (art. 21) o escludere usi successivi (EHDS, art. 71); poi riprovare."
#   reference: "GDPR Art. 17(3)(b) and (d)"
reasons contains {"code": "erasure_lawful_use", "params": {"basis": use.legal_basis}} if {
	some use in input.uses
	use.legal_basis != tables.legal.consent
}

for_own_holder if {
	caller.has("data_holder")
	input.caller.holder != ""
	input.caller.holder == input.holder
}

obligations := set()

profile := {}
