"""Which rooms run in which process."""
