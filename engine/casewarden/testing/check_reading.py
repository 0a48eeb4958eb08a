"""The rules of what a connector brings, tried."""

import json
from collections.abc import Iterator
from typing import Final

from casewarden.model.event import Event, Json
from casewarden.model.instants import iso
from casewarden.plugin import Connector
from casewarden.plugin.events import EventError, as_observed
from casewarden.testing.rules import BrokenError, UntriedError
from casewarden.testing.trial import INSTANCE, Polled, Trial, counted, same_json, told

MOST_CURSOR: Final = 100_000
"""Characters of a cursor: it is written with every page."""
_MANY: Final = 1_000

HOSTILE: Final = (
    "Grüße, здравствуйте, 你好, مرحبا, 👩\u200d🚒",
    "<script>alert('x')</script> &amp; <b>bold</b> &nbsp;",
    "\u202eright to left\u202c \ufeff \u2028 \x85 \x1b[31mred\x1b[0m",
    "first line\r\nBcc: all@example.org\r\n\r\nsecond line",
    "{{ 7 * 7 }} ${7*7} %s %(x)s {0} '; DROP TABLE event; --",
    "e\u0301 and \u00e9, \ufb01 and fi, \U0010ffff",
    "long " + "x" * 200_000,
)
UNKEEPABLE: Final = ("half a pair \ud83d of it", "nothing \0 there")
"""What no store can keep: it may be told among what a page refused."""


def _several_pages(trial: Trial) -> Polled:
    trial.story()
    trial.settle()
    found = trial.poll(trial.connect())
    if len([page for page in found.pages if page.events]) < 3:
        raise BrokenError(
            f"{len(trial.happened)} happenings came on {len(found.pages)} pages: the helpdesk's `page` must say how"
            " many fill one, and `more` that there is another"
        )
    return found


def resume(trial: Trial) -> None:
    """Stop behind each page, and go on with another connector."""
    if trial.shows_now_only:
        _resume_now(trial)
        return
    whole = _several_pages(trial)
    trial.require_all(whole.events)
    for number, cursor in enumerate(whole.cursors):
        kept = [event for page in whole.pages[:number] for event in page.events]
        rest = trial.poll(trial.connect(), same_json(cursor))
        keys = {event.key for event in kept} | rest.keys
        where = f"after a crash behind page {number}"
        if lost := whole.keys - keys:
            raise BrokenError(f"{where} these are lost: {told(lost)}")
        if more := keys - whole.keys:
            raise BrokenError(f"{where} these come anew under other keys: {told(more)}")


def _resume_now(trial: Trial) -> None:
    """Lose a page before it was kept: another connector must tell how things are, as the first did."""
    cursor, ticket = None, trial.open_ticket()
    for _ in range(4):
        before = len(trial.happened)
        trial.happen(ticket)
        trial.settle()
        lost = trial.poll(trial.connect(), same_json(cursor))
        again = trial.poll(trial.connect(), same_json(cursor))
        for polled in (lost, again):
            trial.require_all(polled.events, before)
        cursor = again.cursor


def page_repeated(trial: Trial) -> None:
    """Ask for each page again."""
    connector = trial.connect()
    trial.story()
    trial.settle()
    whole = trial.poll(connector)
    for number, (page, cursor) in enumerate(zip(whole.pages, whole.cursors, strict=False), 1):
        first, again = counted(page.events), counted(connector.changes(same_json(cursor)).events)
        if set(first) != set(again):
            other = {one[0] for one in set(first) ^ set(again)}
            raise BrokenError(f"page {number} has other events when it is asked for again: {told(other)}")


def cursor_json(trial: Trial) -> None:
    """Look at every cursor."""
    trial.story()
    trial.settle()
    for cursor in trial.poll(trial.connect()).cursors[1:]:
        try:
            text = json.dumps(cursor, allow_nan=False)
        except (TypeError, ValueError) as problem:
            raise BrokenError(f"the cursor {str(cursor)[:200]} is no JSON: {problem}") from None
        if json.loads(text) != cursor:
            raise BrokenError(f"the cursor {text[:200]} is another one when it comes back from JSON")
        if len(text) > MOST_CURSOR:
            raise BrokenError(f"a cursor has {len(text):,} characters, more than {MOST_CURSOR:,}")


def cursor_still(trial: Trial) -> None:
    """Ask where nothing is new, also at the very beginning."""
    connector = trial.connect()
    cursor = trial.poll(connector).cursor
    for seconds in (0, 0, 3_600):
        trial.helpdesk.advance(seconds)
        _require_still(connector, cursor)
    trial.story()
    trial.helpdesk.advance(3_600)
    cursor = trial.poll(connector, cursor).cursor
    for seconds in (0, 0, 3_600):
        trial.helpdesk.advance(seconds)
        _require_still(connector, cursor)


def _require_still(connector: Connector, cursor: object) -> None:
    page = connector.changes(same_json(cursor))  # type: ignore[arg-type]  # it is JSON, or the rule `cursor-json` says so
    if page.more:
        raise BrokenError("nothing is new, and it says that there is more")
    if page.cursor != cursor:
        raise BrokenError(f"nothing is new, and the cursor {cursor!r} becomes {page.cursor!r}")


