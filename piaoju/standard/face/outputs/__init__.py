"""Formats a face can be written in; one file each."""
