"""What operators are shown of a live store, as data, as text and as JSON."""
