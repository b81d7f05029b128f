"""People and rights: accounts, appointments, UKEYs, sessions, and the record of all acts."""
