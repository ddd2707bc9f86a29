"""A permit's place at one site, and the port to the sandbox in it."""
