"""Putting adapters and services together: the only place that sees the settings."""
