"""The demonstration: a helpdesk of invented customers, agents and outages in virtual time, and a live view of it."""
