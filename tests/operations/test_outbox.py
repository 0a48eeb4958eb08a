"""Actions tried again, taken back, let go; and nothing that stands behind something keeps others from going."""

import pytest

from casewarden.plugin import Applied, Rejected, Retry
from casewarden.store.check import check
from casewarden.web.doors import ControlError
from operations.desk import Desk, capped, park
from support.small import Log, at

AWAY = Retry("away", reached=True)


def down(number: int, time: str = "mon 09:00") -> Log:
    facts = {"case.number": str(number), "case.core": "down", "case.subject": "Is it me?"}
    return Log(f"case:{number}").opened(time, facts, key=f"o{number}")


def answers(desk: Desk, key: str) -> list[str]:
    """What the log says became of an action, in order."""
    rows = desk.bench.rows(
        "SELECT kind, data FROM event WHERE kind IN ('applied', 'rejected', 'withdrawn') ORDER BY id"
    )
    return [str(kind) for kind, data in rows if f'"key":"{key}"' in str(data)]


def greets(desk: Desk) -> dict[str, str]:
    """The actions of the rule that greets."""
    return {key: state for key, state in desk.states().items() if "/greet/" in key}


def obligations(desk: Desk) -> list[tuple[object, ...]]:
    return desk.bench.rows("SELECT kind, state, reason FROM obligation ORDER BY id")


def whole(desk: Desk) -> None:
    assert check(desk.bench.database, desk.bench.sealing).findings == ()


def given_up(desk: Desk) -> None:
    """A reply that was tried until the sidecar gave up, and a tag that was withdrawn because it came after it."""
    desk.helpdesk.answers["reply"] = AWAY
    desk.take(down(1))
    half_a_day(desk)
    assert greets(desk) == {"1/greet/1/0/0": "dead", "1/greet/1/0/1": "withdrawn"}


def half_a_day(desk: Desk) -> None:
    """Let so much time pass, with a look every half hour: more than an action is tried for."""
    for _ in range(26):
        desk.bench.now += 1_800_000_000
        desk.bench.settle()


def test_what_was_given_up_is_tried_anew_with_what_came_after_it(desk: Desk) -> None:
    given_up(desk)
    assert obligations(desk) == [("dead", "open", None)]
    desk.helpdesk.answers.clear()
    desk.bench.attempts.clear()
    (said,) = desk.order("outbox-retry", key="case:1/greet/1/0/0", reason="it is back")
    assert said == (
        "`reply` (case:1/greet/1/0/0) is tried anew, and the one that came after it; "
        "it is asked again first whether it still holds."
    )
    assert greets(desk) == {"1/greet/1/0/0": "applied", "1/greet/1/0/1": "applied"}
    assert [(one.kind, one.again) for one in desk.bench.attempts] == [("reply", True), ("tag", False)]
    assert answers(desk, "case:1/greet/1/0/0") == ["rejected", "applied"]
    assert answers(desk, "case:1/greet/1/0/1") == ["withdrawn", "applied"]
    assert obligations(desk) == [("dead", "approved", "it is back")]
    whole(desk)


def test_what_is_given_up_a_second_time_is_put_before_a_person_again(desk: Desk) -> None:
    given_up(desk)
    desk.order("outbox-retry", key="case:1/greet/1/0/0")
    half_a_day(desk)
    assert obligations(desk) == [("dead", "approved", None), ("dead", "open", None)]


def test_what_is_tried_anew_is_asked_whether_it_still_holds(desk: Desk) -> None:
    given_up(desk)
    desk.helpdesk.answers.clear()
    desk.bench.attempts.clear()
    desk.take(Log("case:1").observed("mon 10:00", {"case.core": "available"}, key="f1"))
    desk.order("outbox-retry", key="case:1/greet/1/0/0")
    assert greets(desk) == {"1/greet/1/0/0": "withdrawn", "1/greet/1/0/1": "withdrawn"}
    assert desk.bench.attempts == []
    whole(desk)


