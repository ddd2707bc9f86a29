"""Several hospitals, one answer: rounds of encrypted sums, their orders, key holders and openings."""
