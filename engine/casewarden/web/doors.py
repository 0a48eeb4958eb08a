"""The port between the HTTP doors and the sidecar behind them: what the doors ask, and what they are told.

Instants are int microseconds since the epoch in UTC. The coroutines run on the event loop of the doors' own thread.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from casewarden.model.event import Event, Json
from casewarden.plugin.contract import WebhookError

Door = Literal["ingest", "webhook", "control"]
"""The doors that ask who somebody is."""


@dataclass(frozen=True, slots=True)
class Taken:
    """How many events were new, and how many had been taken before."""

    new: int
    duplicates: int


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the sidecar works at all, whether it can take work, and in plain words why not."""

    alive: bool
    ready: bool
    reasons: tuple[str, ...] = ()


class Busy(Exception):  # noqa: N818  # a state, not a mistake
    """Nothing was taken, because too much waits; `retry_after` whole seconds it can be tried again."""

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__("too much waits")
        self.retry_after = retry_after


class UnknownConnector(LookupError):  # noqa: N818  # a name that means nothing here
    """No connector of this name is configured."""


class UnreadableWebhookError(WebhookError):
    """A webhook that is authentic and still is none that its connector can read."""


class ControlError(Exception):
    """A command was not carried out: what is wrong, and what would be right."""

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.fix = fix


class Doors(Protocol):
    """What the doors ask of the sidecar. Anything raised that is not named here is answered with 500 and no details."""

    async def take(self, events: Sequence[Event], source: str) -> Taken:
        """Take events in; they are durable when it returns. Busy where too much waits.

        `seen_at` is the present, and `at` never lies after it (an event of a clock that goes up to five minutes ahead
        has its `at` for `seen_at`).
        """
        ...

    async def webhook(self, connector: str, headers: Mapping[str, str], body: bytes) -> Taken:
        """Take a webhook in; header names are in lower case. UnknownConnector, WebhookError, Busy."""
        ...

    def refused(self, source: str, events: int) -> None:
        """Hear that so many events of a source that signed them were refused, whole requests of them."""
        ...

    def disbelieved(self, door: Door) -> None:
        """Hear that somebody asked at a door who is not believed."""
        ...

    def health(self) -> Health:
        """How it stands; answers at once."""
        ...

    def metrics(self) -> bytes:
        """All metrics in the text form that Prometheus reads (version 0.0.4, UTF-8); answers at once."""
        ...

    async def control(self, command: str, arguments: Mapping[str, Json], who: str) -> Json:
        """Carry out a command of the command line for a person. ControlError says why not."""
        ...

    def now(self) -> int:
        """The present instant."""
        ...
