"""What connectors can do changes; decisions come out again as they were, whatever could be done at the time."""

from collections.abc import Iterator

import pytest

from casewarden.ruleset.able import adapted
from casewarden.service.verify import verify_decisions
from casewarden.store.database import Database
from rollouts.conftest import rolling
from support.rolling import ABLE, Rolling
from support.sidecars import KEY
from support.small import Log, at, more, rule, ruleset, text_of

RULES = (
    rule("thank", "each: customer_message\nthen: [{reply: hello}]\nif_unsupported: [{note: hello}]")
    + more(
        "tell",
        "when: {case.core: down}\nthen: [{notify: {who: manager, message: hello}}]\nif_unsupported: [{note: bye}]",
    )
    + more("publish", "when: {case.core: down}\nthen: [{tag: {add: [down]}}]")
)


@pytest.fixture
def bench(database: Database) -> Iterator[Rolling]:
    """Nothing could be told to anybody at nine, all at ten, and no customer answered at eleven."""
    with rolling(database, text_of(RULES), "mon 09:00") as bench:
        for hour, missing in (("09", {"reply", "notify"}), ("10", set()), ("11", {"reply"})):
            bench.now = at(f"mon {hour}:00")
            bench.restart()
            bench.rules.able = frozenset(ABLE - missing)
            log = Log(f"case:{hour}").opened(f"mon {hour}:00", {"case.core": "down"}, key=f"o{hour}")
            bench.take(log.message(f"mon {hour}:00", key=f"m{hour}").events)
            bench.settle()
        yield bench


def test_decisions_are_made_again_as_connectors_were(bench: Rolling) -> None:
    done = {str(key).rpartition("/")[0]: kind for key, kind in bench.rows("SELECT key, kind FROM outbox")}
    kinds = [done[f"case:{hour}/{rule}/1/0"] for hour in ("09", "10", "11") for rule in ("thank", "tell")]
    assert kinds == ["note", "note", "reply", "notify", "note", "notify"]
    found = verify_decisions(bench.database, bench.sealing, KEY, None)
    assert (found.findings, found.erased) == ((), 0)
    assert found.decided > 0


def test_what_comes_out_otherwise_in_every_way_is_still_told(bench: Rolling) -> None:
    with bench.database.write() as connection:
        connection.exec_driver_sql("UPDATE decision SET at = at + 1 WHERE outcome = 'acted'")
    assert verify_decisions(bench.database, bench.sealing, KEY, None).findings != ()


def test_the_ways_in_which_a_ruleset_can_be_adapted_are_each_given_once() -> None:
    written = ruleset(RULES).ruleset
    ways = [
        tuple(rule.name for rule in way.rules.values() if rule.then == rule.if_unsupported) for way in adapted(written)
    ]
    assert ways == [("tell",), ("thank",), ("thank", "tell")]
    assert list(adapted(ruleset(rule("tag", "when: {case.core: down}\nthen: [{tag: {add: [x]}}]")).ruleset)) == []
