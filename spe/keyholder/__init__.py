"""A key holder's process: it has a share of keys, and answers orders to open."""