def test_what_waits_for_its_next_try_is_tried_now(desk: Desk) -> None:
    desk.helpdesk.answers["reply"] = AWAY
    desk.take(down(1))
    desk.helpdesk.answers.clear()
    assert desk.order("outbox-retry", key="1") == ["`reply` (case:1/greet/1/0/0) may be tried again now."]
    assert set(greets(desk).values()) == {"applied"}


def test_what_was_discarded_is_withdrawn_with_what_stands_behind_it_also_while_paused(desk: Desk) -> None:
    desk.helpdesk.answers["reply"] = AWAY
    desk.take(down(1))
    desk.order("pause", reason="a look")
    said = desk.order("outbox-discard", key="case:1/greet/1/0/0", reason="told by telephone")
    assert said == ["`reply` (case:1/greet/1/0/0) is withdrawn."]
    assert greets(desk) == {"1/greet/1/0/0": "withdrawn", "1/greet/1/0/1": "withdrawn"}
    rows = desk.bench.rows("SELECT state_detail FROM outbox ORDER BY id")
    assert rows == [("discarded by ada: told by telephone",), ("comes after case:1/greet/1/0/0",)]
    assert answers(desk, "case:1/greet/1/0/0") == ["withdrawn"]
    assert desk.audited()[-1] == ("ada", "outbox discard", "told by telephone")
    whole(desk)


def test_what_is_discarded_of_a_case_that_is_set_aside_goes_when_that_is_taken_up(desk: Desk) -> None:
    desk.helpdesk.answers["reply"] = AWAY
    desk.take(down(1))
    park(desk, "case:1")
    said = desk.order("outbox-discard", key="case:1/greet/1/0/0", reason="told by telephone")
    assert said[1] == "Case 1 is set aside: there it is withdrawn once that is taken up again."
    assert set(greets(desk).values()) == {"waiting"}
    desk.order("case-unpark", case="1")
    assert set(greets(desk).values()) == {"withdrawn"}
    whole(desk)


def test_what_was_given_up_is_discarded_without_another_word_in_the_log(desk: Desk) -> None:
    given_up(desk)
    said = desk.order("outbox-discard", key="case:1/greet/1/0/0", reason="done by hand")
    assert said == ["`reply` (case:1/greet/1/0/0) stays dead and asks nobody any more."]
    assert greets(desk)["1/greet/1/0/0"] == "rejected"
    assert answers(desk, "case:1/greet/1/0/0") == ["rejected"]
    assert obligations(desk) == [("dead", "dismissed", "done by hand")]
    whole(desk)


def test_what_a_cap_stopped_is_let_go_and_what_stands_behind_it_follows(desk: Desk) -> None:
    capped(desk, per_rule=2)
    for number in (1, 2, 3, 4):
        desk.take(down(number))
    asking = [key for key, state in greets(desk).items() if state == "asking"]
    assert asking == ["2/greet/1/0/0", "3/greet/1/0/0", "4/greet/1/0/0"]
    assert obligations(desk) == [("cap", "open", None)]
    desk.order("outbox-release", key="case:2/greet/1/0/0")
    assert greets(desk)["2/greet/1/0/0"] == "applied"
    assert obligations(desk)[0] == ("cap", "open", None)  # two are still stopped
    desk.order("outbox-discard", rule="greet", reason="not meant")
    assert obligations(desk)[0] == ("cap", "dismissed", "not meant")
    assert {state for key, state in greets(desk).items() if key[0] in "34"} == {"withdrawn"}
    whole(desk)


def test_all_that_caps_stopped_is_let_go_at_once(desk: Desk) -> None:
    capped(desk, in_all=1)
    for number in (1, 2, 3):
        desk.take(down(number))
    assert desk.order("outbox-release", all=True, reason="an outage") == [
        "3 actions may go out now; each is asked again first whether it still holds."
    ]
    while "asking" in greets(desk).values():
        desk.order("outbox-release", rule="greet")
    assert set(greets(desk).values()) == {"applied"}
    assert {row[1] for row in obligations(desk)} == {"approved"}
    whole(desk)


