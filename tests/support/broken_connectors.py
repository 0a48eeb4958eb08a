"""Connectors that break one rule of the kit each, and no other: the sound one of the scaffold with one mistake."""

import base64
import logging
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

import httpx

from casewarden.model.event import Event, Json
from casewarden.model.instants import parse_instant
from casewarden.plugin import (
    Answer,
    Attempt,
    Check,
    Connector,
    Finding,
    Page,
    Rejected,
    Retry,
    Spec,
    WebhookError,
)
from casewarden.plugin.http import Bounds, Http, HttpError, Token
from casewarden.testing.scaffold.acme.connector import AcmeConnector
from casewarden.testing.scaffold.acme.settings import SPEC, read_settings
from casewarden.testing.scaffold.acme.webhooks import signature

TRUST: Final = ssl.create_default_context()
"""Made once: it takes longer than most rules."""


class Sound(AcmeConnector):
    """The scaffold's connector, as it is."""

    bounds_of: ClassVar[Bounds] = Bounds(retries=0)

    def __post_init__(self) -> None:
        transport = httpx.HTTPTransport(verify=TRUST)
        token = Token(self.settings.token)
        self.http = Http(self.settings.url, login=token, bounds=self.bounds_of, now=self.now, transport=transport)

    @classmethod
    def said(cls) -> Spec:
        return SPEC

    @classmethod
    def taken(cls, settings: Mapping[str, Json]) -> Mapping[str, Json]:
        """The settings that it looks at."""
        return settings

    def spec(self) -> Spec:
        return self.said()


@dataclass(frozen=True)
class Acmes:
    """Makes connectors of one class."""

    kind: type[Sound]
    now: Callable[[], int]

    def spec(self) -> Spec:
        return self.kind.said()

    def connect(self, instance: str, settings: Mapping[str, Json]) -> Connector:
        return self.kind(instance, read_settings(self.kind.taken(settings)), self.now, 0)


def of_page(page: Page, **changed: Any) -> Page:
    return replace(page, **changed)


# -- what it says of itself


class ShowsItsToken(Sound):
    """`token` is not marked as a secret."""

    @classmethod
    def said(cls) -> Spec:
        properties: Any = dict(SPEC.settings["properties"])  # type: ignore[arg-type]
        properties["token"] = {"type": "string"}
        return replace(SPEC, settings={**SPEC.settings, "properties": properties})


class TakesAnySetting(Sound):
    """What it does not know it passes over."""

    @classmethod
    def taken(cls, settings: Mapping[str, Json]) -> Mapping[str, Json]:
        return {name: value for name, value in settings.items() if name in ("url", "token", "webhook_secret")}


class AlwaysFit(Sound):
    """All is well, whatever is wrong."""

    def check(self) -> Check:
        return Check((Finding("ok", "all seems to be well"),))


class HoldsOn(Sound):
    """`close` lets nothing go; what is left is closed by the test."""

    left: ClassVar[list[Http]] = []

    def close(self) -> None:
        self.left.append(self.http)


class OneThread(Sound):
    """As some libraries, it can be called from one thread only."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.thread = threading.get_ident()

    def changes(self, cursor: Json) -> Page:
        if threading.get_ident() != self.thread:
            raise RuntimeError("objects created in a thread can only be used in that same thread")
        return super().changes(cursor)


# -- what it brings


class SkipsOneAfterAStart(Sound):
    """It begins behind the first change after the cursor that was kept."""

    begun = False

    def changes(self, cursor: Json) -> Page:
        begun, self.begun = self.begun, True
        page = super().changes(cursor)
        return page if begun or cursor is None else of_page(page, events=page.events[1:])


class CountsCalls(Sound):
    """The second time a page has other keys."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.seen: set[tuple[Any, int]] = set()

    def changes(self, cursor: Json) -> Page:
        page = super().changes(cursor)
        asked = (cursor, len(page.events))
        if asked in self.seen:
            return of_page(page, events=[replace(event, key=f"{event.key} again") for event in page.events])
        self.seen.add(asked)
        return page


class WideCursor(Sound):
    """It keeps much more in the cursor than a place."""

    def changes(self, cursor: Json) -> Page:
        page = super().changes(cursor["after"] if isinstance(cursor, dict) else None)
        return of_page(page, cursor={"after": page.cursor, "all": "x" * 200_000})


