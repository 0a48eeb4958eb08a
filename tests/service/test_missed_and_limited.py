"""Repetitions that were missed count for a limit as if nobody had been late; what goes out of them is their rule's."""

from pathlib import Path

import pytest

from casewarden.store.database import Database
from support.sidecars import Bench
from support.small import HOUR, Log, at, rule, ruleset

RULE = "when: {case.core: down}\nrepeat: {every: 1 hour, first: at_once%s}\nlimit: {times: 4%s}\nthen: [{note: hello}]"


def bench_of(database: Database, catch_up: str, per: str = "") -> Bench:
    said = f", catch_up: {catch_up}" if catch_up else ""
    bench = Bench(database, ruleset(rule("tell", RULE % (said, per))), at("mon 09:00"))
    bench.take(Log("case:1").opened("mon 09:00", {"case.core": "down"}).events)
    bench.settle()
    return bench


def fired(bench: Bench) -> list[tuple[int, int]]:
    """Repetition and instant of what fired; what the limit held back is no activation that has actions."""
    rows = bench.rows("SELECT key, decided_at FROM outbox ORDER BY decided_at, key")
    return [(int(str(key).split("/")[3]), int(str(then))) for key, then in rows]


@pytest.mark.states("R21")
@pytest.mark.parametrize(("catch_up", "sent"), [("", [0, 3]), ("latest", [0, 3]), ("none", [0]), ("all", [0, 1, 2, 3])])
def test_an_outage_makes_no_room_for_more_than_the_limit(database: Database, catch_up: str, sent: list[int]) -> None:
    bench = bench_of(database, catch_up)
    bench.now = at("mon 14:30")  # five more were due, of which the limit leaves three
    bench.settle()
    assert fired(bench) == [(number, at("mon 09:00") + number * HOUR) for number in range(4)]
    assert [int(one.key.split("/")[3]) for one in bench.attempts] == sent
    bench.until(at("tue 09:00"))
    assert [int(one.key.split("/")[3]) for one in bench.attempts] == sent


@pytest.mark.parametrize("per", ["", ", per: 8 hours"])
def test_what_fires_is_the_same_whether_somebody_was_late_or_not(
    tmp_path: Path, sqlite_template: Path, per: str
) -> None:
    benches = []
    for name in ("in_time", "late"):
        path = tmp_path / f"{name}.db"
        path.write_bytes(sqlite_template.read_bytes())
        benches.append(bench_of(Database(f"sqlite:///{path}"), "latest", per))
    in_time, late = benches
    in_time.until(at("tue 09:00"))
    for hour in ("mon 12:20", "mon 18:45", "tue 09:00"):
        late.now = at(hour)
        late.settle()
    assert fired(late) == fired(in_time)
    assert len(late.attempts) < len(in_time.attempts)
    for bench in benches:
        bench.database.close()
