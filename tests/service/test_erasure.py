"""An erasure in a sidecar at work: what is under way to the contact is not sent any more, and the log says so."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from casewarden.model import Json
from casewarden.plugin import Answer, Applied, Attempt, Retry
from casewarden.service.deliver import Came
from casewarden.service.personal import erase, export
from casewarden.store.check import check
from casewarden.store.database import Database
from casewarden.store.tables import metadata
from support.sidecars import Bench
from support.small import Log, at, ruleset

ANNA, BOB, SECRET = "anna@acme.example", "bob@acme.example", "xylophone"
RULES = """
messages:
  greeting: {en: "Dear customer, about: {{ case.subject }}"}
  bye: {en: "Bye."}
events:
  goodbye: {kind: message, by: agent}
rules:
  greet:
    clause: [S]
    when: {case.core: down}
    then: [reply: greeting, tag: {add: [greeted]}]
  remind:
    clause: [S]
    each: goodbye
    then: [reply: bye]
"""


@dataclass
class Desk:
    """A helpdesk that is away until it is back."""

    is_back: bool = False
    written: list[Attempt] = field(default_factory=list)

    def __call__(self, attempt: Attempt) -> Answer:
        if not self.is_back:
            return Retry("away", reached=True, request={"body": f"<p>{attempt.content.get('text')}"})
        self.written.append(attempt)
        return Applied(request={"body": f"<p>{attempt.content.get('text')}"})


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def bench(database: Database, desk: Desk) -> Bench:
    return Bench(database, ruleset(RULES), at("mon 09:00"), connector=desk)


def opening(case: str, who: str, said: str, time: str = "mon 09:00") -> Log:
    facts: Json = {"contact.email": who, "case.subject": said, "case.core": "down"}
    return Log(case).add("opened", time, who=(who,), facts=facts).message(time, text=f"It is down: {said}")


def anna_opens(bench: Bench) -> None:
    bench.take(opening("case:1", ANNA, SECRET).events)
    bench.take(opening("case:2", BOB, "Bob").events)
    bench.settle()


def erase_anna(bench: Bench) -> int:
    return erase(bench.database, bench.sealing.sealer, ANNA, who="olga", why="by letter", now=bench.now).withdrawn


def go(bench: Bench, time: str) -> None:
    bench.now = at(time)
    bench.settle()


def states(bench: Bench) -> list[tuple[object, ...]]:
    return bench.rows("SELECT key, state FROM outbox ORDER BY key")


def told(bench: Bench, case: str) -> list[object]:
    rows = bench.rows(
        "SELECT event.kind FROM log_entry JOIN event ON event.id = log_entry.event"
        " JOIN subject ON subject.id = log_entry.subject WHERE subject.name = :name ORDER BY number",
        name=case,
    )
    return [kind for (kind,) in rows if kind != "decided"]


@pytest.mark.parametrize("restarted", [True, False])
def test_what_waits_is_withdrawn_and_the_log_says_so(bench: Bench, desk: Desk, restarted: bool) -> None:
    anna_opens(bench)
    assert states(bench) == [
        ("case:1/greet/1/0/0", "waiting"),
        ("case:1/greet/1/0/1", "waiting"),
        ("case:2/greet/1/0/0", "waiting"),
        ("case:2/greet/1/0/1", "waiting"),
    ]
    assert erase_anna(bench) == 1
    desk.is_back = True
    if restarted:
        bench.restart()
    go(bench, "mon 12:00")
    assert states(bench) == [
        ("case:1/greet/1/0/0", "withdrawn"),
        ("case:1/greet/1/0/1", "withdrawn"),
        ("case:2/greet/1/0/0", "applied"),
        ("case:2/greet/1/0/1", "applied"),
    ]
    assert told(bench, "case:1") == ["opened", "message", "withdrawn", "withdrawn"]
    assert {attempt.subject for attempt in desk.written} == {"case:2"}
    assert check(bench.database, bench.sealing).findings == ()


def test_what_was_being_sent_when_the_sidecar_died_is_not_sent_again(bench: Bench, desk: Desk) -> None:
    bench.take(opening("case:1", ANNA, SECRET).events)
    bench.processor.batch(bench.slots, bench.now)
    assert len(bench.deliverer.claim(bench.slots, bench.now).sent) == 1
    erase_anna(bench)
    desk.is_back = True
    bench.restart()
    go(bench, "mon 12:00")
    assert states(bench) == [("case:1/greet/1/0/0", "withdrawn"), ("case:1/greet/1/0/1", "withdrawn")]
    assert desk.written == []


def test_what_comes_back_after_the_erasure_is_told_without_texts(
    bench: Bench, desk: Desk, everything: Callable[[], str]
) -> None:
    bench.take(opening("case:1", ANNA, SECRET).events)
    bench.processor.batch(bench.slots, bench.now)
    (sent,) = bench.deliverer.claim(bench.slots, bench.now).sent
    erase_anna(bench)
    desk.is_back = True
    bench.deliverer.settle([Came(sent, desk(sent.attempt))], bench.now)
    bench.settle()
    assert told(bench, "case:1")[:3] == ["opened", "message", "applied"]
    assert SECRET not in everything()
    assert check(bench.database, bench.sealing).findings == ()


def test_who_was_erased_is_not_written_to_later_and_others_in_the_case_are(bench: Bench, desk: Desk) -> None:
    anna_opens(bench)
    bench.take(opening("case:3", ANNA, SECRET).observed("mon 09:00", {"contact.email": BOB}).events)
    desk.is_back = True
    go(bench, "mon 12:00")
    erase_anna(bench)
    desk.written.clear()
    for number in (1, 2, 3):
        bench.take(Log(f"case:{number}").message("mon 12:00", "agent", key="late").events)
    go(bench, "mon 13:00")
    assert [attempt.key for attempt in desk.written] == ["case:2/remind/1/0/0", "case:3/remind/1/0/0"]
    assert ("case:1/remind/1/0/0", "withdrawn") in states(bench)
    bench.take(Log("case:1").observed("mon 14:00", {"contact.email": ANNA}, key="again").events)
    go(bench, "mon 14:00")
    bench.take(Log("case:1").message("mon 14:00", "agent", key="later").events)
    go(bench, "mon 15:00")
    assert desk.written[-1].key.startswith("case:1/remind/")


@pytest.mark.states("P1", "P2")
def test_nothing_of_who_was_erased_is_left_and_others_lose_nothing(
    bench: Bench, desk: Desk, everything: Callable[[], str]
) -> None:
    anna_opens(bench)
    desk.is_back = True
    go(bench, "mon 12:00")
    assert SECRET not in everything()
    others = export(bench.database, bench.sealing.sealer, BOB)
    erase_anna(bench)
    go(bench, "tue 12:00")
    for trace in (SECRET, "anna"):
        assert trace not in everything()
    assert export(bench.database, bench.sealing.sealer, BOB) == others
    assert check(bench.database, bench.sealing).findings == ()


@pytest.fixture
def everything(bench: Bench) -> Callable[[], str]:
    """All that stands in the tables, and on SQLite all that is in the files."""

    def read() -> str:
        rows = [row for table in metadata.sorted_tables for row in bench.rows(f'SELECT * FROM "{table.name}"')]
        path = bench.database.path
        files = [] if path is None else [each.read_bytes() for each in Path(path).parent.iterdir() if each.is_file()]
        return repr(rows) + b"".join(files).decode("latin-1")

    return read
