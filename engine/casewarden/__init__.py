"""Casewarden: support policies as declarative rules, enforced exactly and explained."""

__version__ = "0.1.0"
