"""The command line: the same verbs as the API, spelt for people; imports are lazy so that help is instant."""
