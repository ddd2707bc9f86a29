"""Recipes of cryptography: canonical JSON, signatures, sealed files, keyed digests, keys at rest."""
