"""Rulesets: from text with places to a checked tree, and what editors and people need around it."""
