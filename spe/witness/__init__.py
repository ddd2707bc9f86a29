"""The witness: a process apart from the log, with a key of its own, that cosigns what continues what it saw."""
