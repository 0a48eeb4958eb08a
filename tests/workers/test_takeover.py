"""Workers that are killed, and workers that hang and wake up again: others take over, and nothing is done twice."""

import signal
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from crash.truth import differences, end_state, findings
from workers.crew import Crew
from workers.history import END, history

Alone = Callable[[int], Mapping[str, Any]]
SCRIPTS = 8
BOUND = 30.0
"""Seconds within which others have taken over, on a machine that is busy with other things."""
HALF = {"a": 8, "b": 8}


def test_what_a_killed_worker_had_goes_on_with_the_others(crew: Crew, alone: Alone) -> None:
    batches = history(SCRIPTS)
    crew.start("a", "b", ingest=True)
    crew.wait(lambda: crew.owns(HALF), "share")
    for batch in batches[:-3]:
        crew.go_on_to(batch.at)
        crew.put(batch)
        crew.settle()
    kept = {lock: job for lock, job in crew.jobs().items() if crew.held()[lock] == "b"}
    crew.go_on_to(batches[-3].at)
    crew.put(batches[-3])
    crew.signal("a", signal.SIGKILL)
    assert crew.ends("a") == -signal.SIGKILL
    took = crew.wait(lambda: crew.owns({"b": 16}), "take over")
    print(f"b had everything {took:.1f} s after a was killed")
    assert took < BOUND
    assert kept.items() <= crew.jobs().items(), "what b had changed hands"
    crew.settle()
    crew.start("c")
    crew.wait(lambda: crew.owns({"b": 8, "c": 8}), "share with c")
    crew.run(batches[-2:], END)
    whole(crew, batches, alone)


def test_a_worker_that_hangs_and_wakes_up_again_does_nothing_twice(crew: Crew, alone: Alone) -> None:
    batches = history(SCRIPTS)
    crew.start("a", "b", ingest=True)
    crew.wait(lambda: crew.owns(HALF), "share")
    crew.run(batches[:-4], batches[-4].at)
    kept = {lock: job for lock, job in crew.jobs().items() if crew.held()[lock] == "b"}
    crew.pause(paused=True)  # so it does not hang within a call of the helpdesk, which nobody could take back
    crew.put(batches[-4])
    crew.wait(crew.is_writing, "decide")
    crew.signal("a", signal.SIGSTOP)
    took = crew.wait(lambda: crew.owns({"b": 16}), "take over")
    print(f"b had everything {took:.1f} s after a hung")
    assert took < BOUND
    assert kept.items() <= crew.jobs().items(), "what b had changed hands"
    crew.pause(paused=False)
    crew.settle()
    crew.go_on_to(batches[-3].at)
    crew.put(batches[-3])
    crew.signal("a", signal.SIGCONT)
    crew.settle()
    crew.wait(lambda: crew.owns(HALF), "share again")
    crew.run(batches[-2:], END)
    whole(crew, batches, alone)


def whole(crew: Crew, batches: list[Any], alone: Alone) -> None:
    """The store is sound, everything was done once and in order, and the end is that of one process."""
    assert findings(crew.store, crew.records, batches) == []
    rows = crew.store.rows("SELECT subject, at, length FROM decision ORDER BY subject, id")
    backwards = [
        (before, after)
        for before, after in pairwise(rows)
        if before[0] == after[0] and (after[1] < before[1] or after[2] < before[2])
    ]
    assert backwards == [], "decisions of one subject go back in time, or know less than those before"
    assert differences(end_state(crew.store), alone(SCRIPTS)) == []
