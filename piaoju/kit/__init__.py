"""Errors, clock, limits: nothing with a domain word in it."""
