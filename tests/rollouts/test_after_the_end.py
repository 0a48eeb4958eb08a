"""What a trial leaves once it has ended: it learns nothing more, and goes when its time has come."""

from dataclasses import replace

import pytest

from casewarden.service import rollouts
from casewarden.service.verify import verify_decisions
from casewarden.store import tables
from casewarden.store.check import check
from casewarden.store.database import Database
from casewarden.store.prune import Keep, Pruned, prune
from rollouts.conftest import Make, rolling
from support.rolling import Rolling
from support.sidecars import KEY
from support.small import HOUR, Log, at, more, rule, text_of

NOTIFY = "then: [{notify: {who: support, message: hello}}]"
QUOTA = (
    "quotas:\n  asked:\n    clause: [S]\n    counts: customer_message\n    per: customer\n    over: unchanged\n"
    "    window: {every: month, starting: calendar, zone: Europe/Zurich}\n    allowed: {basic: 2, gold: unlimited}\n"
)
BASE = text_of(
    rule("thank", f"each: customer_message\n{NOTIFY}")
    + more("tell", f"when: {{service.core.health: down}}\n{NOTIFY}")
    + QUOTA
)
HEAD = BASE.replace("who: support", "who: manager")


def entries(bench: Rolling, lane: str) -> int:
    ((count,),) = bench.rows(
        "SELECT count(*) FROM log_entry JOIN subject ON subject.id = log_entry.subject WHERE lane = :lane", lane=lane
    )
    return int(str(count))


def test_a_trial_that_has_ended_learns_nothing_more(make: Make) -> None:
    bench = make(BASE, "mon 08:00")
    bench.take(Log("case:1").opened("mon 08:00").events)
    bench.settle()
    bench.start("try", HEAD)
    bench.until(at("mon 09:00"))
    bench.take(Log("case:1").message("mon 09:00", key="m1").events)
    bench.settle()
    bench.roll(rollouts.end, "try")
    before = entries(bench, "small@try")
    bench.until(at("mon 10:00"))
    bench.take(Log("case:1").message("mon 10:00", key="m2").events)
    bench.settle()
    assert entries(bench, "small@try") == before
    assert entries(bench, "small") > before


DAY = 24 * HOUR
OF_SUBJECTS = ("activation", "decision", "ledger", "outbox", "projection", "wakeup", "log_entry")
NEVER = Keep(None, None, None)


def left_of(bench: Rolling, lane: str) -> dict[str, int]:
    """How many rows of each table there are of a lane."""
    found = {}
    for table in OF_SUBJECTS:
        rows = bench.rows(
            f"SELECT count(*) FROM {table} AS one JOIN subject ON subject.id = one.subject WHERE subject.lane = :lane",
            lane=lane,
        )
        found[table] = int(str(rows[0][0]))
    for table in ("subject", "mailbox", "fanout"):
        rows = bench.rows(f"SELECT count(*) FROM {table} WHERE lane = :lane", lane=lane)
        found[table] = int(str(rows[0][0]))
    ((events,),) = bench.rows("SELECT count(*) FROM event WHERE source LIKE :own", own=f"%~{lane}")
    return found | {"event": int(str(events))}


def worked_through(bench: Rolling) -> None:
    """Three trials beside the live lane, of which two end: one with a name that the other's begins with."""
    for number in range(30):
        bench.take(Log(f"case:{number}").opened("mon 08:00", {"customer.id": "acme"}, key=f"o{number}").events)
    bench.settle()
    for name in ("try", "try_2", "other"):
        bench.start(name, HEAD)
    bench.until(at("mon 09:00"))
    bench.take(Log("service:core").observed("mon 09:00", {"service.core.health": "down"}, "automation").events)
    for number in range(30):
        bench.take(Log(f"case:{number}").message("mon 09:00", key=f"m{number}").events)
    bench.settle()
    bench.roll(rollouts.end, "try")
    bench.until(at("mon 11:00"))
    bench.take(Log("case:7").message("mon 11:00", key="later").events)
    bench.settle()
    bench.roll(rollouts.end, "try_2")


def test_a_trial_that_ended_goes_whole_and_nothing_else_does(database: Database) -> None:
    with rolling(database, BASE, "mon 08:00") as bench:
        worked_through(bench)
        kept = {lane: left_of(bench, lane) for lane in ("small", "small@try", "small@try_2", "small@other")}
        assert all(kept["small@try"][table] for table in ("decision", "outbox", "ledger", "log_entry", "event")), kept
        days = replace(NEVER, trials=DAY)
        assert prune(database, days, at("mon 09:00") + DAY) == Pruned()
        subjects = kept["small@try"]["subject"]
        assert prune(database, days, at("mon 09:00") + DAY + 1) == Pruned(of_trials=subjects)
        assert set(left_of(bench, "small@try").values()) == {0}
        for lane in ("small", "small@try_2", "small@other"):
            assert left_of(bench, lane) == kept[lane]
        assert check(database).findings == ()
        assert verify_decisions(database, bench.sealing, KEY, None).findings == ()
        assert prune(database, days, at("wed 12:00")) == Pruned(of_trials=kept["small@try_2"]["subject"])
        assert left_of(bench, "small@other") == kept["small@other"]
        assert bench.rows("SELECT name, state FROM rollout ORDER BY name") == [
            ("other", "shadow"),
            ("try", "ended"),
            ("try_2", "ended"),
        ]


def test_the_live_lane_and_another_trial_go_on_as_if_nothing_had_gone(make: Make) -> None:
    benches = make(BASE, "mon 08:00"), make(BASE, "mon 08:00")
    for bench in benches:
        worked_through(bench)
    prune(benches[0].database, replace(NEVER, trials=1), at("tue 12:00"))
    for bench in benches:
        bench.until(at("tue 12:00"))
        bench.take(Log("case:7").message("tue 12:00", key="again").events)
        bench.settle()
        bench.restart()
        bench.until(at("tue 13:00"))
    for lane in ("small", "small@other"):
        assert left_of(benches[0], lane) == left_of(benches[1], lane)
    assert check(benches[0].database).findings == ()


@pytest.mark.parametrize("trials", [None, 36_500 * DAY])
def test_it_is_kept_as_long_as_the_configuration_says(make: Make, trials: int | None) -> None:
    bench = make(BASE, "mon 08:00")
    worked_through(bench)
    assert prune(bench.database, replace(NEVER, trials=trials), at("wed 12:00")) == Pruned()


def test_a_name_is_not_used_again_when_the_trial_is_gone(make: Make) -> None:
    bench = make(BASE, "mon 08:00")
    worked_through(bench)
    prune(bench.database, replace(NEVER, trials=1), at("wed 12:00"))
    with pytest.raises(rollouts.RolloutError, match="already"):
        bench.start("try", HEAD)


def test_every_table_with_something_of_subjects_is_looked_at() -> None:
    hang = {
        table.name
        for table in tables.metadata.tables.values()
        if any(key.target_fullname == "subject.id" for key in table.foreign_keys)
    }
    assert hang == {*OF_SUBJECTS, "watch", "obligation"}
