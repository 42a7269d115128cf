"""Briefs: reading what a user hands in, and the five that come with the desk."""
