"""A sidecar in process beside connectors that answer whatever a test wants, and waiting for what comes of it."""

import base64
import io
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text

from casewarden.config.read_settings import read_settings
from casewarden.model.event import Event, Json
from casewarden.plugin import Answer, Applied, Attempt, Check, Page, Spec, hookimpl
from casewarden.sidecar.running import Sidecar
from casewarden.telemetry.logs import configure_logs
from support.small import at, text_of

PATIENCE: Final = 40.0
"""Seconds after which something that does not come about has failed."""
KEY: Final = base64.b64encode(bytes(32)).decode()
SECRET: Final = "0123456789abcdef" * 2
NOON: Final = at("mon 12:00")
_ALL: Final = frozenset(
    {"set", "assign", "tag", "close", "reopen", "reply", "note", "ask", "notify", "publish", "link"}
)


_CONFIGURATION: Final = """\
casewarden: 1
store: sqlite:///casewarden.db
go_live: 2026-02-01T00:00:00Z
rulesets: [small.yaml]
connectors:
{connectors}
http:
  listen: 127.0.0.1:0
  ingest: {{monitor: {{secret: {{file: secret}}}}}}
personal_data: {{key: {{file: key}}}}
"""


def nothing_new(cursor: Json) -> Page:
    """What a connector says that has nothing."""
    return Page([], cursor)


def does_it(_: Attempt) -> Answer:
    """What a connector answers that does what it is told."""
    return Applied()


@dataclass
class OddDesk:
    """A connector whose answers a test gives; `attempts` are those that reached it."""

    name: str
    answers: Callable[[Json], Any] = nothing_new
    applies: Callable[[Attempt], Any] = does_it
    fetches: Callable[[str], Any] = lambda _: Page([], None)
    attempts: list[Attempt] = field(default_factory=list)

    def spec(self) -> Spec:
        return Spec("odd", "1", {"type": "object"}, _ALL)

    def check(self) -> Check:
        return Check(())

    def changes(self, cursor: Json) -> Page:
        found: Page = self.answers(cursor)
        return found

    def fetch(self, ticket: str) -> Page:
        found: Page = self.fetches(ticket)
        return found

    def apply(self, attempt: Attempt) -> Answer:
        self.attempts.append(attempt)
        answer: Answer = self.applies(attempt)
        return answer

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> None:
        return None

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Event]:
        return []

    def close(self) -> None:
        return None


class OddDesks:
    """The plugin, its factory, and what stands in the configuration: connectors by name."""

    def __init__(self, *desks: OddDesk) -> None:
        self.desks = {desk.name: desk for desk in desks}

    def spec(self) -> Spec:
        return Spec("odd", "1", {"type": "object"}, _ALL)

    def connect(self, instance: str, settings: Mapping[str, Json]) -> OddDesk:
        return self.desks[instance]

    @hookimpl
    def casewarden_connectors(self) -> list["OddDesks"]:
        return [self]


@dataclass
class Running:
    """A sidecar at work on a clock that stands where it is put."""

    sidecar: Sidecar
    clock: list[int]
    config: Path

    def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self.sidecar.database.read() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    def until(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait until something is so."""
        end = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < end, f"{what} did not come about in {PATIENCE:g} s"
            self.turn()

    def turn(self) -> None:
        """Let the owner go round once."""
        self.sidecar.owner.command(lambda: None).result(PATIENCE)

    def goes_on(self, desk: OddDesk, number: int) -> None:
        """Hold that a new case of a connector is told of through it."""
        name = f"case:sound-{number}"
        desk.answers = lambda cursor: Page([opened(name, desk.name)], number)
        self.until(lambda: any(one.subject == name for one in desk.attempts), f"the work on {name}")


@contextmanager
def at_work(
    folder: Path, rules: str, *desks: OddDesk, sections: str = "", configured: str = "", now: int = NOON
) -> Iterator[Running]:
    """A sidecar with these connectors and a ruleset of these rules; it must end by itself when it is stopped.

    `configured` stands in its configuration beside all else.
    """
    path = folder / "small.yaml"
    path.write_text(text_of(sections + rules))
    (folder / "key").write_text(KEY)
    (folder / "secret").write_text(SECRET)
    listed = "".join(f"  {desk.name}: {{plugin: odd, rate: 1000 per second}}\n" for desk in desks)
    config = folder / "casewarden.yaml"
    config.write_text(_CONFIGURATION.format(connectors=listed) + configured)
    settings, problems = read_settings(config)
    assert settings is not None, problems.items
    connectors = tuple(replace(one, poll_every=20_000) for one in settings.connectors)
    settings = replace(settings, connectors=connectors)
    configure_logs("warning", io.StringIO(), "json")
    clock = [now]
    sidecar = Sidecar(settings, environ={}, now=lambda: clock[0], plugins=[OddDesks(*desks)], nap=0.05)
    sidecar.start()
    try:
        yield Running(sidecar, clock, config)
        assert sidecar.owner.error is None
        assert not sidecar.stopping.is_set(), "it ended by itself"
    finally:
        sidecar.stop()


def opened(
    subject: str, source: str, facts: Mapping[str, Json] | None = None, *, key: str = "o", when: int = NOON
) -> Event:
    """A case that opens, whose core is down unless told otherwise."""
    known: dict[str, Json] = {"case.core": "down"}
    known.update(facts or {})
    return Event(subject, "opened", when, when, "customer", source, key, data={"via": "mail", "facts": known})