def events_strict(trial: Trial) -> None:
    """Hold every event to what the sidecar holds it to."""
    trial.story()
    connector = trial.connect()
    ticket = trial.happen()
    trial.settle()
    for event in (*trial.poll(connector).events, *connector.fetch(ticket).events):
        _require_sound(event)


def _require_sound(event: Event) -> None:
    try:
        as_observed(event, event.source)
    except EventError as problem:
        raise BrokenError(f"the event {event.key[:80]!r} is refused: {problem.code} {problem}") from None


def own_source(trial: Trial) -> None:
    """Let two instances poll side by side."""
    trial.story()
    trial.settle()
    for name in (INSTANCE, "other"):
        for event in trial.poll(trial.connect(instance=name)).events:
            if event.source != name:
                raise BrokenError(
                    f"the instance is called `{name}`, and the source of {event.key!r} is {event.source!r}"
                )


def fetch_same_keys(trial: Trial) -> None:
    """Fetch a ticket, and compare with what polling gave."""
    ticket = trial.open_ticket()
    for _ in range(3):
        trial.happen(ticket)
    trial.settle()
    connector = trial.connect()
    polled = trial.poll(connector)
    page = connector.fetch(ticket)
    same_json(page.cursor)
    if foreign := {event.key for event in page.events} - polled.keys:
        raise BrokenError(f"polling never gave these keys: {told(foreign)}")
    subject = trial.helpdesk.subject(ticket)
    for happened in (one for one in trial.happened if one.subject == subject):
        if not any(happened.is_told_by(event) for event in page.events):
            raise BrokenError(f"{happened} is not among what `fetch` gives")


def _watermarks(trial: Trial) -> Iterator[tuple[Polled, int]]:
    """Poll while things happen and time passes: what came, and until when that is said to be all."""
    if not trial.factory.spec().states_watermark:
        raise UntriedError("`spec` does not say that it states a watermark")
    connector, cursor, stated = trial.connect(), None, False
    trial.story()
    for minutes in (0, 0, 0.1, 0.5, 1, 5, 60):
        trial.happen()
        trial.helpdesk.advance(60 * minutes)
        polled = trial.poll(connector, cursor)
        cursor = polled.cursor
        for number, page in enumerate(polled.pages):
            if page.complete_through is not None:
                stated = True
                yield Polled(polled.pages[: number + 1], ()), page.complete_through
        yield polled, -1
    if not stated:
        raise BrokenError("`spec` says that it states a watermark, and no page has one")


def watermark_forward(trial: Trial) -> None:
    """Compare each watermark with the one before and with the time."""
    last = None
    for _, through in _watermarks(trial):
        if through < 0:
            continue
        if last is not None and through < last:
            raise BrokenError(f"it was {iso(last)}, and then {iso(through)}")
        if through > trial.helpdesk.now():
            raise BrokenError(f"it is {iso(through)}, and now is {iso(trial.helpdesk.now())}")
        last = through


def watermark_delivered(trial: Trial) -> None:
    """Hold each watermark to what had come by then."""
    came: list[Event] = []
    for polled, through in _watermarks(trial):
        if through < 0:
            came += polled.events
            continue
        so_far = [*came, *polled.events]
        for happened in trial.wanted():
            if happened.at <= through and not any(happened.is_told_by(event) for event in so_far):
                raise BrokenError(
                    f"all is known up to {iso(through)}, it says; {happened} at {iso(happened.at)} is not"
                )


def values_kept(trial: Trial) -> None:
    """Let a field be emptied, and set to what nobody has heard of."""
    choice = trial.helpdesk.choice
    if choice is None or "change" not in trial.helpdesk.happens:
        raise UntriedError("the helpdesk has no field that is changed")
    ticket, connector, cursor = trial.open_ticket(), trial.connect(), None
    wanted: list[tuple[str | None, Json]] = [*list(choice.values.items())[:1], ("never_seen_before",) * 2]
    if choice.can_be_empty:
        wanted.insert(1, (None, None))
    for value, fact in wanted:
        before = len(trial.happened)
        trial.change(ticket, value, fact)
        trial.settle()
        polled = trial.poll(connector, cursor)
        cursor = polled.cursor
        trial.require_all(polled.events, before)


def texts_kept(trial: Trial) -> None:
    """Let customers write what is hard to keep."""
    if "comment" not in trial.helpdesk.happens:
        raise UntriedError("nobody writes texts there")
    ticket = trial.open_ticket()
    said = {trial.text(): text for text in (*HOSTILE, *UNKEEPABLE)}
    for mark, text in said.items():
        trial.comment(ticket, f"{mark} {text}")
    trial.settle()
    polled = trial.poll(trial.connect())
    for mark, text in said.items():
        found = [event for event in polled.events if mark in str(event.data.get("text", ""))]
        if not found and text in UNKEEPABLE and polled.refused:
            continue
        if len({event.key for event in found}) != 1:
            raise BrokenError(f"the text {text[:60]!r} came as {len(found)} events")
        _require_sound(found[0])
        if text not in UNKEEPABLE and _squeezed(text) not in _squeezed(str(found[0].data["text"])):
            raise BrokenError(f"of the text {text[:60]!r} came {str(found[0].data['text'])[:120]!r}")


def _squeezed(text: str) -> str:
    """What counts of a text: no spaces, no control characters."""
    return "".join(one for one in text if one.isprintable() and not one.isspace())
