"""The other side of the HTTP doors, in memory: a sidecar that remembers what it was given and decides nothing."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from casewarden.model.event import Event, Json
from casewarden.model.instants import parse_instant
from casewarden.plugin.contract import WebhookError
from casewarden.web.app import http_doors
from casewarden.web.doors import Busy, ControlError, Door, Health, Taken, UnknownConnector, UnreadableWebhookError
from casewarden.web.limits import Limits
from casewarden.web.serve import Serving, serve

NOW = parse_instant("2026-03-02T16:00:00Z")
SECRETS = {"shop": b"a secret of the shop", "bot": b"a secret of the bot", "blank": b"", "casewarden": b"a secret"}
TOKEN = "t0ken-of-the-test-run"


class Gate:
    """Holds whoever comes, on any event loop, until it is opened."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def wait(self) -> None:
        loop, opened = asyncio.get_running_loop(), asyncio.Event()
        self._waiting.append((loop, opened))
        self.reached.set()
        await opened.wait()

    def open(self) -> None:
        for loop, opened in self._waiting:
            loop.call_soon_threadsafe(opened.set)


@dataclass
class MemoryDoors:
    """`room` is how many events it takes before it is busy; `gate` holds what is to be taken."""

    clock: Callable[[], int] = lambda: NOW
    events: dict[tuple[str, str, str], Event] = field(default_factory=dict)
    state: Health = field(default_factory=lambda: Health(alive=True, ready=True))
    room: int = 1_000_000
    gate: Gate | None = None
    exposition: bytes = b"# TYPE casewarden_events counter\ncasewarden_events 0\n"
    webhooks: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    refusals: list[tuple[str, int]] = field(default_factory=list)
    strangers: list[Door] = field(default_factory=list)

    async def take(self, events: Sequence[Event], source: str) -> Taken:
        assert events
        assert {event.source for event in events} == {source}
        if self.gate is not None:
            await self.gate.wait()
        if len(self.events) + len(events) > self.room:
            raise Busy(retry_after=7)
        before = len(self.events)
        for event in events:
            self.events.setdefault((event.source, event.key, event.subject), event)
        new = len(self.events) - before
        return Taken(new, len(events) - new)

    async def webhook(self, connector: str, headers: Mapping[str, str], body: bytes) -> Taken:
        if connector != "status":
            raise UnknownConnector(connector)
        if headers.get("x-status-secret") != "swordfish":
            raise WebhookError("the secret swordfish was not given")
        if not body:
            raise UnreadableWebhookError("an empty webhook")
        is_new = all(body != before for _, before in self.webhooks)
        self.webhooks.append((headers, body))
        return Taken(int(is_new), int(not is_new))

    def refused(self, source: str, events: int) -> None:
        self.refusals.append((source, events))

    def disbelieved(self, door: Door) -> None:
        self.strangers.append(door)

    def health(self) -> Health:
        return self.state

    def metrics(self) -> bytes:
        return self.exposition

    async def control(self, command: str, arguments: Mapping[str, Json], who: str) -> Json:
        match command:
            case "echo":
                return {"arguments": dict(arguments), "who": who}
            case "fail":
                raise ZeroDivisionError("swordfish")
            case "wait":
                assert self.gate is not None
                await self.gate.wait()
                return None
            case _:
                raise ControlError(f"there is no command `{command}`", "ask for `echo`")

    def now(self) -> int:
        return self.clock()


@contextmanager
def served(doors: MemoryDoors, limits: Limits | None = None, host: str = "127.0.0.1") -> Iterator[Serving]:
    """The doors behind a real server on a free port, stopped in the end."""
    limits = limits or Limits()
    stop = threading.Event()
    serving = serve(http_doors(doors, SECRETS.get, TOKEN, limits), host, 0, stop, limits)
    try:
        yield serving
    finally:
        stop.set()
        serving.wait(20)
