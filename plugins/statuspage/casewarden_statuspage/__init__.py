"""The statuspage connector: how services are, as public status pages and Alertmanager tell it."""
