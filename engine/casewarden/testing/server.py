"""The base of fake helpdesks that speak HTTP: a server on loopback in the test's process, with faults at each request.

A fake says in `answer` what a request gives. All that can change stands in `state`, so that a request can be answered
and not done. Requests are answered one at a time. Its clock is the test's.
"""

from abc import ABC, abstractmethod
from copy import deepcopy
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import Final, Generic, Literal, Self, TypeVar

from casewarden.testing.cassette import Cassette
from casewarden.testing.helpdesk import RETRY_AFTER, Clock, Fault, On
from casewarden.testing.listener import Listener
from casewarden.testing.scrubbing import Scrubber
from casewarden.testing.wire import DROPPED, Reply, Request, Sent

State = TypeVar("State")
"""What a fake remembers; `copy.deepcopy` copies it."""
HTTP_FAULTS: Final = frozenset(Fault) - {Fault.LATE, Fault.SLOW}
"""What this base does by itself; `LATE` needs the fake's help, `SLOW` a connector with a short time-out."""
_HTML: Final = b"<!DOCTYPE html><html><head><title>503</title></head><body><h1>Service Unavailable</h1></body></html>"


@dataclass(slots=True)
class _Injected:
    fault: Fault
    on: On
    times: int


class FakeServer(ABC, Generic[State]):
    """Used in a `with`, which raises what went wrong in `answer`; `url` is where it listens.

    `secrets` are what its recordings must not show. All that is recorded is kept: what goes on for hours sets `records`
    to False.
    """

    def __init__(self, state: State, secrets: tuple[str, ...] = (), clock: Clock | None = None) -> None:
        self.state = state
        self.clock = Clock() if clock is None else clock
        self.cassette = Cassette(Scrubber(secrets))
        self.records = True
        self._injected: list[_Injected] = []
        self._hides = 0
        self._is_hiding = False
        self._writes = 0
        self._lock = Lock()
        self._problem: Exception | None = None
        self._listener = Listener(self._serve)

    @abstractmethod
    def answer(self, request: Request) -> Reply:
        """What a request gives; it changes nothing but `state`."""

    def kind_of(self, request: Request) -> Literal["read", "write", "other"]:
        """What a request is to faults: `other` is met by those of `any` request only, such as a login."""
        return "read" if request.method in ("GET", "HEAD", "OPTIONS") else "write"

    @property
    def faults(self) -> frozenset[Fault]:
        """See `FakeHelpdesk`."""
        return HTTP_FAULTS

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._listener.port}"

    def __enter__(self) -> Self:
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.stop()
        if self._problem is not None and problem is None:
            raise self._problem

    # -- what the kit asks

    def now(self) -> int:
        """See `FakeHelpdesk`."""
        return self.clock.now()

    def advance(self, seconds: float) -> None:
        """See `FakeHelpdesk`."""
        self.clock.advance(seconds)

    def inject(self, fault: Fault, *, on: On = "any", times: int = 1) -> None:
        """See `FakeHelpdesk`."""
        match fault:
            case Fault.REFUSED:
                self._listener.stop()
            case Fault.LATE:
                self._hides, self._is_hiding = times, True
            case _:
                self._injected.append(_Injected(fault, on, times))

    def clear(self) -> None:
        """See `FakeHelpdesk`."""
        self._injected.clear()
        self._hides, self._is_hiding = 0, False
        if not self._listener.is_listening:
            self._listener.start()

    def hides_next(self) -> bool:
        """Whether what happens just now is one of those that are shown late; asked once for each happening."""
        if self._hides == 0:
            return False
        self._hides -= 1
        return True

    @property
    def is_hiding(self) -> bool:
        """Whether what is shown late is not shown yet."""
        return self._is_hiding

    def writes(self) -> int:
        """See `FakeHelpdesk`."""
        return self._writes

    def connections(self) -> int:
        """See `FakeHelpdesk`."""
        return self._listener.connections()

    def swallowed(self) -> int:
        """See `FakeHelpdesk`."""
        return self._listener.swallowed

    def recorded(self) -> str:
        """See `FakeHelpdesk`."""
        return self.cassette.text()

    # -- requests

    def _serve(self, request: Request) -> Sent:
        with self._lock:
            try:
                sent = self._answered(request)
            except Exception as problem:  # noqa: BLE001  # raised in the test's own thread, at the end
                self._problem = self._problem or problem
                sent = Reply(500, b"the fake helpdesk failed")
            if isinstance(sent, Reply) and self.records:
                asked, got = (request.headers, request.body), (sent.headers, sent.body)
                self.cassette.add(request.method, request.target, asked, sent.status, got)
            return sent

    def _answered(self, request: Request) -> Sent:
        kind = self.kind_of(request)
        fault = self._fault(kind)
        match fault:
            case Fault.LOST_BEFORE:
                return DROPPED
            case Fault.TOO_MANY:
                return Reply(429, b"too many requests", {"content-type": "text/plain"})
            case Fault.TOO_MANY_FOR:
                return Reply(429, b"too many requests", {"content-type": "text/plain", "retry-after": f"{RETRY_AFTER}"})
            case Fault.UNAVAILABLE:
                return Reply(503, _HTML, {"content-type": "text/html"})
            case _:
                return self._done(request, kind, fault)

    def _done(self, request: Request, kind: str, fault: Fault | None) -> Sent:
        before = deepcopy(self.state) if fault is Fault.IGNORED else None
        reply = self.answer(request)
        if before is not None:
            self.state = before
        elif kind == "write" and reply.status < 400:
            self._writes += 1
        match fault:
            case Fault.LOST_AFTER:
                return DROPPED
            case Fault.MALFORMED:
                return Reply(max(reply.status, 200), reply.body[: len(reply.body) // 2] or b"{", reply.headers)
            case Fault.CHARSET:
                return Reply(
                    reply.status, reply.body, {**reply.headers, "content-type": "application/json; charset=x-?"}
                )
            case Fault.OVERSIZED:
                return Reply(reply.status, b'{"text": "', reply.headers, endless=True)
            case Fault.SLOW:
                return Reply(reply.status, reply.body, reply.headers, slow=True)
            case _:
                return reply

    def _fault(self, kind: str) -> Fault | None:
        for one in self._injected:
            if one.times > 0 and one.on in ("any", kind):
                one.times -= 1
                return one.fault
        return None
