"""Mutation: a ruleset with one small mistake in it, and whether its tests notice."""
