# METADATA
# scope: package
# title: "May a holder register this entry, or deliver its data?"
package spe.catalogue.register

import data.spe.caller
import data.spe.catalogue.duo
import data.spe.tables

default grounds := false

grounds if for_own_holder

reasons contains reason if some reason in caller.reasons

reasons contains reason if some reason in duo.reasons

reasons contains caller.lacks(["data_holder"]) if not caller.has("data_holder")

# METADATA
# title: "A holder registers what is their own"
# custom:
#   code: not_own_holder
#   message:
#     en: "You act for {own}, not for {holder}."
#     it: "Si agisce per {own}, non per {holder}."
#   remedy:
#     en: "Ask a person who acts for this holder."
#     it: "Rivolgersi a chi agisce per questo titolare."
#   reference: "EHDS Art. 60(1)"
reasons contains {"code": "not_own_holder", "params": {"own": input.caller.holder, "holder": input.holder}} if {
	caller.has("data_holder")
	not for_own_holder
}

# METADATA
# title: "The entry's organisation is the caller's"
# custom:
#   code: organisation_not_own
#   message:
#     en: "{organisation} is not your organisation."
#     it: "{organisation} non è la propria organizzazione."
#   remedy:
#     en: "Register under your own organisation."
#     it: "Registrare con la propria organizzazione."
#   reference: "EHDS Art. 60(1)"
reasons contains {"code": "organisation_not_own", "params": {"organisation": input.organisation}} if not input.organisation == input.caller.organisation

# METADATA
# title: "The data are held in the European Union"
# custom:
#   code: country_not_eu
#   message:
#     en: "{country} is not a member state, so its data can't be registered here."
#     it: "{country} non è uno Stato membro: i dati non possono essere registrati qui."
#   remedy:
#     en: "Register data held in the Union."
#     it: "Registrare dati detenuti nell'Unione."
#   reference: "EHDS Art. 75; GDPR Art. 44"
reasons contains {"code": "country_not_eu", "params": {"country": input.country}} if not input.country in tables.countries.eu

# METADATA
# title: "The dataset is a table or an imaging set"
# custom:
#   code: dataset_kind_unknown
#   message:
#     en: "{kind} is not a kind of dataset."
#     it: "{kind} non è un tipo di insieme di dati."
#   remedy:
#     en: "Choose table or imaging."
#     it: "Scegliere table o imaging."
#   reference: "EHDS Art. 77"
reasons contains {"code": "dataset_kind_unknown", "params": {"kind": input.kind}} if not input.kind in {"table", "imaging"}

# METADATA
# title: "The entry says how identifiable the data are"
# custom:
#   code: dataset_identifiability_unknown
#   message:
#     en: "{identifiability} is not a form in which data are held."
#     it: "{identifiability} non è una forma in cui i dati sono detenuti."
#   remedy:
#     en: "Choose anonymised or pseudonymised."
#     it: "Scegliere anonymised o pseudonymised."
#   reference: "EHDS Art. 66(2)"
reasons contains {"code": "dataset_identifiability_unknown", "params": {"identifiability": input.identifiability}} if not input.identifiability in {"anonymised", "pseudonymised"}

# METADATA
# title: "Anonymised data come with evidence"
# custom:
#   code: anonymisation_evidence_missing
#   message:
#     en: "It is not said by what the data are known to be anonymous."
#     it: "Non è detto in base a che cosa i dati sono ritenuti anonimi."
#   remedy:
#     en: "Add the evidence, or register them as pseudonymised."
#     it: "Aggiungere la prova, o registrarli come pseudonimizzati."
#   reference: "GDPR recital 26"
reasons contains {"code": "anonymisation_evidence_missing", "params": {}} if {
	input.identifiability == "anonymised"
	not input.anonymisation_evidence == true
}

# METADATA
# title: "The entry says for which purposes the data are offered"
# custom:
#   code: dataset_purposes_missing
#   message:
#     en: "No purpose is named."
#     it: "Nessuna finalità è indicata."
#   remedy:
#     en: "Name at least one purpose from (a) to (f)."
#     it: "Indicare almeno una finalità da (a) a (f)."
#   reference: "EHDS Art. 53(1)"
reasons contains {"code": "dataset_purposes_missing", "params": {}} if not offered

# METADATA
# title: "Every purpose offered is one of EHDS Art. 53(1)"
# custom:
#   code: dataset_purpose_unknown
#   message:
#     en: "{purpose} is not a purpose for which health data may be used."
#     it: "{purpose} non è una finalità per cui si possono usare dati sanitari."
#   remedy:
#     en: "Choose purposes from (a) to (f)."
#     it: "Scegliere finalità da (a) a (f)."
#   reference: "EHDS Art. 53(1)"
reasons contains {"code": "dataset_purpose_unknown", "params": {"purpose": purpose}} if {
	some purpose in input.purposes
	not tables.purposes.known[purpose]
}

# METADATA
# title: "A table has a codebook"
# custom:
#   code: codebook_missing
#   message:
#     en: "A table needs at least one variable in its codebook."
#     it: "Una tabella deve avere almeno una variabile nel codebook."
#   remedy:
#     en: "Describe the variables."
#     it: "Descrivere le variabili."
#   reference: "EHDS Art. 77(2)"
reasons contains {"code": "codebook_missing", "params": {}} if {
	input.kind == "table"
	not described
}

# METADATA
# title: "Pseudonymised tables say which column names the subject"
# custom:
#   code: subject_field_missing
#   message:
#     en: "Directives can't reach people when no column names the subject."
#     it: "Le direttive non possono raggiungere le persone se nessuna colonna indica il soggetto."
#   remedy:
#     en: "Name the column with the pseudonym."
#     it: "Indicare la colonna con lo pseudonimo."
#   reference: "GDPR Art. 7(3)"
reasons contains {"code": "subject_field_missing", "params": {}} if {
	input.kind == "table"
	input.identifiability != "anonymised"
	not input.subject_field == true
}

for_own_holder if {
	caller.has("data_holder")
	input.caller.holder != ""
	input.caller.holder == input.holder
}

offered if count(input.purposes) > 0

described if input.variables > 0

obligations := set()

profile := {}
