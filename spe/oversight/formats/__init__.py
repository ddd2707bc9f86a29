"""Entries as others read them: FHIR AuditEvent and OCSF, made of what the timeline shows and nothing else."""
