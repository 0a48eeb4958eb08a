"""The files connector: events from JSON lines, actions as JSON lines."""
