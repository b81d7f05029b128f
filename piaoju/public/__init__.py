"""Pages and calls for everyone, without an account."""
