"""The slow, obvious evaluator: what a decision must be, found by reading the whole log again for every question.

It is the independent truth for `casewarden.decide` and shares no code with it. `NOTES.md` says how it reads the places
where the text of the semantics leaves room.
"""

from support.slow.decision import SlowDecision, slow_decide

__all__ = ["SlowDecision", "slow_decide"]
