"""Any number of workers comes to the end that one process comes to; who comes later takes a share, who goes gives."""

import signal
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from crash.truth import differences, end_state, findings
from workers.crew import Crew
from workers.history import END, events, history

Alone = Callable[[int], Mapping[str, Any]]
SCRIPTS = 22


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_any_number_of_workers_comes_to_the_same_end(workers: int, crew: Crew, alone: Alone) -> None:
    batches = history(SCRIPTS)
    assert events(batches) > 1000
    names = [f"worker-{number}" for number in range(workers)]
    crew.start(*names, ingest=True)
    crew.wait(lambda: crew.owns(dict.fromkeys(names, 16 // workers)), "share the partitions")
    crew.run(batches, END)
    assert findings(crew.store, crew.records, batches) == []
    assert differences(end_state(crew.store), alone(SCRIPTS)) == []


def test_who_comes_takes_a_share_and_who_leaves_hands_it_over(crew: Crew) -> None:
    crew.start("a")
    crew.wait(lambda: crew.owns({"a": 16}), "own all")
    crew.start("b")
    took = crew.wait(lambda: crew.owns({"a": 8, "b": 8}), "share with b")
    print(f"b had its share {took:.1f} s after it was there")
    crew.start("c", "d")
    crew.wait(lambda: crew.owns(dict.fromkeys("abcd", 4)), "share with c and d")
    assert len(crew.held("poll")) == 1
    crew.wait(lambda: [owned(crew, name) for name in "abcd"] == [4, 4, 4, 4], "say what they own")
    crew.signal("a", signal.SIGTERM)
    took = crew.wait(lambda: "a" not in crew.held().values() and len(crew.held()) == 16, "take over from a")
    print(f"what a had was handed over within {took:.1f} s")
    assert max(crew.shares().values()) <= 6
    assert crew.ends("a") == 0
    crew.wait(lambda: len(crew.held("poll")) == 1, "poll")


def test_a_worker_has_doors_to_be_watched_through_and_no_others(crew: Crew) -> None:
    crew.start("a")
    assert crew.ask("a", "GET", "/healthz")[0] == 200
    crew.wait(lambda: crew.ask("a", "GET", "/readyz")[0] == 200, "be ready")
    assert crew.ask("a", "POST", "/webhooks/desk", b"[]")[0] == 404
    assert crew.ask("a", "POST", "/ingest/monitor", b"[]")[0] == 401


def test_workers_cut_a_store_into_the_same_partitions(crew: Crew) -> None:
    crew.start("a")
    crew.more = {"partitions": 8}
    crew.alive["b"] = crew.parent.start(crew.config("b", "worker"))
    crew.wait(lambda: crew.parent.ended(crew.alive["b"]) is not None, "end b")
    del crew.alive["b"]
    assert "the processes that run share 16 partitions, and this one has 8" in crew.log("b")
    crew.signal("a", signal.SIGTERM)
    assert crew.ends("a") == 0
    crew.start("c")
    crew.wait(lambda: crew.owns({"c": 8}), "own all eight")


def owned(crew: Crew, name: str) -> int:
    """How many partitions a process says that it owns."""
    lines = crew.ask(name, "GET", "/metrics")[1].splitlines()
    return next(int(float(line.split()[1])) for line in lines if line.startswith("casewarden_partitions_owned "))
