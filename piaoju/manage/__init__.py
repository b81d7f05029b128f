"""The back office: pages for finance officers and units' people."""
