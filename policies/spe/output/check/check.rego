# METADATA
# scope: package
# title: "With which numbers is an output checked?"
package spe.output.check

import data.spe.caller
import data.spe.permit.standing
import data.spe.tables

default grounds := false

grounds if caller.has("worker")

reasons contains reason if some reason in caller.reasons

reasons contains reason if some reason in standing.reasons

reasons contains reason if some reason in standing.at_site

reasons contains caller.lacks(["worker"]) if not caller.has("worker")

# METADATA
# title: "The output is of a kind that can be checked"
# custom:
#   code: output_kind_unknown
#   message:
#     en: "There are no checks for outputs of the kind {kind}."
#     it: "Non ci sono controlli per risultati di tipo {kind}."
#   remedy:
#     en: "Declare the output as another kind."
#     it: "Dichiarare il risultato con un altro tipo."
#   reference: "EHDS Art. 73(2)"
reasons contains {"code": "output_kind_unknown", "params": {"kind": input.kind}} if not input.kind in tables.disclosure.kinds

# A count shown is of at least ten people (GDPR recital 26; the usual rule of European statistical offices).

obligations := set()

profile := tables.disclosure.profile
