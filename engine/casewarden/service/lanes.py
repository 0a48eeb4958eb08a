"""Lanes: one ruleset's view of all subjects. A rollout's trial is a lane beside a live one: `LANE@ROLLOUT`."""

from dataclasses import dataclass
from typing import Final

TRIAL: Final = "@"


def is_trial(lane: str) -> bool:
    """Whether a lane is a rollout's: nothing that is decided in it reaches anybody."""
    return TRIAL in lane


def trial_of(lane: str, rollout: str) -> str:
    """The lane of a rollout beside a live one."""
    return f"{lane}{TRIAL}{rollout}"


def rollout_of(trial: str) -> str:
    """The name of the rollout whose trial a lane is."""
    return trial.partition(TRIAL)[2]


def live_of(lane: str) -> str:
    """The lane beside which a trial runs; of a live one itself."""
    return lane.partition(TRIAL)[0]


@dataclass(frozen=True, slots=True)
class Begun:
    """When a trial began, and which revision's rules live subjects had then; None where it had none before."""

    at: int
    base: str | None
