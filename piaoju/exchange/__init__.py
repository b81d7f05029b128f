"""The JSON API of units' systems."""
