"""The demonstration: a helpdesk of invented customers, agents and outages in virtual time, and a live view of it."""

from typing import Final

PLUGIN: Final = "demonstration"
"""What its configuration calls the connector, which no plugin that is installed offers."""
