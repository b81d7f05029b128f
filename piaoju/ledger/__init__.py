"""What happened: facts, totals, the Merkle log."""
