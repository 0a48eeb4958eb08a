"""Rulesets to start from: copies of others under a new name, and blank ones made from a few answers."""
