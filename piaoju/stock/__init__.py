"""Where each number is: segments, counters, voids."""
