"""Logs, metrics and traces: what a running sidecar tells of itself, without what persons wrote and without secrets."""
