"""Data access requests: the contents of EHDS Art. 67, checked before and at submitting."""
