"""`casewarden.yaml`: read, checked, as data."""
