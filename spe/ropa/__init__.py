"""The record of processing activities (GDPR Art. 30), from permits, catalogue and log."""
