"""Pages about bills: the list, and one bill."""
