"""What a rule wants stays wanted although an earlier action of it, that never went out, is withdrawn."""

from casewarden.model.event import Event
from casewarden.store.database import Database
from support.sidecars import Bench
from support.small import at, rule, ruleset

OPENS_AGAIN = rule("opens_again", "when: {case.status: closed}\nthen: [{reopen: same_ticket_only}]")


def test_a_case_that_is_closed_again_before_the_reopening_went_out_comes_to_rest(database: Database) -> None:
    bench = Bench(database, ruleset(OPENS_AGAIN))
    for number, (kind, time) in enumerate(
        (("opened", "mon 09:00"), ("closed", "mon 10:00"), ("closed", "mon 11:00"), ("closed", "mon 12:00"))
    ):
        bench.now = at(time)
        bench.take([Event("case:1", kind, bench.now, bench.now, "agent", "desk", f"e{number}", number)])
        while not bench.processor.batch(bench.slots, bench.now).idle:  # nothing goes out meanwhile
            pass
    assert bench.rows("SELECT state FROM subject") == [("open",)]
    assert bench.rows("SELECT state, key FROM outbox ORDER BY id") == [
        ("withdrawn", "case:1/opens_again/1/0/0"),
        ("withdrawn", "case:1/opens_again/2/0/0"),
        ("waiting", "case:1/opens_again/3/0/0"),
    ]
    bench.settle()
    assert [attempt.key for attempt in bench.attempts] == ["case:1/opens_again/3/0/0"]
