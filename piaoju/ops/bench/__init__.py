"""The published figures, each beside its limit in the same run. Ratios travel between machines; rates do not."""
