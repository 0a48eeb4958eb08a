"""Where several rulesets are in force, each case belongs to the one that governs it."""

from pathlib import Path

import pytest
from sqlalchemy import text

from casewarden.config.settings import RulesetSource
from casewarden.model.decision import PlannedAction
from casewarden.model.event import Event, Json
from casewarden.service.course import Destination, Manner
from casewarden.service.held import Held
from casewarden.service.intake import take
from casewarden.service.process import Processor
from casewarden.service.rulebook import Rulebook, reloaded
from casewarden.sidecar.rules import RulesInForce
from casewarden.store.contacts import open_sealer
from casewarden.store.database import Database
from casewarden.store.log import Sealing
from casewarden.store.slots import ALL_SLOTS
from support.sidecars import ALWAYS, KEY
from support.small import at, text_of


class Two:
    """A processor with two rulesets: `left` governs brand left or both, `right` brand right or both."""

    def __init__(self, database: Database, folder: Path) -> None:
        sources = []
        for name in ("left", "right"):
            path = folder / f"{name}.yaml"
            head = f"ruleset: {name}\napplies_to: {{case.brand: [{name}, both]}}\n"
            path.write_text(
                text_of("").replace("ruleset: small\n", head).replace("  case:\n", "  case:\n    brand: {type: text}\n")
            )
            sources.append(RulesetSource(path))
        book = reloaded(sources, Rulebook(), 0)
        assert isinstance(book, Rulebook), book
        database.own_time = False
        self.database = database
        self.sealing = Sealing(open_sealer(database, KEY), frozenset())
        self.rules = RulesInForce(book)
        manner = Manner(self.rules.compiled, self.rules.operations, _nowhere, _never, KEY, _unheard)
        self.processor = Processor(database, self.sealing, self.rules, manner, go_live=ALWAYS)

    def take(self, when: str, case: str, kind: str, key: str, **facts: Json) -> None:
        self.tell(when, case, kind, key, {"facts": facts})

    def tell(self, when: str, case: str, kind: str, key: str, data: dict[str, Json]) -> None:
        now = at(when)
        with self.database.write() as connection:
            take(connection, self.sealing, [Event(case, kind, now, now, "customer", "desk", key, data=data)], now)
        while not self.processor.batch([ALL_SLOTS], now).idle:
            pass

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        with self.database.read() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]


def _nowhere(_: Held, __: PlannedAction) -> Destination:
    return Destination("desk", None)


def _never(_: Held, __: PlannedAction) -> bool:
    return False


def _unheard(*_: object) -> None:
    """Nobody listens."""


@pytest.fixture
def two(database: Database, tmp_path: Path) -> Two:
    return Two(database, tmp_path)


def test_a_case_is_decided_by_the_ruleset_that_governs_it_and_by_no_other(two: Two) -> None:
    two.take("mon 09:00", "case:1", "opened", "o", **{"case.brand": "left"})
    two.take("mon 09:01", "case:2", "opened", "o2", **{"case.brand": "right"})
    assert two.rows("SELECT name, lane FROM subject ORDER BY name") == [("case:1", "left"), ("case:2", "right")]


def test_what_came_before_a_ruleset_governed_the_case_is_decided_once_one_does(two: Two) -> None:
    two.take("mon 09:00", "case:1", "opened", "o", **{"case.core": "down"})
    two.take("mon 09:05", "case:1", "observed", "p", **{"case.workaround": True})
    assert two.rows("SELECT name FROM subject") == []
    assert two.rows("SELECT behind FROM mailbox") == [(3,), (3,)]
    two.take("mon 09:10", "case:1", "observed", "q", **{"case.brand": "left"})
    kept = two.rows(
        "SELECT event.key FROM log_entry JOIN event ON event.id = log_entry.event "
        "WHERE event.source = 'desk' ORDER BY log_entry.number"
    )
    assert (kept, two.rows("SELECT behind FROM mailbox")) == ([("o",), ("p",), ("q",)], [])
    assert two.rows("SELECT opened_at FROM subject") == [(at("mon 09:00"),)]


@pytest.mark.states("R14")
def test_two_rulesets_that_both_govern_a_case_are_put_before_a_person_and_nothing_is_done(two: Two) -> None:
    two.take("mon 09:00", "case:1", "opened", "o", **{"case.brand": "both"})
    two.take("mon 09:05", "case:1", "message", "p")
    assert two.rows("SELECT kind, message FROM obligation") == [
        ("ambiguous", "case:1 is governed by left and by right: nothing is done about it")
    ]
    assert two.rows("SELECT name FROM subject") == []
    two.take("mon 09:10", "case:1", "observed", "q", **{"case.brand": "right"})
    assert two.rows("SELECT name, lane FROM subject") == [("case:1", "right")]


@pytest.mark.parametrize("is_mutual", [False, True])
def test_a_case_into_which_one_of_another_ruleset_was_merged_stays_with_its_own(two: Two, is_mutual: bool) -> None:
    """A helpdesk may merge what it likes."""
    two.take("mon 09:00", "case:1", "opened", "o", **{"case.brand": "left"})
    two.take("mon 09:01", "case:2", "opened", "o2", **{"case.brand": "right"})
    two.tell("mon 09:02", "case:2", "ended", "e2", {"reason": "merged", "into": "case:1"})
    if is_mutual:
        two.tell("mon 09:03", "case:1", "ended", "e1", {"reason": "merged", "into": "case:2"})
    two.take("mon 09:05", "case:2", "message", "m")
    assert two.rows("SELECT name, lane FROM subject ORDER BY name") == [("case:1", "left"), ("case:2", "right")]
    heard = two.rows(
        "SELECT subject.name FROM log_entry JOIN event ON event.id = log_entry.event "
        "JOIN subject ON subject.id = log_entry.subject WHERE event.key = 'm'"
    )
    assert heard == [("case:2",) if is_mutual else ("case:1",)]
    assert two.rows("SELECT name FROM mailbox") == []
