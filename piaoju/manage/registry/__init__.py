"""Pages of the registry: units and their way online, bill types, items, regions, stops, and what is wrong with any of it."""
