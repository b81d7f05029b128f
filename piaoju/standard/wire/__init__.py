"""The vocabulary of the wire: names that other systems gave, kept apart from ours."""
