"""Set-up of a fresh clone: run as `python3 -m spe.setup`, so the standard library is all it has."""
