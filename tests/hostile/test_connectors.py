"""A connector that answers anything costs itself only: the operator is told, nothing is lost, no other one waits."""

import sys
import threading
from pathlib import Path
from typing import Any

from casewarden.model.event import Event
from casewarden.plugin import Applied, Conflict, Page, Rejected, Retry
from support.odd_desk import NOON, OddDesk, at_work, opened
from support.small import rule

RULES = rule("tell", "when: {case.core: down}\nthen: [{note: hello}]")


class UnspeakableError(Exception):
    """An error that fails to say what it is."""

    def __str__(self) -> str:
        raise ValueError("no words")


def raising(problem: BaseException) -> Any:
    def run(_: object) -> None:
        raise problem

    return run


def always(page: Any) -> Any:
    return lambda _: page


def holding_itself() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


PAGES: dict[str, tuple[Any, str]] = {
    "nothing": (None, "BroughtError: it brought nothing, not a page"),
    "a_text": ("page", "BroughtError: it brought a str, not a page"),
    "events_as_text": (Page("abc", None), "BroughtError: its events are a str, not a list"),  # type: ignore[arg-type]
    "no_events": (Page(None, None), "BroughtError: its events are nothing, not a list"),  # type: ignore[arg-type]
    "refused_as_text": (Page([], None, refused="abc"), "BroughtError: what it refused is a str, not a list of texts"),
    "cursor_no_json": (Page([], object()), "BroughtError: its cursor is no JSON"),  # type: ignore[arg-type]
    "cursor_nan": (Page([], float("nan")), "BroughtError: its cursor is no JSON"),
    "cursor_in_itself": (Page([], holding_itself()), "BroughtError: its cursor is no JSON"),
    "cursor_endless": (Page([], "x" * 1_000_001), "BroughtError: its cursor has more than 1,000,000 characters"),
    "cursor_half": (Page([], "\ud800"), "BroughtError: its cursor has half of a surrogate pair in it"),
    "through_text": (Page([], None, "now"), "BroughtError: `complete_through` is no instant"),  # type: ignore[arg-type]
    "through_far": (Page([], None, 10**30), "BroughtError: `complete_through` is no instant"),
    "raises": (raising(OSError("the desk is shut")), "OSError: the desk is shut"),
    "raises_unspeakable": (raising(UnspeakableError()), "UnspeakableError"),
    "exits": (raising(SystemExit("bye")), "SystemExit: bye"),
    "deep": (raising(RecursionError("too deep")), "RecursionError: too deep"),
}


def test_a_page_that_is_none_is_told_and_other_connectors_go_on(tmp_path: Path) -> None:
    odd = {
        name: OddDesk(name, brought if callable(brought) else always(brought)) for name, (brought, _) in PAGES.items()
    }
    sound = OddDesk("sound")
    with at_work(tmp_path, RULES, *odd.values(), sound) as running:
        failed = "SELECT connector, error FROM connector_cursor WHERE failures > 0"
        running.until(lambda: len(running.rows(failed)) == len(odd), "word of all of them")
        for name, error in running.rows(failed):
            assert error.startswith(PAGES[name][1]), name
        running.goes_on(sound, 1)
        for desk in odd.values():  # mended
            desk.answers = lambda _: Page([], 1)
        running.until(lambda: not running.rows(failed), "the end of their trouble")


def event(**other: Any) -> Event:
    parts: dict[str, Any] = {
        "subject": "case:1",
        "kind": "message",
        "at": NOON,
        "seen_at": NOON,
        "by": "customer",
        "source": "odd",
        "key": "k",
    }
    return Event(**parts | other)


