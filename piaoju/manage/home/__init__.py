"""Today's duties, a person's own page, and help."""
