"""What waits for a person, approved and dismissed."""

import json

import pytest

from casewarden.plugin import Applied, Rejected
from casewarden.store.check import check
from casewarden.web.doors import ControlError
from operations.desk import Desk, capped
from support.small import Log, at


def down(number: int) -> Log:
    facts = {"case.number": str(number), "case.core": "down", "case.subject": "Is it me?"}
    return Log(f"case:{number}").opened("mon 09:00", facts, key=f"o{number}")


def settled(desk: Desk) -> list[tuple[object, ...]]:
    return desk.bench.rows("SELECT id, state, settled_at, settled_by, reason FROM obligation ORDER BY id")


def test_approving_what_was_refused_tries_it_again(desk: Desk) -> None:
    desk.helpdesk.answers["reply"] = Rejected("no rights")
    desk.take(down(1))
    desk.helpdesk.answers["reply"] = Applied()
    assert desk.order("obligation-approve", id=1, reason="rights mended")[-1] == "Obligation 1 is approved."
    assert set(desk.states().values()) == {"applied"}
    assert settled(desk) == [(1, "approved", at("mon 09:00"), "ada", "rights mended")]
    assert [row[1] for row in desk.audited()] == ["obligation approved"]


def test_dismissing_what_was_refused_leaves_it_undone(desk: Desk) -> None:
    desk.helpdesk.answers["reply"] = Rejected("no rights")
    desk.take(down(1))
    desk.order("obligation-dismiss", id=1, reason="done by hand")
    assert desk.states() == {"1/greet/1/0/0": "rejected", "1/greet/1/0/1": "withdrawn"}
    assert settled(desk) == [(1, "dismissed", at("mon 09:00"), "ada", "done by hand")]
    assert check(desk.bench.database, desk.bench.sealing).findings == ()


@pytest.mark.parametrize(("command", "state"), [("approve", "applied"), ("dismiss", "withdrawn")])
def test_what_a_cap_stopped_goes_or_goes_not(desk: Desk, command: str, state: str) -> None:
    capped(desk, per_rule=1)
    desk.take(down(1))
    desk.take(down(2))
    desk.bench.caps = desk.bench.caps.__class__()
    desk.bench.restart()
    desk.order(f"obligation-{command}", id=1, reason="looked at")
    rest = {key: value for key, value in desk.states().items() if key != "1/greet/1/0/0"}
    assert set(rest.values()) == {state}
    assert [row[1] for row in settled(desk)] == [{"approve": "approved", "dismiss": "dismissed"}[command]]


def test_ping_pong_concerns_its_case_and_rule_only(desk: Desk) -> None:
    capped(desk, per_rule=1)
    desk.take(down(1))
    with desk.bench.database.write() as connection:
        connection.exec_driver_sql(
            'UPDATE obligation SET kind = \'ping_pong\', details = \'{"cap": "ping_pong", "rule": "greet"}\''
        )
    desk.take(down(2))
    desk.order("obligation-dismiss", id=1, reason="they fight")
    assert {key: value for key, value in desk.states().items() if key[0] == "1"}["1/greet/1/0/1"] == "withdrawn"
    assert desk.states()["2/greet/1/0/0"] == "asking"


def test_a_parked_case_is_taken_up_or_goes_on_without_what_fails(desk: Desk) -> None:
    desk.take(down(1))
    _broken(desk)
    desk.take(Log("case:1").message("mon 09:00", key="bad"))
    desk.bench.restart()
    assert "Left out of its log: bad." in desk.order("obligation-dismiss", id=1, reason="no sense")
    assert desk.bench.rows("SELECT state FROM subject WHERE name = 'case:1'") == [("open",)]
    _broken(desk)
    desk.bench.now = at("mon 09:30")
    desk.take(Log("case:1").message("mon 09:30", key="good"))
    desk.bench.restart()
    desk.order("obligation-approve", id=2)
    assert desk.bench.rows("SELECT count(*) FROM mailbox") == [(0,)]
    assert [row[1] for row in settled(desk)] == ["dismissed", "approved"]