EVENTS: dict[str, tuple[Any, str]] = {
    "a_text": ("opened", "CW801 a str is no event"),
    "another_source": (event(source="sound"), "CW850 the event 'k': `source` is `sound`, and this is `odd`"),
    "the_engine": (event(source="casewarden"), "CW850 the event 'k': `source` is `casewarden`"),
    "a_decision": (event(kind="decided"), "CW851 the event 'k': `decided` is written by the engine alone"),
    "a_grant": (
        event(kind="granted", data={"quota": "q", "occurrence": "o", "place": 1, "word": "within"}),
        "CW851 the event 'k': `granted` is written by the engine alone",
    ),
    "no_such_kind": (event(kind="exploded"), "CW805 the event 'k': `kind` cannot be `exploded`"),
    "no_such_actor": (event(by="ghost"), "CW804 the event 'k': `by` cannot be `ghost`"),
    "no_subject": (event(subject="1"), "CW804 the event 'k': `subject` is a kind and an id"),
    "empty_key": (event(key=""), "CW804 the event '': `key` is a text that is not empty"),
    "key_a_number": (event(key=7), "CW804 `key` is a text"),
    "key_steers": (event(key="\x1b[2J"), "CW853 the event '\\x1b[2J': `key` has a control character in it"),
    "key_endless": (event(key="x" * 513), "CW853 the event '" + "x" * 80 + "': `key` has more than 512 bytes"),
    "key_half": (event(key="\ud800"), "CW801 the event '\\ud800': half of a surrogate pair is no character"),
    "text_half": (event(data={"text": "\ud800"}), "CW801 the event 'k': half of a surrogate pair is no character"),
    "at_a_text": (event(at="noon"), "CW801 the event 'k': a part of it is of another type"),
    "at_nowhere": (event(at=10**30, seen_at=10**30), "CW801 the event 'k': a part of it is of another type"),
    "unknown_field": (event(data={"colour": "red"}), "CW803 the event 'k': the data of `message` has no `colour`"),
    "wrong_type": (event(data={"public": "yes"}), "CW804 the event 'k': `data.public` is"),
    "data_a_list": (event(data=[1]), "CW801 the event 'k': a part of it is of another type"),
    "fact_an_object": (
        event(kind="observed", data={"facts": {"case.core": object()}}),
        "CW804 the event 'k': `case.core`",
    ),
    "fact_nan": (
        event(kind="observed", data={"facts": {"case.load": float("nan")}}),
        "CW804 the event 'k': `case.load`",
    ),
    "nul": (event(data={"text": "a\0b"}), "CW801 the event 'k': the character U+0000 stands in a text"),
}


def test_an_event_that_is_none_is_put_before_a_person_and_the_rest_of_its_page_is_taken(tmp_path: Path) -> None:
    brought = [one for one, _ in EVENTS.values()]
    odd = OddDesk("odd", lambda _: Page([*brought, opened("case:2", "odd")], 1))
    with at_work(tmp_path, RULES, odd) as running:
        running.until(lambda: [one.subject for one in odd.attempts] == ["case:2"], "the work on the sound one")
        told = "SELECT message FROM obligation WHERE kind = 'refused' ORDER BY id"
        running.until(lambda: len(running.rows(told)) == len(EVENTS), "word of them")
        messages = [message for (message,) in running.rows(told)]
        assert [
            said for _, said in EVENTS.values() if not any(one.startswith(f"odd: {said}") for one in messages)
        ] == []
        assert running.rows("SELECT DISTINCT subject FROM event WHERE source = 'odd'") == [("case:2",)]


def test_a_huge_page_is_taken_in_parts_and_nobody_waits_for_it(tmp_path: Path) -> None:
    many = [opened(f"case:{number}", "odd", {"case.core": "available"}) for number in range(5_000)]
    odd, sound = OddDesk("odd", lambda _: Page(many, 1)), OddDesk("sound")
    with at_work(tmp_path, RULES, odd, sound) as running:
        running.goes_on(sound, 1)
        running.until(
            lambda: running.rows("SELECT cursor FROM connector_cursor WHERE connector = 'odd'") == [("1",)], "all of it"
        )
        assert running.rows("SELECT count(*) FROM event WHERE source = 'odd' AND kind = 'opened'") == [(5_000,)]


def test_of_very_many_inputs_that_are_no_events_the_first_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    odd = OddDesk("odd", lambda _: Page([], 1, refused=[f"line {number} is odd" for number in range(10_000)]))
    with at_work(tmp_path, RULES, odd) as running:
        last = "odd: 9,900 more of the same page are no events"
        running.until(lambda: (last,) in running.rows("SELECT message FROM obligation"), "word of them")
        assert running.rows("SELECT count(*) FROM obligation") == [(101,)]


