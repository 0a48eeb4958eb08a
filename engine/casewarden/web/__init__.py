"""The HTTP doors: events in, health and metrics out, and what operators ask of a running sidecar."""
