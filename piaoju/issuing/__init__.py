"""Bills, lines, documents and intents."""
