"""Deciding: `decide(compile_ruleset(ruleset), subject, now)` is pure, and everything else calls it."""

from casewarden.decide.compile import Compiled, compile_ruleset
from casewarden.decide.delivery import objection
from casewarden.decide.engine import Trace, decide, truths
from casewarden.decide.log import engine_count, engine_events, outcome_event

__all__ = [
    "Compiled",
    "Trace",
    "compile_ruleset",
    "decide",
    "engine_count",
    "engine_events",
    "objection",
    "outcome_event",
    "truths",
]
