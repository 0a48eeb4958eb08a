"""Customers and contracts as data: the directory, read and checked, and what it tells accounts and cases as events."""
