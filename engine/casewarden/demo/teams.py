"""The people of support, invented: who works when, in which zone, and who has a role of their own."""

from typing import Final

from casewarden.demo.cast import Agent, Team, on_call
from casewarden.demo.moments import hours

STARTER: Final = Team(
    agents=(
        Agent("bela", hours("Europe/Berlin", 8, 16)),
        Agent("carla", hours("Europe/Berlin", 9, 17)),
        Agent("dunja", hours("Europe/Lisbon", 9, 18)),
    ),
    others={
        "on_call": on_call("fritzi"),
        "lead": Agent("ruth", hours("Europe/Berlin", 8, 18), ("lead",)),
    },
)
ZITADEL: Final = Team(
    agents=(
        Agent("aline", hours("Europe/Zurich", 8, 17)),
        Agent("corsin", hours("Europe/Zurich", 7, 16)),
        Agent("paola", hours("Europe/Zurich", 10, 19)),
    ),
    others={
        "on_call": on_call("matteo", "support"),
        "support_lead": Agent("esther", hours("Europe/Zurich", 8, 17), ("support_lead", "support")),
        "manager": Agent("henrik", hours("Europe/Zurich", 8, 18), ("manager",)),
        "engineering": Agent("noemi", hours("Europe/Zurich", 9, 18), ("engineering",)),
        "tam": Agent("samir", hours("Europe/Zurich", 8, 17), ("tam",)),
        "billing": Agent("ursina", hours("Europe/Zurich", 8, 16), ("billing",)),
        "security": Agent("yannic", hours("Europe/Zurich", 8, 19), ("security",)),
        "account_manager": Agent("lorenz", hours("Europe/Zurich", 9, 17), ("account_manager",)),
    },
)
WORKATO: Final = Team(
    agents=(
        Agent("dalia", hours("America/Los_Angeles", 8, 16)),
        Agent("marcus", hours("America/Los_Angeles", 9, 17)),
        Agent("ines", hours("America/New_York", 9, 18)),
    ),
    others={
        "on_call": on_call("gideon", "support"),
        "support_lead": Agent("rosalind", hours("America/Los_Angeles", 8, 17), ("support_lead", "support")),
        "development": Agent("tariq", hours("America/Los_Angeles", 9, 18), ("development",)),
    },
)
