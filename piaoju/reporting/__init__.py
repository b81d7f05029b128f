"""The one query layer."""
