"""The embedded sandbox: bubblewrap on this machine, under a supervisor of its own for every run."""
