"""Random histories through the sidecar: every decision is made again; what was tampered with is found."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from casewarden.config.settings import RulesetSource
from casewarden.model import Event
from casewarden.model.event import Json
from casewarden.service.revisions import keep_revisions
from casewarden.service.rulebook import Rulebook
from casewarden.service.ruleset_sources import read_source
from casewarden.service.verify import Verified, verify_decisions
from casewarden.store.check import Finding, check
from casewarden.store.database import Database
from support.sidecars import KEY, Bench
from support.small import HOUR, MINUTE, at, text_of

RULES = """
fields:
  case:
    core: {type: choice, of: [down, degraded, available]}
    size: {type: integer}
    workaround: {type: yes_no}
  contract:
    region: {type: choice, of: [emea]}
  service.core:
    health: {type: choice, of: [up, down], fresh_for: 2 hours}
  links.defect:
    status: {type: choice, of: [filed, fixed]}
severity:
  clause: [S]
  levels: {1: Critical, 2: Degraded, 3: Standard}
  until_classified: 3
  hit: first
  table:
    - {when: {case.core: down}, gives: 1}
    - {when: {case.core: degraded}, gives: 2}
  otherwise: 3
events:
  both: {all: [customer_message, agent_reply]}
clocks:
  answer:
    clause: [S]
    starts: case_opened
    stops: agent_reply
    targets_by_severity: {1: 1 business hour, 2: 4 business hours, 3: none}
    on_reopen: resume
    pauses_while: {not: {happened: {event: customer_message, in_last: 3 hours}}}
credits:
  late: {clause: [S], clock: answer, award: 1 day, for_each: 1 business hour, count: started, cap: none, add_to: END}
guards:
  not_fixed: {clause: [S], forbids: close, while: {links.defect: {some: {status: filed}}}}
rules:
  greet:
    clause: [S]
    each: case_opened
    then: [reply: hello]
  chase:
    clause: [S]
    when: {clock.answer: missed}
    repeat: {every: 2 hours, first: at_once, reset_by: agent_note}
    limit: {times: 3}
    then: [notify: {who: manager, message: hello}]
  remind:
    clause: [S]
    when: {not: {happened: {event: customer_contact, in_last: 4 hours}}}
    repeat: {every: 6 hours, first: at_once}
    then: [reply: bye]
  met:
    clause: [S]
    when: {happened: {event: both, times: 2}}
    then: [note: hello, set: {case.size: 2}]
  outage:
    clause: [S]
    when: {service.core.health: {is: down, for: 30 minutes}}
    then: [note: bye]
  done:
    clause: [S]
    when: {case.workaround: yes}
    deliver: {in_hours: office}
    then: [close: solved]
