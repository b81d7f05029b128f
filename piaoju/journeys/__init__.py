"""One file, one story: its steps and its transactions."""