def test_a_credit_that_was_posted_wrongly_is_corrected_in_the_ledger_with_its_proof(desk: Desk) -> None:
    desk.take(Log("case:1").opened("mon 09:00", {"case.number": "1"}, key="o1"))
    desk.go("mon 16:30")
    desk.take(Log("case:1").message("mon 16:30", "agent", key="m1"))
    assert desk.bench.rows("SELECT state, amount FROM ledger") == [("posted", 3)]
    desk.go("tue 09:00")
    late = Log("case:1").message("mon 14:10", "agent", key="m0", seen="tue 09:00")
    desk.take(late)
    ((message, details),) = desk.bench.rows("SELECT message, details FROM obligation WHERE kind = 'correction'")
    assert message == "late_answer: 3 days were posted; as it happened it is 1"
    said = desk.order("obligation-approve", id=1, reason="they are right")
    assert said == ["late_answer: 2 days less in the ledger; nothing is sent.", "Obligation 1 is approved."]
    rows = desk.bench.rows("SELECT state, amount, arithmetic, details FROM ledger ORDER BY id")
    assert [row[:2] for row in rows] == [("posted", 3), ("corrected", -2)]
    assert rows[1][2] == (
        "3 days were posted, 1 are right (70 business minutes late = 1 full unit of 1 business hour x 1 day = 1 day): "
        "-2 days"
    )
    told = json.loads(str(rows[1][3]))
    assert (told["before"], told["after"], told["approved_by"], told["why"]) == (3, 1, "ada", "they are right")
    assert told["proof"]["instance"]["due"] == "2026-03-02T12:00:00Z"
    assert sum(each["counted"] for each in told["proof"]["stretches"]) == 4 * 3_600_000_000
    assert json.loads(str(details))["kind"] == "credit"


def test_a_dismissed_correction_leaves_the_ledger_as_it_is(desk: Desk) -> None:
    desk.take(Log("case:1").opened("mon 09:00", {"case.number": "1"}, key="o1"))
    desk.go("mon 16:30")
    desk.take(Log("case:1").message("mon 16:30", "agent", key="m1"))
    desk.go("tue 09:00")
    desk.take(Log("case:1").message("mon 14:10", "agent", key="m0", seen="tue 09:00"))
    desk.order("obligation-dismiss", id=1, reason="goodwill")
    assert desk.bench.rows("SELECT state FROM ledger") == [("posted",)]


def test_a_deadline_that_moved_is_recorded_and_nothing_is_sent(desk: Desk) -> None:
    _correction(desk, {"kind": "deadline", "name": "answer/o1", "before": None, "after": "2026-03-02T12:00:00Z"})
    said = desk.order("obligation-approve", id=1)
    assert said[0] == "That the deadline moved is recorded; nothing is sent."
    assert desk.bench.attempts == []
    assert desk.bench.rows("SELECT count(*) FROM ledger") == [(0,)]


def test_a_credit_of_which_the_ledger_knows_nothing_cannot_be_corrected(desk: Desk) -> None:
    _correction(desk, {"kind": "credit", "name": "late_answer/o1", "before": 1, "after": 2})
    with pytest.raises(ControlError, match="the ledger has no `late_answer/o1` that could be corrected") as caught:
        desk.order("obligation-approve", id=1)
    assert caught.value.fix == "dismiss the obligation"
    assert settled(desk)[0][1] == "open"


@pytest.mark.parametrize(
    ("id_", "message"),
    [
        (9, "there is no obligation 9"),
        ("1", "an obligation is named by its number"),
        (True, "an obligation is named by its number"),
        (1, "obligation 1 was dismissed by ada at 2026-03-02T08:00:00Z already"),
    ],
)
def test_what_is_not_open_is_not_settled(desk: Desk, id_: int, message: str) -> None:
    _correction(desk, {"kind": "deadline"})
    desk.order("obligation-dismiss", id=1, reason="once")
    with pytest.raises(ControlError, match=message):
        desk.order("obligation-approve", id=id_)


def _correction(desk: Desk, details: dict[str, object]) -> None:
    desk.take(Log("case:1").opened("mon 09:00", {"case.number": "1"}, key="o1"))
    with desk.bench.database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO obligation (key, subject, kind, message, details, opened_at, state) "
            f"SELECT 'k', id, 'correction', 'moved', '{json.dumps(details)}', 0, 'open' FROM subject"
        )


def _broken(desk: Desk) -> None:
    def broken(*_: object) -> object:
        raise ZeroDivisionError("a mistake")

    object.__setattr__(desk.bench.processor._manner, "compiled", broken)
