"""Who may issue what: regions, units, bill types, charge items, authorizations."""
