"""Whose key signs: certificates, seals, signing providers."""
