"""Statistical disclosure checks, one rule a file, each with the same signature; `assess.check_output` runs them."""
