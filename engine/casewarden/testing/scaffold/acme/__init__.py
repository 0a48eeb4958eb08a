"""The acme connector: events from Acme, actions to Acme."""
