"""Trusted recomputation, standard library only: mounted read-only in the sandbox and started by `recompute_main.py`."""
