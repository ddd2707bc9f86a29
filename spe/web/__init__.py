"""The HTTP edge: one route a use case, strict bodies, problems that people can act on."""
