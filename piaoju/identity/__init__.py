"""Who did it: operators, API clients, the audit trail."""
