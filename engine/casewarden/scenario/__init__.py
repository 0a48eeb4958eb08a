"""Histories and virtual time: reading them, running them through the engine, counting what came of it."""