class RestlessCursor(Sound):
    """Its cursor counts the calls."""

    def changes(self, cursor: Json) -> Page:
        after, calls = cursor if isinstance(cursor, list) else (None, 0)
        page = super().changes(after)
        return of_page(page, cursor=[page.cursor, calls + 1])  # type: ignore[operator]


class UnknownKey(Sound):
    """Its events have a key that none has."""

    def changes(self, cursor: Json) -> Page:
        page = super().changes(cursor)
        return of_page(page, events=[_with_key(event) for event in page.events])


def _with_key(event: Event) -> Event:
    return replace(event, data={**event.data, "colour": "red"}) if event.kind == "opened" else event


class OneSource(Sound):
    """All instances say the same source."""

    def changes(self, cursor: Json) -> Page:
        page = super().changes(cursor)
        return of_page(page, events=[replace(event, source="desk") for event in page.events])


class OtherKeys(Sound):
    """`fetch` names events in its own way."""

    def fetch(self, ticket: str) -> Page:
        page = super().fetch(ticket)
        return of_page(page, events=[replace(event, key=f"{ticket}/{event.key}") for event in page.events])


class GoesBack(Sound):
    """Its watermark is older with each call."""

    calls = 0

    def changes(self, cursor: Json) -> Page:
        page = super().changes(cursor)
        if page.complete_through is None:
            return page
        self.calls += 1
        return of_page(page, complete_through=page.complete_through - self.calls * 7_200_000_000)


class KnowsAll(Sound):
    """The first of several pages says already that all is there."""

    def changes(self, cursor: Json) -> Page:
        page = super().changes(cursor)
        return of_page(page, complete_through=self.now() - 1)


class JumpsGaps(Sound):
    """It goes on behind the newest change that it saw."""

    def changes(self, cursor: Json) -> Page:
        answer: Any = self.http.get("/changes", {"after": cursor if isinstance(cursor, int) else 0}).object()
        events, refused = self._events(answer["changes"])
        last = answer["changes"][-1]["id"] if answer["changes"] else cursor
        through = None if answer["more"] else parse_instant(answer["time"]) - 60_000_000
        return Page(events, last, through, answer["more"], refused)


class KnownValuesOnly(Sound):
    """A value that it does not know is normal."""

    def changes(self, cursor: Json) -> Page:
        page = super().changes(cursor)
        return of_page(page, events=[_known(event) for event in page.events])


def _known(event: Event) -> Event:
    facts = event.data.get("facts")
    if isinstance(facts, dict) and facts.get("case.priority") not in ("high", "normal", "low", None):
        return replace(event, data={**event.data, "facts": {"case.priority": "normal"}})
    return event


class AsciiOnly(Sound):
    """It drops what is not ASCII."""

    def changes(self, cursor: Json) -> Page:
        page = super().changes(cursor)
        return of_page(page, events=[_ascii(event) for event in page.events])


def _ascii(event: Event) -> Event:
    text = event.data.get("text")
    if not isinstance(text, str):
        return event
    return replace(event, data={**event.data, "text": text.encode("ascii", "ignore").decode()})


class PassesOver(Sound):
    """What it cannot read it takes for read."""

    def changes(self, cursor: Json) -> Page:
        try:
            return super().changes(cursor)
        except HttpError:
            return Page([], (cursor if isinstance(cursor, int) else 0) + 4)


class ReadsToTheEnd(Sound):
    """No answer is too long for it."""

    bounds_of: ClassVar[Bounds] = Bounds(retries=0, body=10**12)


# -- webhooks


class NamesDeliveries(Sound):
    """The keys of webhooks are their own."""

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Event]:
        events = super().parse_webhook(headers, body)
        return [replace(event, key=headers.get("x-acme-signature", "")) for event in events]


class SignsTrimmed(Sound):
    """Spaces around a body count for nothing."""

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> None:
        super().verify_webhook(headers, body.strip(), now)


class NeverStale(Sound):
    """A signature is good for ever."""

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> None:
        wanted = signature(str(self.settings.webhook_secret), headers.get("x-acme-time", ""), body)
        if wanted != headers.get("x-acme-signature"):
            raise WebhookError("the webhook is wrongly signed")


