"""The process that adds contributions up: it has no key, and loads nothing that could decrypt."""
