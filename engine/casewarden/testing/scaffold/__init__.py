"""What `casewarden connector new` writes: a plugin for an invented helpdesk, which passes the kit as it stands."""
