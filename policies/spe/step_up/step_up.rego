# METADATA
# scope: package
# title: "Does this act need a second factor that was proven just now?"
# description: "The step-up of RFC 9470. It is looked at last: who may not do the act anyway is not asked for it. Which acts need it is the table second_factor."
package spe.step_up

import data.spe.tables

# METADATA
# title: "Who decides, approves or releases has just proven a second factor"
# custom:
#   code: second_factor_needed
#   message:
#     en: "This needs a second factor that you proved within the last {seconds} seconds."
#     it: "Serve un secondo fattore di autenticazione fornito negli ultimi {seconds} secondi."
#   remedy:
#     en: "Sign in again with your second factor, then repeat the act."
#     it: "Accedere di nuovo con il secondo fattore, poi ripetere l'azione."
#   reference: "EHDS Art. 73(1)(a)"
reasons contains {"code": "second_factor_needed", "params": {"seconds": sprintf("%d", [tables.second_factor.seconds])}} if {
	needed
	not recent
}

needed if {
	some act in acts
	act in tables.second_factor.acts[input.gate]
}

acts contains input.command

acts contains input.answer

# The issuer's clock may go ahead of ours a little; a proof from further ahead would stay fresh for ever.
recent if {
	input.caller.second_factor_at > input.now - tables.second_factor.seconds
	input.caller.second_factor_at <= input.now + tables.second_factor.clock_skew_seconds
}
