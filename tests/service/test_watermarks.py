"""What closes or speaks to customers waits until its sources are known, and is done as of the instant it was due."""

from casewarden.service.batch import Limits
from casewarden.store.database import Database
from support.sidecars import Bench
from support.small import MINUTE, Log, at, rule, ruleset

CLOSES = rule("silent", "when: {since: {last: agent_reply, at_least: 2 hours}}\nthen: [close: solved]")
TELLS = rule("silent", "when: {since: {last: agent_reply, at_least: 2 hours}}\nthen: [note: hello]")


def waiting(database: Database, rules: str = CLOSES) -> Bench:
    """A case that was answered at nine, so that something is due at eleven; the desk is known up to nine."""
    bench = Bench(database, ruleset(rules), at("mon 09:00"), known={"desk": at("mon 09:00")})
    bench.take(Log().opened("mon 09:00").message("mon 09:00", "agent").events)
    bench.settle()
    return bench


def fired(bench: Bench) -> list[int]:
    return [edge.at for one in bench.decisions for edge in one.edges if edge.rises and one.actions]


def test_closing_waits_for_the_watermark_and_fires_as_of_the_due_instant(database: Database) -> None:
    bench = waiting(database)
    bench.until(at("mon 12:00"))
    assert bench.attempts == [], "what the desk knows since nine is not known here"
    assert bench.rows("SELECT awaits FROM subject") == [(at("mon 11:00"),)]
    bench.known["desk"] = at("mon 10:59")
    bench.until(at("mon 12:10"))
    assert bench.attempts == []
    bench.known = {"desk": at("mon 11:00")}
    bench.until(at("mon 12:20"))
    assert [attempt.kind for attempt in bench.attempts] == ["close"]
    assert fired(bench) == [at("mon 11:00")]
    assert bench.decided("case:1")[-2] == at("mon 12:10"), "decided when it was known"


def test_what_came_in_the_meantime_keeps_it_from_closing(database: Database) -> None:
    bench = waiting(database)
    bench.until(at("mon 12:00"))
    bench.take(Log().message("mon 10:30", "agent", key="again").events)
    bench.known = {"desk": at("mon 12:00")}
    bench.until(at("mon 12:20"))
    assert bench.attempts == []
    bench.known = {"desk": at("mon 12:40")}
    bench.until(at("mon 12:40"))
    assert fired(bench) == [at("mon 12:30")]


def test_what_a_team_alone_sees_does_not_wait(database: Database) -> None:
    bench = waiting(database, TELLS)
    bench.until(at("mon 12:00"))
    assert [attempt.kind for attempt in bench.attempts] == ["note"]
    assert fired(bench) == [at("mon 11:00")]


def test_the_slowest_source_counts(database: Database) -> None:
    bench = waiting(database)
    bench.known["mail"] = at("mon 09:00")
    bench.take(Log().message("mon 09:30", "customer", source="mail", key="by mail").events)
    bench.until(at("mon 12:00"))
    bench.known = {"desk": at("mon 12:00"), "mail": at("mon 10:00")}
    bench.until(at("mon 12:10"))
    assert bench.attempts == [], "the mail may still have something"
    bench.known = {"desk": at("mon 12:00"), "mail": at("mon 12:10")}
    bench.until(at("mon 12:20"))
    assert fired(bench) == [at("mon 11:00")]


def test_a_restart_forgets_no_one_that_waits(database: Database) -> None:
    bench = waiting(database)
    bench.until(at("mon 12:00"))
    bench.known = {"desk": at("mon 12:00")}
    bench.restart()
    bench.settle()
    assert fired(bench) == [at("mon 11:00")]


def test_of_many_that_wait_all_go_on_however_small_a_transaction_is(database: Database) -> None:
    bench = Bench(
        database, ruleset(CLOSES), at("mon 09:00"), known={"desk": at("mon 09:00")}, limits=Limits(mail=2, wakeups=2)
    )
    for number in range(7):
        bench.take(Log(f"case:{number}").opened("mon 09:00").message("mon 09:00", "agent").events)
    bench.until(at("mon 12:00"))
    bench.known = {"desk": at("mon 12:00")}
    bench.settle()
    assert sorted(attempt.subject for attempt in bench.attempts) == [f"case:{number}" for number in range(7)]


def test_a_log_is_told_what_is_known_when_it_begins_to_hear_of_a_source_and_when_it_waits_and_not_else(
    database: Database,
) -> None:
    bench = waiting(database)
    for minute in range(1, 100):
        bench.known = {"desk": at("mon 09:00") + minute * MINUTE}
        bench.until(at("mon 09:00") + minute * MINUTE)
    told = [event.data["through"] for event in bench.log("case:1") if event.kind == "watermark"]
    assert told == ["2026-03-02T08:00:00Z"]
    bench.known = {"desk": at("mon 11:30")}
    bench.until(at("mon 12:00"))
    assert len([event for event in bench.log("case:1") if event.kind == "watermark"]) == 2
    assert fired(bench) == [at("mon 11:00")]
