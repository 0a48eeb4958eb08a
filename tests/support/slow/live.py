"""Live operation without a helpdesk: decide at every event and every wake-up, and remember it in the log.

`python -m support.slow.live FILE` decides the pickled cases of a file and prints a digest of all bytes: run under
different hash seeds, it must print the same.
"""

import hashlib
import pickle
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from casewarden.decide import compile_ruleset, decide, engine_events
from casewarden.model import Event, fold
from casewarden.model.canonical import decision_json
from casewarden.model.decision import Decision
from casewarden.ruleset.syntax import Ruleset
from support.slow.spans import DAY

MOST_STEPS = 40
BEYOND = 4 * DAY  # how long after the last event wake-ups are followed


@dataclass(frozen=True)
class Moment:
    """One decision: what was in the log (without what came of it), when, and what was decided."""

    log: tuple[Event, ...]
    now: int
    decision: Decision
    next_event: int | None


def live(ruleset: Ruleset, history: list[Event]) -> Iterator[Moment]:
    """Decide step by step; what a decision leaves in the log is there for the next."""
    compiled = compile_ruleset(ruleset)
    ours: list[Event] = []
    now: int | None = min(event.seen_at for event in history)
    end = max(event.seen_at for event in history) + BEYOND
    for _ in range(MOST_STEPS):
        if now is None or now > end:
            return
        log = (*(event for event in history if event.seen_at <= now), *ours)
        decision = decide(compiled, fold(log), now)
        next_event = min((event.seen_at for event in history if event.seen_at > now), default=None)
        yield Moment(log, now, decision, next_event)
        ours += engine_events(decision)
        following = [at for at in (next_event, decision.next_wakeup) if at is not None]
        now = min(following, default=None)


def all_bytes(ruleset: Ruleset, history: list[Event]) -> bytes:
    """The canonical bytes of every decision of a history, one after another."""
    return b"\n".join(decision_json(moment.decision) for moment in live(ruleset, history))


def main(path: str) -> None:
    cases: list[tuple[Ruleset, list[Event]]] = pickle.loads(Path(path).read_bytes())
    digest = hashlib.sha256()
    for ruleset, history in cases:
        digest.update(all_bytes(ruleset, history))
    sys.stdout.write(digest.hexdigest())


if __name__ == "__main__":
    main(sys.argv[1])
