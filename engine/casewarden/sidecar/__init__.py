"""The sidecar as a process: everything put together, started, reloaded, asked and stopped."""
