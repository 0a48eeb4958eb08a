"""Whether somebody works on a store that several processes share."""

import json
import threading
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import pytest

from casewarden.sidecar.jobs import Duty
from casewarden.sidecar.membership import Member
from casewarden.store import breakers
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
        assert [one["breaker"] for one in told["connectors"]] == [None]
        assert desk.say("status").stdout.startswith("What needs a person\n  no sidecar runs")


def test_status_tells_the_worst_breaker_that_a_process_told_lately(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = Hands()
    with closing(Database(postgres_url)) as database:
        (desk,) = set_up(tmp_path, database, postgres_url, monkeypatch)
        database.own_time = True
        member = Member(database, 16, (), begin=hands.begin, end=hands.end, mail=lambda: None)
        member.start()
        try:
            hands.until(16)
            seen = []
            for process, state, ago in (
                ("a", "closed", 0),
                ("b", "open", 30),
                ("c", "half_open", 0),
                ("b", "open", 61),
            ):
                with database.write() as connection:
                    now = database.now(connection, 0)
                    breakers.tell(connection, process, {"desk": state}, now - ago * 1_000_000)
                told = json.loads(desk.say("status", "--format", "json").stdout)
                fails = any(one.startswith("desk fails to do what it is told") for one in told["problems"])
                seen.append((told["connectors"][0]["breaker"], fails))
            assert seen == [("closed", False), ("open", True), ("open", True), ("half_open", True)]
        finally:
            member.leave()
            member.thread.join(60)


def test_what_a_process_told_that_is_no_more_is_forgotten(database: Database) -> None:
    with database.write() as connection:
        breakers.tell(connection, "a", {"desk": "open"}, 0)
        breakers.tell(connection, "b", {"desk": "closed"}, 60_000_000)
        assert breakers.told(connection, 60_000_000) == {"desk": "open"}
        breakers.tell(connection, "b", {"desk": "closed"}, 60_000_001)
        names = connection.exec_driver_sql("SELECT name FROM setting WHERE name LIKE 'breakers/%%'").scalars().all()
        assert names == ["breakers/b"]
