"""What subjects ask for: what happened with my data, and that my traces be erased."""
