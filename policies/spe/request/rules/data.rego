# Which data may be asked for: the minimum that the purpose needs.
package spe.request.rules

import data.spe.few
import data.spe.tables

# METADATA
# title: "At least one dataset is asked for"
# custom:
#   code: dataset_missing
#   message:
#     en: "The request names no dataset."
#     it: "La domanda non indica alcun insieme di dati."
#   remedy:
#     en: "Name a dataset of the catalogue."
#     it: "Indicare un insieme di dati del catalogo."
#   reference: "EHDS Art. 67(2)(c)"
reasons contains {"code": "dataset_missing", "params": {}} if not dataset_named

# METADATA
# title: "Every dataset is in the catalogue"
# custom:
#   code: dataset_unknown
#   message:
#     en: "The catalogue shows no available dataset {dataset}."
#     it: "Il catalogo non mostra alcun insieme di dati disponibile {dataset}."
#   remedy:
#     en: "Look the identifier up in the catalogue."
#     it: "Cercare l'identificativo nel catalogo."
#   reference: "EHDS Art. 67(2)(c)"
reasons contains {"code": "dataset_unknown", "params": {"dataset": dataset.dataset}} if {
	some dataset in few.first([one | some one in input.request.datasets; not one.known == true])
}

# METADATA
# title: "Every dataset is offered for the purpose"
# custom:
#   code: purpose_not_offered
#   message:
#     en: "{dataset} is not offered for purpose ({purpose})."
#     it: "{dataset} non è offerto per la finalità ({purpose})."
#   remedy:
#     en: "Leave the dataset out, or ask its holder."
#     it: "Togliere l'insieme di dati o rivolgersi al titolare."
#   reference: "EHDS Art. 53(1)"
reasons contains {"code": "purpose_not_offered", "params": {"dataset": dataset.dataset, "purpose": input.request.purpose}} if {
	some dataset in few.first([one |
		some one in input.request.datasets
		one.known == true
		not input.request.purpose in one.purposes
	])
}

# METADATA
# title: "Variables are named for every dataset"
# custom:
#   code: variable_missing
#   message:
#     en: "No variable is named for {dataset}."
#     it: "Nessuna variabile è indicata per {dataset}."
#   remedy:
#     en: "Name each variable that you need, and why."
#     it: "Indicare ogni variabile necessaria e il perché."
#   reference: "EHDS Art. 66(1)"
reasons contains {"code": "variable_missing", "params": {"dataset": dataset.dataset}} if {
	some dataset in few.first([one | some one in input.request.datasets; not one.dataset in with_variables])
}

# METADATA
# title: "Every variable is in its dataset's codebook"
# custom:
#   code: variable_unknown
#   message:
#     en: "{dataset} has no variable {variable}."
#     it: "{dataset} non ha alcuna variabile {variable}."
#   remedy:
#     en: "Look the name up in the catalogue."
#     it: "Cercare il nome nel catalogo."
#   reference: "EHDS Art. 66(1)"
reasons contains {"code": "variable_unknown", "params": {"dataset": variable.dataset, "variable": variable.name}} if {
	some variable in few.first([one | some one in input.request.variables; one.group == ""])
}

# METADATA
# title: "Each variable comes with why it is needed"
# custom:
#   code: variable_why_missing
#   message:
#     en: "It is not said why {variable} of {dataset} is needed."
#     it: "Non è detto perché serva {variable} di {dataset}."
#   remedy:
#     en: "Say in a sentence why the purpose needs it."
#     it: "Dire in una frase perché la finalità la richiede."
#   reference: "EHDS Art. 66(1)"
reasons contains {"code": "variable_why_missing", "params": {"dataset": variable.dataset, "variable": variable.name}} if {
	some variable in few.first([one | some one in input.request.variables; not one.why == true])
}

# METADATA
# title: "Every variable is in the purpose's minimisation profile"
# custom:
#   code: variable_beyond_purpose
#   message:
#     en: "Purpose ({purpose}) does not cover variables of the group {group}, so {variable} of {dataset} is too much."
#     it: "La finalità ({purpose}) non copre le variabili del gruppo {group}: {variable} di {dataset} è di troppo."
#   remedy:
#     en: "Leave the variable out, or choose the purpose that needs it."
#     it: "Togliere la variabile o scegliere la finalità che la richiede."
#   reference: "EHDS Art. 66(1); GDPR Art. 5(1)(c)"
reasons contains {"code": "variable_beyond_purpose", "params": {"dataset": variable.dataset, "variable": variable.name, "group": variable.group, "purpose": input.request.purpose}} if {
	some variable in few.first([one |
		some one in input.request.variables
		one.group != ""
		not never(one.group)
		not in_profile(one.group)
	])
}

# METADATA
# title: "No variable names the subject"
# custom:
#   code: variable_never_granted
#   message:
#     en: "{variable} of {dataset} tells people apart and is never granted."
#     it: "{variable} di {dataset} distingue le persone e non viene mai concessa."
#   remedy:
#     en: "Leave the variable out."
#     it: "Togliere la variabile."
#   reference: "EHDS Art. 66(3)"
reasons contains {"code": "variable_never_granted", "params": {"dataset": variable.dataset, "variable": variable.name}} if {
	some variable in few.first([one | some one in input.request.variables; never(one.group)])
}

dataset_named if count(input.request.datasets) > 0

with_variables contains variable.dataset if some variable in input.request.variables

never(group) if group in tables.minimisation.never

in_profile(group) if group in tables.minimisation.groups[input.request.purpose]