def test_a_connector_that_never_answers_delays_nobody_else_nor_the_end(tmp_path: Path) -> None:
    never = threading.Event()
    odd = OddDesk("odd", lambda _: Page([opened(f"case:{number}", "odd") for number in range(150)], 1))
    odd.applies = lambda _: never.wait()
    sound = OddDesk("sound", lambda _: never.wait())
    other = OddDesk("other")
    with at_work(tmp_path, RULES, odd, sound, other) as running:
        sending = "SELECT count(*) FROM outbox WHERE state = 'sending' AND connector = 'odd'"
        running.until(lambda: running.rows(sending) == [(100,)], "as many attempts as are given to it at most")
        running.goes_on(other, 1)
        assert running.rows(sending) == [(100,)]
        assert running.rows("SELECT count(*) FROM outbox WHERE state = 'waiting' AND connector = 'odd'") == [(50,)]
        daemons = [one.daemon for one in threading.enumerate() if one.name.startswith(("courier", "poll"))]
        assert daemons
        assert all(daemons)  # none of them keeps the process when it ends
        never.set()


ANSWERS: dict[str, tuple[Any, str]] = {
    "nothing": (lambda _: None, "BroughtError: it answered nothing, which is no answer"),
    "a_text": (lambda _: "done", "BroughtError: it answered a str, which is no answer"),
    "the_class": (lambda _: Applied, "BroughtError: it answered a type, which is no answer"),
    "details_no_json": (lambda _: Applied({"id": object()}), "BroughtError: `details` of its answer is no JSON"),  # type: ignore[dict-item]
    "details_a_list": (lambda _: Applied([1]), "BroughtError: `details` of its answer is a list, not a mapping"),  # type: ignore[arg-type]
    "request_endless": (
        lambda _: Applied({}, {"x": "y" * 2_000_000}),
        "BroughtError: `request` of its answer has more than 1,000,000 characters",
    ),
    "later_nan": (lambda _: Retry("busy", float("nan")), "BroughtError: `after` is no number of seconds"),
    "later_text": (lambda _: Retry("busy", "soon"), "BroughtError: `after` is no number of seconds"),  # type: ignore[arg-type]
    "raises": (raising(OSError("gone")), "OSError: gone"),
    "exits": (raising(SystemExit(3)), "SystemExit: 3"),
    "unspeakable": (raising(UnspeakableError()), "UnspeakableError"),
    "without_end": (lambda _: Retry("busy", 1e300), "busy"),
    "long_ago": (lambda _: Retry("busy", -5.0), "busy"),
    "conflict": (lambda _: Conflict("it changed"), "it changed"),
    "recursion": (
        lambda _: sys.getrecursionlimit() and Applied({"id": deep(sys.getrecursionlimit() * 100)}),
        "BroughtError",
    ),
}


def deep(levels: int) -> Any:
    found: Any = []
    for _ in range(levels):
        found = [found]
    return found


def test_an_answer_that_is_none_is_no_success_and_the_action_is_tried_again(tmp_path: Path) -> None:
    odd = {
        name: OddDesk(name, always(Page([opened(f"case:{name}", name)], 1)), answer)
        for name, (answer, _) in ANSWERS.items()
    }
    sound = OddDesk("sound")
    with at_work(tmp_path, RULES, *odd.values(), sound) as running:
        tried = "SELECT connector, state_detail FROM outbox WHERE attempts > 0 AND state = 'waiting'"
        running.until(lambda: len(running.rows(tried)) == len(odd), "what came of all of them")
        for name, detail in running.rows(tried):
            assert detail.startswith(ANSWERS[name][1]), name
        running.goes_on(sound, 1)
        for desk in odd.values():
            desk.applies = lambda _: Applied()
        running.clock[0] += 2 * 86_400_000_000
        running.until(lambda: not running.rows("SELECT id FROM outbox WHERE state <> 'applied'"), "the actions")
        assert {name for name, desk in odd.items() if len({one.key for one in desk.attempts}) != 1} == set()


def test_a_refusal_with_a_reason_of_another_kind_is_a_refusal(tmp_path: Path) -> None:
    odd = OddDesk("odd", lambda _: Page([opened("case:1", "odd")], 1), lambda _: Rejected({"no": 1}))  # type: ignore[arg-type]
    with at_work(tmp_path, RULES, odd) as running:
        running.until(lambda: bool(running.rows("SELECT id FROM obligation")), "word of it")
        assert running.rows("SELECT kind, message FROM obligation") == [
            ("rejected", "note of tell on case:1 was refused: {'no': 1}")
        ]
