"""The tables of the registry, by what they tell. `models` names them all; nobody outside the room comes here."""
