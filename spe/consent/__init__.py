"""The ledger of subjects' directives."""
