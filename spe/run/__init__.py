"""Executions of approved code."""
