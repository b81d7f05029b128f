"""Signing in and one's own account: the pages before the frame, and who stands behind a request."""
