"""The world as a connector, in the same process: it is asked like any helpdesk, and knows nothing of rules."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Never

from casewarden import __version__
from casewarden.demo import PLUGIN
from casewarden.demo.world import KINDS, START, World
from casewarden.model.event import Event, Json
from casewarden.plugin import Answer, Attempt, Check, Factory, Finding, Page, Spec, WebhookError, hookimpl

_PAGE: Final = 500
_SETTINGS: Final[Mapping[str, Json]] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"seed": {"type": "integer", "description": "Another number gives another course of things."}},
}


class DemonstrationConnector:
    """A helpdesk of its own for one instance. `now` is the virtual time, which the sidecar goes by as well."""

    def __init__(self, world: World, now: Callable[[], int]) -> None:
        self._world = world
        self._now = now
        self._told: list[Event] = []
        self._of_ticket: dict[str, list[Event]] = {}
        self._lock = threading.Lock()

    def spec(self) -> Spec:
        """What it is and can do: everything, at once."""
        return _spec()

    def check(self) -> Check:
        """It is always there."""
        return Check((Finding("ok", "the demonstration helpdesk runs in this process"),))

    def changes(self, cursor: Json) -> Page:
        """What happened after a cursor, up to now. ValueError for a cursor of another run: nothing goes on from it."""
        with self._lock:
            now = self._advance()
            place = cursor if isinstance(cursor, int) and not isinstance(cursor, bool) else 0
            if cursor is not None and (place != cursor or not 0 <= place <= len(self._told)):
                raise ValueError(
                    "the demonstration has begun anew and cannot go on from here: begin with an empty store"
                )
            events = self._told[place : place + _PAGE]
            end = place + len(events)
            more = end < len(self._told)
            return Page(events, end, complete_through=None if more else now, more=more)

    def fetch(self, ticket: str) -> Page:
        """All that is known of a ticket; its cursor counts what others than the sidecar did to it."""
        with self._lock:
            now = self._advance()
            return Page(list(self._of_ticket.get(ticket, ())), self._world.version(ticket), complete_through=now)

    def apply(self, attempt: Attempt) -> Answer:
        """Carry out an action now, once for each key."""
        with self._lock:
            self._advance()
            return self._world.apply(attempt)

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> None:  # noqa: ARG002
        """There are none."""
        _no_webhooks()

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Event]:  # noqa: ARG002
        """There are none."""
        _no_webhooks()

    def close(self) -> None:
        """There is nothing to let go of."""

    def _advance(self) -> int:
        now = self._now()
        fresh = self._world.advance(now)
        self._told += fresh
        for event in fresh:
            kind, _, name = event.subject.partition(":")
            if kind == "case":
                self._of_ticket.setdefault(name, []).append(event)
        return now


class DemonstrationFactory:
    """Makes demonstration helpdesks that begin at `start` and go by the virtual time `now`."""

    def __init__(self, now: Callable[[], int], start: int = START) -> None:
        self._now = now
        self._start = start

    def spec(self) -> Spec:
        """As of the connectors."""
        return _spec()

    def connect(self, instance: str, settings: Mapping[str, Json]) -> DemonstrationConnector:
        """A new helpdesk; its seed is 1 if nothing else is said. ValueError where that is no whole number."""
        seed = settings.get("seed", 1)
        if not isinstance(seed, int) or isinstance(seed, bool):
            raise ValueError(f"`seed` is a whole number, not {seed!r}")  # noqa: TRY004  # as the contract says
        return DemonstrationConnector(World(seed, self._start, source=instance), self._now)


class DemonstrationPlugin:
    """The plugin, for a sidecar that is given it by whoever starts the demonstration: it is not installed."""

    def __init__(self, factory: DemonstrationFactory) -> None:
        self._factory = factory

    @hookimpl
    def casewarden_connectors(self) -> Sequence[Factory]:
        """The one factory."""
        return [self._factory]


def _spec() -> Spec:
    return Spec(PLUGIN, __version__, _SETTINGS, KINDS, states_watermark=True)


def _no_webhooks() -> Never:
    raise WebhookError("the demonstration sends no webhooks")
