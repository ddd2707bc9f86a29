"""Pages over the same desks and use cases as the API, for people with a browser, with scripts or without."""
