# METADATA
# scope: package
# title: "May these outputs leave?"
# description: "Asked when the release is asked for and again when it is made."
package spe.release.make

import data.spe.caller
import data.spe.permit.standing
import data.spe.tables

default grounds := false

grounds if {
	input.command == "ask"
	caller.has("data_user")
	standing.user
}

grounds if {
	input.command == "make"
	caller.has("worker")
}

reasons contains reason if some reason in caller.reasons

reasons contains reason if some reason in caller.training

reasons contains reason if some reason in standing.reasons

reasons contains reason if some reason in standing.at_site

reasons contains caller.unknown_command if not input.command in {"ask", "make"}

reasons contains reason if {
	input.command != "make"
	some reason in standing.for_users
}

reasons contains caller.lacks(["data_user"]) if {
	input.command != "make"
	not caller.has("data_user")
}

reasons contains caller.lacks(["worker"]) if {
	input.command == "make"
	not caller.has("worker")
}

# METADATA
# title: "A release has at least one output"
# custom:
#   code: release_empty
#   message:
#     en: "The release names no output."
#     it: "Il rilascio non indica alcun risultato."
#   remedy:
#     en: "Name the approved outputs."
#     it: "Indicare i risultati approvati."
#   reference: "EHDS Art. 73(2)"
reasons contains {"code": "release_empty", "params": {}} if not filled

# METADATA
# title: "Every output is approved"
# custom:
#   code: output_not_approved
#   message:
#     en: "{output} is {status}; only approved outputs leave."
#     it: "{output} è {status}; escono solo risultati approvati."
#   remedy:
#     en: "Have it checked by two people."
#     it: "Farlo verificare da due persone."
#   reference: "EHDS Art. 73(2)"
reasons contains {"code": "output_not_approved", "params": {"output": file.output, "status": file.status}} if {
	some file in input.files
	not file.status == "approved"
}

# METADATA
# title: "Two people have checked every output"
# custom:
#   code: checkers_missing
#   message:
#     en: "{output} has not been checked by {needed} people."
#     it: "{output} non è stato verificato da {needed} persone."
#   remedy:
#     en: "Have it checked."
#     it: "Farlo verificare."
#   reference: "EHDS Art. 73(2)"
reasons contains {"code": "checkers_missing", "params": {"output": file.output, "needed": sprintf("%d", [tables.numbers.checkers])}} if {
	some file in input.files
	not checked(file)
}

# METADATA
# title: "No checker has part in the project"
# custom:
#   code: checker_not_independent
#   message:
#     en: "Somebody who checked {output} takes part in the project."
#     it: "Chi ha verificato {output} partecipa al progetto."
#   remedy:
#     en: "Have it checked by others."
#     it: "Farlo verificare da altri."
#   reference: "EHDS Art. 73(2)"
reasons contains {"code": "checker_not_independent", "params": {"output": file.output}} if {
	some file in input.files
	not independent(file)
}

# METADATA
# title: "What leaves is what was checked"
# custom:
#   code: released_bytes_differ
#   message:
#     en: "The bytes of {output} are not those that were checked."
#     it: "I byte di {output} non sono quelli verificati."
#   remedy:
#     en: "Have it checked again."
#     it: "Farlo verificare di nuovo."
#   reference: "EHDS Art. 73(2)"
reasons contains {"code": "released_bytes_differ", "params": {"output": file.output}} if {
	some file in input.files
	not file.same_bytes == true
}

# METADATA
# title: "The code is still what was approved"
# custom:
#   code: release_code_changed
#   message:
#     en: "The code's files differ from its approved manifest."
#     it: "I file del codice differiscono dal manifesto approvato."
#   remedy:
#     en: "Run approved code again."
#     it: "Eseguire di nuovo codice approvato."
#   reference: "EHDS Art. 73(1)(c)"
reasons contains {"code": "release_code_changed", "params": {}} if not input.code_intact == true

filled if count(input.files) > 0

checked(file) if count({checker | some checker in file.checkers}) >= tables.numbers.checkers

independent(file) if {
	count([checker | some checker in file.checkers; standing.listed(checker)]) == 0
	count([one | some one in file.checker_organisations; standing.of_members(one)]) == 0
}

obligations := set()

profile := {}
