"""Deadlines that another revision moved: what was promised until then, and what holds now, for a person to approve."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from casewarden.model.decision import ClockInstance, ClockState
from casewarden.model.event import Json
from casewarden.model.instants import iso

_PROMISED: Final = frozenset({ClockState.RUNNING, ClockState.MET, ClockState.MISSED})
"""The states in which a clock's due time is a promise, kept or not; one that is paused has none."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The deadline of one run of a clock, before and after; instants as text, None for no time."""

    clock: str
    started_by: str | None
    before: str | None
    after: str | None

    @property
    def name(self) -> str:
        """The run's name, as corrections have it."""
        return f"{self.clock}/{self.started_by}"

    def message(self, revision: str, instead_of: str) -> str:
        """What a person reads; revisions by their digests."""
        return (
            f"{self.clock} was due {self.before or 'at no time'} by revision {instead_of[:12]}; "
            f"by revision {revision[:12]} it is due {self.after or 'at no time'}"
        )

    def details(self, revision: str, instead_of: str) -> dict[str, Json]:
        """The same for programs."""
        return {
            "kind": "deadline",
            "name": self.name,
            "before": self.before,
            "after": self.after,
            "revision": revision,
            "instead_of": instead_of,
        }


def moved(shown: str | None, clocks: Sequence[ClockInstance]) -> Iterator[Moved]:
    """Yield what moved between the clocks as a subject's row shows them and those of the decision that follows."""
    before = {(one["clock"], one["number"]): one for one in json.loads(shown or "[]")}
    for run in clocks:
        was = before.get((run.clock, run.number))
        if was is None or was["due"] == run.due or run.state not in _PROMISED or was["state"] not in _PROMISED:
            continue
        old, new = (None if due is None else iso(due) for due in (was["due"], run.due))
        yield Moved(run.clock, run.started_by, old, new)
