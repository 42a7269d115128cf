"""Briefs from outside: files, standard input, and the bundled ones with their slices of real history."""