class TrustsBodies(Sound):
    """A body that is none is its own error."""

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Event]:
        if not body:
            raise IndexError("list index out of range")
        return super().parse_webhook(headers, body)


# -- what it does


class KeyErrorForUnknown(Sound):
    """It has a table of kinds, and looks them up."""

    def apply(self, attempt: Attempt) -> Answer:
        return {kind: super(KeyErrorForUnknown, self).apply for kind in SPEC.actions}[attempt.kind](attempt)


class RepliesNothing(Sound):
    """Its replies have no text."""

    def apply(self, attempt: Attempt) -> Answer:
        said = {**attempt.content, "text": ""} if attempt.kind == "reply" else attempt.content
        return super().apply(replace(attempt, content=said))


class Forgets(Sound):
    """It never looks whether it has done it already."""

    def apply(self, attempt: Attempt) -> Answer:
        return super().apply(replace(attempt, again=False))


class GivesUp(Sound):
    """What fails once is never tried again."""

    def apply(self, attempt: Attempt) -> Answer:
        answer = super().apply(attempt)
        if isinstance(answer, Retry) and not answer.reached and "503" in answer.reason:
            return Rejected(answer.reason)
        return answer


class WritesOver(Sound):
    """It writes whatever happened meanwhile."""

    def apply(self, attempt: Attempt) -> Answer:
        return super().apply(replace(attempt, precondition=None))


class Believes(Sound):
    """A success is a success."""

    is_writing = False

    def apply(self, attempt: Attempt) -> Answer:
        self.is_writing = not attempt.again
        return super().apply(attempt)

    def _stands(self, attempt: Attempt) -> bool:
        return self.is_writing or super()._stands(attempt)


class Hurries(Sound):
    """It does not read for how long it should wait."""

    def apply(self, attempt: Attempt) -> Answer:
        answer = super().apply(attempt)
        return replace(answer, after=1.0) if isinstance(answer, Retry) and answer.after else answer


class NeedsATime(Sound):
    """It relies on Retry-After."""

    def apply(self, attempt: Attempt) -> Answer:
        answer = super().apply(attempt)
        if isinstance(answer, Retry) and "429" in answer.reason and answer.after is None:
            return Rejected("Acme does not say when to try again")
        return answer


class TakesItselfForAnAgent(Sound):
    """What it wrote looks like a person's doing."""

    def changes(self, cursor: Json) -> Page:
        page = super().changes(cursor)
        events = [replace(event, by="agent") if event.by == "ourselves" else event for event in page.events]
        return of_page(page, events=events)


# -- secrets


class LogsItsToken(Sound):
    """It logs what it sends, in base64."""

    def fetch(self, ticket: str) -> Page:
        sent = base64.b64encode(f"agent:{self.settings.token}".encode()).decode()
        logging.getLogger("acme").debug("asking for %s with %s", ticket, sent)
        return super().fetch(ticket)


BROKEN: Final[Mapping[str, type[Sound]]] = {
    "spec-valid": ShowsItsToken,
    "settings-refused": TakesAnySetting,
    "check-plain": AlwaysFit,
    "close-lets-go": HoldsOn,
    "calls-from-threads": OneThread,
    "resume": SkipsOneAfterAStart,
    "page-repeated": CountsCalls,
    "cursor-json": WideCursor,
    "cursor-still": RestlessCursor,
    "events-strict": UnknownKey,
    "own-source": OneSource,
    "fetch-same-keys": OtherKeys,
    "watermark-forward": GoesBack,
    "watermark-delivered": KnowsAll,
    "late-shown": JumpsGaps,
    "values-kept": KnownValuesOnly,
    "texts-kept": AsciiOnly,
    "failed-read": PassesOver,
    "endless-answer": ReadsToTheEnd,
    "webhook-keys": NamesDeliveries,
    "webhook-forged": SignsTrimmed,
    "webhook-stale": NeverStale,
    "webhook-malformed": TrustsBodies,
    "unknown-action": KeyErrorForUnknown,
    "applied-stands": RepliesNothing,
    "again-once": Forgets,
    "failed-write": GivesUp,
    "stale-conflict": WritesOver,
    "read-back": Believes,
    "slow-down": Hurries,
    "slow-down-unsaid": NeedsATime,
    "own-writes": TakesItselfForAnAgent,
    "secrets-hidden": LogsItsToken,
}
