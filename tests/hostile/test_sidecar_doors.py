"""Hostile events and rulesets, from one end of a sidecar at work to the other: refused or harmless, nothing is lost."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from casewarden.cli import app
from casewarden.model import Event
from casewarden.plugin import Page
from casewarden.web.signatures import SIGNATURE, TIMESTAMP, sign
from support.hostile import _CONTROLS
from support.measured import series, value
from support.odd_desk import NOON, PATIENCE, SECRET, OddDesk, Running, at_work, opened
from support.small import MINUTE, more, rule, text_of

SECOND = 1_000_000
SQL = "x';DROP/**/TABLE/**/event;--"
TEMPLATE = "{{ 7*7 }}{% for x in y %}${7*7}{{ case.text }}"
STEERS = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202eabc"
GREET = rule("greet", "when: {case.core: down}\nthen: [{reply: welcome}]")
SECTIONS = """
messages:
  hello: {en: "Hello."}
  welcome: {en: "You wrote: {{ case.text }}"}
"""


def desk_of(*events: Event) -> OddDesk:
    return OddDesk("desk", lambda cursor: Page(events if cursor is None else [], 1))


def reached(desk: OddDesk, cases: list[str]) -> bool:
    """Whether actions of these cases came to a connector, and of no others."""
    return [one.subject for one in desk.attempts] == cases


def post(running: Running, *events: dict[str, Any]) -> httpx.Response:
    """Send events by HTTP, rightly signed."""
    body = json.dumps(list(events)).encode()
    now = running.clock[0] // SECOND
    headers = {"Content-Type": "application/json", TIMESTAMP: str(now), SIGNATURE: sign(SECRET.encode(), now, body)}
    assert running.sidecar.url is not None
    return httpx.post(f"{running.sidecar.url}/ingest/monitor", content=body, headers=headers, timeout=PATIENCE)


def said(running: Running, *words: str) -> str:
    """What a command prints; it must not steer the terminal."""
    done = CliRunner().invoke(app, [*words, "--config", str(running.config)], catch_exceptions=False)
    assert done.exit_code in (0, 1), done.output
    assert _CONTROLS.search(done.output) is None
    return done.output


def test_sql_in_names_keys_and_values_is_text(tmp_path: Path) -> None:
    desk = desk_of(opened(f"case:{SQL}", "desk", {"case.text": SQL, "customer.id": SQL}, key=SQL))
    with at_work(tmp_path, GREET, desk, sections=SECTIONS) as running:
        running.until(lambda: bool(desk.attempts), "the work on it")
        (attempt,) = desk.attempts
        assert (attempt.subject, attempt.ticket) == (f"case:{SQL}", SQL)
        assert attempt.content["text"] == f"You wrote: {SQL}"
        assert running.rows("SELECT key FROM event WHERE source = 'desk'") == [(SQL,)]
        assert SQL in said(running, "cases", "--format", "json")
        assert SQL in said(running, "case", "show", f"case:{SQL}")
        assert SQL in said(running, "outbox", "list", "--case", f"case:{SQL}", "--state", "all", "--format", "json")


def test_templates_in_values_come_out_as_they_went_in(tmp_path: Path) -> None:
    desk = desk_of(opened("case:1", "desk", {"case.text": TEMPLATE}))
    with at_work(tmp_path, GREET, desk, sections=SECTIONS) as running:
        running.until(lambda: bool(desk.attempts), "the answer")
        assert desk.attempts[0].content["text"] == f"You wrote: {TEMPLATE}"


def test_what_steers_a_terminal_is_shown_harmlessly(tmp_path: Path) -> None:
    wrote = Event(
        "case:1", "message", NOON, NOON, "customer", "desk", "m", data={"public": True, "text": f"<script>{STEERS}"}
    )
    desk = desk_of(opened("case:1", "desk", {"case.text": STEERS}), wrote)
    with at_work(tmp_path, GREET, desk, sections=SECTIONS) as running:
        running.until(lambda: bool(desk.attempts), "the answer")
        running.until(lambda: not running.rows("SELECT id FROM outbox WHERE state <> 'applied'"), "its end")
        assert "greet" in said(running, "case", "show", "1", "--log")
        assert "greet" in said(running, "outbox", "list", "--state", "all")
        assert "greet" in said(running, "outbox", "show", "case:1/greet/1/0/0")
        assert "greet" in said(running, "explain", "1")
        for words in (("cases",), ("status",), ("obligations",)):
            said(running, *words)


def test_a_value_that_nobody_declared_is_kept_and_unknown(tmp_path: Path) -> None:
    odd = opened("case:1", "desk", {"case.core": "exploded", "case.load": "much", "case.nowhere": 1})
    desk = desk_of(odd, opened("case:2", "desk"))
    with at_work(tmp_path, GREET, desk, sections=SECTIONS) as running:
        running.until(lambda: [one.subject for one in desk.attempts] == ["case:2"], "the work on the other one")
        running.until(lambda: len(running.rows("SELECT id FROM subject WHERE decided_at IS NOT NULL")) == 2, "both")
        ((data,),) = running.rows("SELECT data FROM event WHERE subject = 'case:1' AND source = 'desk'")
        assert json.loads(data)["facts"]["case.core"] == "exploded"
        assert running.rows("SELECT state FROM subject WHERE name = 'case:1'") == [("open",)]


def test_a_text_of_a_megabyte_is_taken_or_refused_and_holds_nobody_up(tmp_path: Path) -> None:
    long = Event(
        "case:1", "message", NOON, NOON, "customer", "desk", "m", data={"public": True, "text": "a" * 1_000_000}
    )
    desk = desk_of(opened("case:1", "desk"), long)
    with at_work(tmp_path, GREET, desk, sections=SECTIONS) as running:
        running.until(lambda: bool(desk.attempts), "the answer")
        spoken = {"subject": "case:2", "kind": "message", "at": "2026-03-02T11:00:00Z", "by": "customer", "key": "m"}
        refused = post(running, spoken | {"data": {"text": "a" * 1_000_000}})
        assert (refused.status_code, refused.json()["status"]) == (413, 413)
        assert post(running, spoken | {"data": {"text": "a" * 900_000}}).status_code == 200
        running.goes_on(desk, 1)


def test_what_is_dated_ahead_is_refused_by_http_beyond_five_minutes_and_waits_for_its_instant_else(
    tmp_path: Path,
) -> None:
    later = {number: opened(f"case:{number}", "desk", when=NOON + number * MINUTE) for number in (3, 10)}
    desk = desk_of(*later.values())
    with at_work(tmp_path, GREET, desk, sections=SECTIONS) as running:
        spoken = {"subject": "case:h", "kind": "message", "by": "customer"}
        ahead = post(running, spoken | {"at": "2026-03-02T11:10:00Z", "key": "ten"})
        assert (ahead.status_code, ahead.json()["problems"][0]["code"]) == (422, "CW810")
        assert post(running, spoken | {"at": "2026-03-02T11:03:00Z", "key": "three"}).status_code == 200
        running.until(lambda: len(running.rows("SELECT id FROM mailbox")) == 3, "all that waits")
        assert desk.attempts == []
        for minutes, cases in ((2, list[str]()), (3, ["case:3"]), (9, ["case:3"]), (10, ["case:3", "case:10"])):
            running.clock[0] = NOON + minutes * MINUTE
            running.until(partial(reached, desk, cases), f"the work on {cases}")
            running.turn()
            assert [one.subject for one in desk.attempts] == cases


def test_a_request_that_is_replayed_or_signed_by_another_brings_nothing(tmp_path: Path) -> None:
    desk = desk_of()
    with at_work(tmp_path, GREET, desk, sections=SECTIONS) as running:
        spoken = {"subject": "case:1", "kind": "message", "at": "2026-03-02T11:00:00Z", "by": "customer", "key": "m"}
        assert post(running, spoken).json() == {"new": 1, "duplicates": 0}
        assert post(running, spoken).json() == {"new": 0, "duplicates": 1}
        running.clock[0] += 10 * MINUTE
        assert running.sidecar.url is not None
        stale = {TIMESTAMP: str(NOON // SECOND), SIGNATURE: sign(SECRET.encode(), NOON // SECOND, b"[]")}
        answer = httpx.post(f"{running.sidecar.url}/ingest/monitor", content=b"[]", headers=stale, timeout=PATIENCE)
        assert answer.status_code == 401
        assert running.rows("SELECT count(*) FROM event WHERE source = 'monitor'") == [(1,)]
        assert post(running, spoken, {"kind": "massage"}).status_code == 422
        found = series(running.sidecar.metrics)
        assert value(found, "casewarden_requests_disbelieved_total", door="ingest") == 1
        counted = [
            value(found, "casewarden_events_total", source="monitor", outcome=outcome)
            for outcome in ("new", "duplicate", "refused")
        ]
        assert counted == [1, 1, 2]


# -- rulesets that explode, given to a sidecar at work

RING = (  # which the checker cannot see: the last step comes from a field
    rule("on", "priority: 1\nwhen: {case.text: a}\nthen: [{set: {case.text: b}}]")
    + more("off", "when: {case.text: b}\nthen: [{set: {case.text: {from: case.known_as}}}]")
    + more("greet", "when: {case.core: down}\nthen: [{note: hello}]")
)
RESTLESS = rule(
    "tell", "when: {case.text: a}\nrepeat: {every: 1 minute, first: at_once}\nthen: [{note: hello}]"
) + more("greet", "when: {case.core: down}\nthen: [{note: hello}]")
BOMB = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
REFUSED: dict[str, tuple[str, str]] = {
    "every_microsecond": (RESTLESS.replace("1 minute", "1 microsecond"), "CW400"),
    "sets_itself_off": (
        rule("up", "when: {case.core: down}\nthen: [{set: {case.core: degraded}}]")
        + more("down", "when: {case.core: degraded}\nthen: [{set: {case.core: down}}]"),
        "CW602",
    ),
    "never_open": ("calendars:\n  office: {zone: Europe/Zurich, open: {}, holidays: none}\n" + GREET, "CW409"),
    "bomb": ("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + BOMB + GREET, "CW116"),
    "regex": (GREET.replace("core: down", "text: {matches: '(((a{100}){100}){100}){100}'}"), "CW413"),
    "cut_off": (GREET[:-20] + ": [", "CW121"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_ruleset_that_is_refused_leaves_the_running_one_at_work(tmp_path: Path, name: str) -> None:
    desk = desk_of()
    rules, code = REFUSED[name]
    with at_work(tmp_path, GREET, desk, sections=SECTIONS) as running:
        found = reload(running, tmp_path, rules)
        assert found["reloaded"] is False
        assert f"error[{code}]" in found["problems"]
        running.goes_on(desk, 1)


def reload(running: Running, folder: Path, rules: str) -> Any:
    (folder / "small.yaml").write_text(text_of(rules if "messages:" in rules else SECTIONS + rules))
    return running.sidecar.reload()


def test_rules_that_go_round_are_switched_off_for_their_case_and_told(tmp_path: Path) -> None:
    desk = desk_of()
    with at_work(tmp_path, GREET, desk, sections=SECTIONS) as running:
        assert reload(running, tmp_path, RING)["reloaded"] is True
        desk.answers = lambda _: Page([opened("case:1", "desk", {"case.text": "a", "case.known_as": "a"})], 2)
        running.until(lambda: bool(running.rows("SELECT id FROM obligation")), "word of it")
        assert [
            (kind, "off" in message, "on" in message)
            for kind, message in running.rows("SELECT kind, message FROM obligation")
        ] == [("alert", True, True)]
        running.until(lambda: bool(desk.attempts), "what the other rule wants")
        running.goes_on(desk, 1)
        assert {one.kind for one in desk.attempts} == {"note"}


def test_a_case_that_wakes_every_minute_for_a_month_keeps_no_other_waiting(tmp_path: Path) -> None:
    desk = desk_of()
    with at_work(tmp_path, GREET, desk, sections=SECTIONS) as running:
        assert reload(running, tmp_path, RESTLESS)["reloaded"] is True
        desk.answers = lambda _: Page([opened("case:1", "desk", {"case.text": "a", "case.core": "available"})], 2)
        running.until(lambda: bool(desk.attempts), "its first word")
        running.clock[0] += 30 * 86_400 * SECOND
        running.goes_on(desk, 1)
        assert len([one for one in desk.attempts if one.subject == "case:1"]) <= 20


def test_two_thousand_rules_come_into_force(tmp_path: Path) -> None:
    desk = desk_of()
    many = GREET + "".join(
        more(f"rule_{number}", f"when: {{case.size: {{at_least: {number}}}}}\nthen: [{{note: hello}}]")
        for number in range(2_000)
    )
    with at_work(tmp_path, GREET, desk, sections=SECTIONS) as running:
        assert reload(running, tmp_path, many)["reloaded"] is True
        running.goes_on(desk, 1)
