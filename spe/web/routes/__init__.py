"""One file a stage: each route reads what came, calls its desk once, and writes the answer."""
