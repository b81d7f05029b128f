"""Reference data of Sichuan and an invented set of units and bills, for the demonstration and the tests."""
