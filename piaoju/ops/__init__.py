"""Commands, the launcher, checks and benches."""
