"""Decisions are made again from the store alone and come out the same; what was changed behind its back does not."""

from pathlib import Path

import pytest
from sqlalchemy import text

from casewarden.config.settings import RulesetSource
from casewarden.model.event import Json
from casewarden.service.personal import erase
from casewarden.service.revisions import keep_revisions
from casewarden.service.rulebook import Rulebook
from casewarden.service.ruleset_sources import read_source
from casewarden.service.verify import Verified, verify_decisions
from casewarden.store.check import check
from casewarden.store.database import Database
from support.sidecars import KEY, Bench
from support.small import Log, at, text_of

RULES = """
clocks:
  first_response:
    clause: [S]
    starts: case_opened
    stops: agent_reply
    target: 2 elapsed hours
rules:
  greet:
    clause: [S]
    when: {case.core: down}
    then: [reply: hello]
  chase:
    clause: [S]
    when: {clock.first_response: missed}
    then: [note: bye]
"""


@pytest.fixture
def bench(database: Database, tmp_path: Path) -> Bench:
    """A sidecar that decided on two cases for a day, with its ruleset in the store."""
    (tmp_path / "small.yaml").write_text(text_of(RULES), encoding="utf-8")
    read = read_source(RulesetSource(tmp_path / "small.yaml"), at("mon 08:00"))
    assert read.revision is not None, read.diagnostics.items
    digest = read.revision.digest
    book = Rulebook().with_revision(read.revision)
    with database.write() as connection:
        keep_revisions(connection, book)
    made = Bench(database, book.compiled("small", digest, digest), at("mon 09:00"))
    for case, who in (("case:1", "anna@acme.example"), ("case:2", "bob@acme.example")):
        facts: dict[str, Json] = {"contact.email": who, "case.core": "down"}
        made.take(
            Log(case).add("opened", "mon 09:00", who=(who,), facts=facts).message("mon 09:00", text="Help").events
        )
    made.until(at("tue 09:00"))
    assert len(made.decisions) > 4
    return made


def verified(bench: Bench, most: int | None = None) -> Verified:
    return verify_decisions(bench.database, bench.sealing, KEY, most)


def change(bench: Bench, statement: str) -> None:
    with bench.database.write() as connection:
        connection.execute(text(statement))


def test_every_decision_is_made_again(bench: Bench) -> None:
    assert verified(bench) == Verified((), len(bench.decisions), 0)
    assert verified(bench, 3) == Verified((), 3, 0)
    assert check(bench.database, bench.sealing).findings == ()


def test_another_event_or_another_instant_comes_out_otherwise(bench: Bench) -> None:
    change(bench, "UPDATE event SET at = at + 60000000 WHERE kind = 'opened' AND subject = 'case:2'")
    found = verified(bench).findings
    assert {one.where.partition(" ")[0] for one in found} == {"case:2"}
    assert {one.message for one in found} == {"decided again it comes out otherwise"}


def test_a_decision_that_was_changed_is_found(bench: Bench) -> None:
    change(bench, "UPDATE decision SET at = at + 1 WHERE id = (SELECT max(id) FROM decision)")
    assert len(verified(bench).findings) == 1


def test_with_another_key_nothing_is_the_same(bench: Bench) -> None:
    found = verify_decisions(bench.database, bench.sealing, KEY[::-1], None)
    assert len(found.findings) == found.decided == len(bench.decisions)


def test_rules_that_are_gone_and_logs_that_are_too_short_are_told(bench: Bench) -> None:
    change(bench, "UPDATE decision SET revision = 'gone' WHERE id = (SELECT min(id) FROM decision)")
    change(bench, "UPDATE decision SET length = 99 WHERE id = (SELECT max(id) FROM decision)")
    said = sorted(one.message for one in verified(bench).findings)
    assert said[1] == "its rules, revision gone, are not in the store"
    assert said[0].startswith("it knew 99 entries, and its log has ")
    assert all(one.what == "decision" for one in verified(bench).findings)


def test_what_was_decided_on_what_is_erased_is_left_out(bench: Bench) -> None:
    erase(bench.database, bench.sealing.sealer, "anna@acme.example", who="olga", why="by letter", now=bench.now)
    found = verified(bench)
    assert found.findings == ()
    assert found.erased > 0
    assert found.decided + found.erased == len(bench.decisions)