def test_what_a_cap_stops_after_it_was_let_go_is_put_before_a_person_anew(desk: Desk) -> None:
    capped(desk, per_rule=1)
    desk.take(down(1))
    desk.order("outbox-release", all=True)
    desk.take(down(2))
    assert [row[:2] for row in obligations(desk)] == [("cap", "approved"), ("cap", "open")]


def test_what_stands_behind_something_keeps_nobody_else_from_going(desk: Desk) -> None:
    """Sixty cases wait for a person; more than are looked at in one go."""
    capped(desk, per_rule=1)
    for number in range(60):
        desk.bench.take(down(number).events)
    desk.bench.settle()
    assert list(greets(desk).values()).count("asking") == 60
    desk.take(Log("service:core").observed("mon 09:00", {"service.core.health": "down"}, "automation"))
    assert list(desk.states().values()).count("applied") == 2  # one of each rule


@pytest.mark.parametrize(
    ("command", "arguments", "message", "fix"),
    [
        ("outbox-retry", {"key": "case:1/greet/1/0/1"}, "`tag` (case:1/greet/1/0/1) was not tried yet", None),
        ("outbox-retry", {"key": "case:2/greet/1/0/0"}, "`reply` (case:2/greet/1/0/0) is applied", None),
        ("outbox-retry", {"key": "case:1/gret/1/0/0"}, "there is no action `case:1/gret/1/0/0`", "greet/1/0/0"),
        ("outbox-retry", {"key": "99"}, "there is no action `99`", "casewarden outbox lists"),
        ("outbox-discard", {"key": "case:2/greet/1/0/0", "reason": "x"}, "is applied: there is nothing", None),
        ("outbox-discard", {"key": "case:1/greet/1/0/0"}, "it needs a reason", "--reason"),
        ("outbox-discard", {"rule": "gret", "reason": "x"}, "nothing of a rule `gret` waits", "did you mean `greet`?"),
        ("outbox-release", {"key": "case:1/greet/1/0/0"}, "is waiting: no cap has stopped it", None),
        ("outbox-release", {"rule": "greet"}, "nothing of a rule `greet` was stopped by a cap", None),
        ("outbox-release", {"all": True}, "no cap has stopped anything", None),
        ("outbox-discard", {"key": "1", "reason": "one\nand two"}, "the reason is not one line", "--reason"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_done(
    desk: Desk, command: str, arguments: dict[str, str], message: str, fix: str | None
) -> None:
    desk.take(down(2))
    desk.helpdesk.answers["reply"] = AWAY
    desk.take(down(1))
    before = greets(desk)
    with pytest.raises(ControlError) as caught:
        desk.order(command, **arguments)
    assert message in str(caught.value)
    assert fix is None or fix in (caught.value.fix or "")
    assert greets(desk) == before
    assert desk.audited() == []


def test_what_the_helpdesk_refused_is_tried_anew(desk: Desk) -> None:
    desk.helpdesk.answers["reply"] = Rejected("the address is wrong", {"body": "Dear"})
    desk.take(down(1))
    assert obligations(desk) == [("rejected", "open", None)]
    desk.helpdesk.answers["reply"] = Applied()
    desk.bench.now = at("mon 09:30")
    desk.order("outbox-retry", key="case:1/greet/1/0/0")
    assert set(greets(desk).values()) == {"applied"}
    assert obligations(desk) == [("rejected", "approved", None)]
    whole(desk)


def test_nothing_is_tried_anew_for_a_case_that_has_ended(desk: Desk) -> None:
    given_up(desk)
    desk.order("case-spam", case="1")
    with pytest.raises(ControlError, match="case 1 has ended: nothing is done for it any more"):
        desk.order("outbox-retry", key="case:1/greet/1/0/0")
