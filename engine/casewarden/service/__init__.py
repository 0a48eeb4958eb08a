"""The sidecar: taking in, deciding, waking, delivering; the only place where core, store and plugins meet."""
