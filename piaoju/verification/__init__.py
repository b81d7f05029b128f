"""What the public may see of a bill: kept apart from the bill itself, masked when written."""
