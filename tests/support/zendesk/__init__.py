"""A Zendesk in the test's own process: tickets, audits, users, organizations, the exports and their habits."""
