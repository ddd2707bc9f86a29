"""The subjects of one site whose data a permit may use."""
