"""The tamper-evident log: what is written, how it is read, how it is verified."""