""".replace("END", "contract.term_end")
FACTS: list[tuple[str, list[Json]]] = [
    ("case.core", ["down", "degraded", None]),
    ("case.size", [1, 2]),
    ("case.workaround", [True, False]),
]
CASES = ("case:1", "case:2", "case:3")


def history(chance: random.Random) -> Iterator[tuple[int, Event]]:
    """What is learnt in three days, in order, each with the instant at which it comes; some of it late or twice."""
    now = at("mon 09:00")

    def event(number: int, subject: str, kind: str, by: str, data: dict[str, Json], who: tuple[str, ...] = ()) -> Event:
        happened = now - chance.choice([0, 0, 0, 5, 90]) * MINUTE
        key = f"e{number if chance.random() < 0.95 else number - 1}"
        return Event(subject, kind, happened, now, by, "desk", key, number, who, data)

    for case in CASES:
        who = f"{case[-1]}@acme.example"
        facts: dict[str, Json] = {"contact.email": who, "service.core": "core", "case.core": "down"}
        yield now, Event(case, "opened", now, now, "customer", "desk", f"{case}-opened", 0, (who,), {"facts": facts})
    for number in range(1, 40):
        now += chance.choice([0, 1, 20, 45, 120, 400]) * MINUTE
        case = chance.choice(CASES)
        match chance.choice(["message", "message", "message", "fact", "link", "status", "service"]):
            case "message":
                automatic = chance.choice([None, False, False, True])
                data: dict[str, Json] = {"public": chance.random() < 0.8, "automatic": automatic, "text": "Help"}
                yield now, event(number, case, "message", chance.choice(["customer", "agent"]), data)
            case "fact":
                path, values = chance.choice(FACTS)
                yield now, event(number, case, "observed", "agent", {"facts": {path: chance.choice(values)}})
            case "link":
                status = chance.choice(["filed", "fixed"])
                yield (
                    now,
                    event(number, case, "linked", "agent", {"kind": "defect", "id": "d", "facts": {"status": status}}),
                )
            case "status":
                yield now, event(number, case, chance.choice(["closed", "reopened"]), "agent", {})
            case _:
                health = chance.choice(["up", "down"])
                yield now, event(number, "service:core", "observed", "automation", {"facts": {"health": health}})


def after(seed: int, database: Database, folder: Path) -> Bench:
    """A sidecar after one random history; at times it began anew, and its source lags behind or states nothing."""
    chance = random.Random(seed)
    (folder / "small.yaml").write_text(text_of(RULES), encoding="utf-8")
    read = read_source(RulesetSource(folder / "small.yaml"), at("sun-1 08:00"))
    assert read.revision is not None, [f"{one.place.line}: {one.message}" for one in read.diagnostics.items]
    digest = read.revision.digest
    book = Rulebook().with_revision(read.revision)
    with database.write() as connection:
        keep_revisions(connection, book)
    made = Bench(database, book.compiled("small", digest, digest), at("mon 09:00"), cached=2)
    lags = seed % 2 == 0
    for instant, event in history(chance):
        made.until(instant)
        if lags:
            made.known["desk"] = instant - chance.choice([1, 10, 30]) * MINUTE
        made.take([event])
        if chance.random() < 0.1:
            made.restart()
    made.settle()
    made.until(made.now + 12 * HOUR)
    return made


def verified(bench: Bench) -> Verified:
    return verify_decisions(bench.database, bench.sealing, KEY, None)


def flip(bench: Bench, table: str, column: str, id_: object, place: int) -> None:
    """Flip one bit of one cell, keeping the kind of value; doing it twice changes nothing."""
    ((value,),) = bench.rows(f"SELECT {column} FROM {table} WHERE id = :id", id=id_)
    assert isinstance(value, str | bytes | memoryview)
    raw = bytearray(value.encode() if isinstance(value, str) else value)
    raw[place % len(raw)] ^= 1
    changed = raw.decode() if isinstance(value, str) else bytes(raw)
    with bench.database.write() as connection:
        connection.execute(
            text(f"UPDATE {table} SET {column} = :changed WHERE id = :id"), {"changed": changed, "id": id_}
        )


def places(bench: Bench, chance: random.Random, table: str, column: str) -> list[tuple[object, int]]:
    """A few rows that have something in a column, each with a place in it."""
    rows = bench.rows(f"SELECT id FROM {table} WHERE {column} IS NOT NULL ORDER BY id")
    return [(row[0], chance.randrange(1000)) for row in chance.sample(rows, 3)]


@pytest.mark.parametrize("seed", range(4))
def test_all_decisions_of_a_random_history_are_made_again(seed: int, database: Database, tmp_path: Path) -> None:
    bench = after(seed, database, tmp_path)
    assert len(bench.decisions) > 40
    assert {row[0] for row in bench.rows("SELECT kind FROM outbox")} >= {"reply", "notify"}
    assert verified(bench) == Verified((), len(bench.decisions), 0)
    assert check(bench.database, bench.sealing).findings == ()


def test_one_bit_of_a_decision_or_of_an_event_is_found(database: Database, tmp_path: Path) -> None:
    """Of an event by its log's commitment always, by decisions where it makes a difference to one."""
    bench, chance = after(0, database, tmp_path), random.Random(1)
    for place in places(bench, chance, "decision", "digest"):
        flip(bench, "decision", "digest", *place)
        (finding,) = verified(bench).findings
        assert (finding.what, finding.message) == ("decision", "decided again it comes out otherwise")
        flip(bench, "decision", "digest", *place)
    told: list[Finding] = []
    for column in ("data", "sealed", "kind", "by"):
        for place in places(bench, chance, "event", column):
            flip(bench, "event", column, *place)
            findings = check(bench.database, bench.sealing).findings
            assert {finding.what for finding in findings} >= {"log"}, (column, place)
            told += verified(bench).findings
            flip(bench, "event", column, *place)
    assert told
    assert {finding.what for finding in told} == {"decision"}
    assert verified(bench).findings == check(bench.database, bench.sealing).findings == ()
