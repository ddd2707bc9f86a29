"""The steps of the tour, one module a stage."""
