"""What auditors do: read the log, export it, see receipts."""
