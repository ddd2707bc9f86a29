"""Encrypted sums: exact add-only BFV, a wire form of fixed size, and a secret key that is only ever whole to open a sum."""
