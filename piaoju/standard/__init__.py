"""The standard: bills, codes, XML, faces. The same bytes from the same bill, for ever."""
