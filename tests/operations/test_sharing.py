"""Whether somebody works on a store that several processes share."""

import json
import threading
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import pytest

from casewarden.sidecar.jobs import Duty
from casewarden.sidecar.membership import Member
from casewarden.store.database import Database
from operations.desk import set_up


class Hands:
    """Takes what it is given, and tells when it has so much."""

    def __init__(self) -> None:
        self.has: set[Duty] = set()
        self.changed = threading.Condition()

    def begin(self, duty: Duty) -> None:
        with self.changed:
            self.has.add(duty)
            self.changed.notify_all()

    def end(self, duty: Duty) -> "Future[None]":
        with self.changed:
            self.has.discard(duty)
            self.changed.notify_all()
        done: Future[None] = Future()
        done.set_result(None)
        return done

    def until(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.has) == count, 60), self.has


@pytest.mark.parametrize(("partitions", "problems"), [(16, []), (12, ["4 of 16 partitions have no owner"])])
def test_processes_that_share_a_store_are_counted_with_what_they_own(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch, partitions: int, problems: list[str]
) -> None:
    hands = Hands()
    with closing(Database(postgres_url)) as database:
        (desk,) = set_up(tmp_path, database, postgres_url, monkeypatch)
        member = Member(database, partitions, (), begin=hands.begin, end=hands.end, mail=lambda: None)
        member.start()
        try:
            hands.until(partitions)
            told = json.loads(desk.say("status", "--format", "json").stdout)
        finally:
            member.leave()
            member.thread.join(60)
        assert (told["process"]["running"], told["process"]["processes"]) == (True, 1)
        assert told["problems"] == problems
        assert desk.say("status").stdout.startswith("What needs a person\n  no sidecar runs")
