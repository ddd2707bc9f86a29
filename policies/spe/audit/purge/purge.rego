# METADATA
# scope: package
# title: "Does the law let entries of the log go?"
# description: "Not under twelve months, not before the years after the end of the last permit that they may be about, and not under a hold. Where the law lets them go, the program still keeps them: this log has no purge."
package spe.audit.purge

import data.spe.caller
import data.spe.tables

default grounds := false

grounds if caller.has_any(asking)

reasons contains reason if some reason in caller.reasons

reasons contains caller.lacks(asking) if not caller.has_any(asking)

asking := ["auditor", "operator"]

# METADATA
# title: "Access logs are kept for a year at least"
# custom:
#   code: retention_twelve_months
#   message:
#     en: "Entries younger than twelve months were asked for."
#     it: "Sono state indicate voci con meno di dodici mesi."
#   remedy:
#     en: "Name an instant that is more than twelve months ago."
#     it: "Indicare un istante di oltre dodici mesi fa."
#   reference: "EHDS Art. 73(1)(e)"
reasons contains {"code": "retention_twelve_months", "params": {}} if input.before > input.now - tables.retention.seconds_least

# METADATA
# title: "Entries are kept for years after the end of their permit"
# custom:
#   code: retention_after_permit
#   message:
#     en: "The retention of a permit that was in use by then has not ended."
#     it: "La conservazione relativa a un permesso allora in uso non è terminata."
#   remedy:
#     en: "Wait until the years after the end of the last such permit are over."
#     it: "Attendere che siano trascorsi gli anni dopo la fine dell'ultimo permesso."
#   reference: "EHDS Art. 73(1)(e)"
reasons contains {"code": "retention_after_permit", "params": {}} if input.last_end + tables.retention.seconds_after_permit > input.now

# METADATA
# title: "Nothing is purged under a legal hold"
# custom:
#   code: legal_hold
#   message:
#     en: "{holds} legal holds are in force."
#     it: "Sono in vigore {holds} vincoli di conservazione."
#   remedy:
#     en: "An auditor lifts them once their reason is gone: spe audit hold list."
#     it: "Un auditor li rimuove quando la ragione è cessata: spe audit hold list."
#   reference: "GDPR Art. 17(3)(e)"
reasons contains {"code": "legal_hold", "params": {"holds": sprintf("%d", [input.holds])}} if input.holds > 0

obligations := set()

profile := {}
