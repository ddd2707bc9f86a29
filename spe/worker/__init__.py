"""The worker: reconciles what is wanted with what is."""
