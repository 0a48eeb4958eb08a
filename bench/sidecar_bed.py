"""What the figures of the sidecar stand on: a real sidecar, its traffic, and a helpdesk that obeys at once.

The sidecar is the one that `casewarden serve` runs, with its store, its sealing, its metrics and its chores; it is
turned by hand here, on a clock that goes from event to event, so that a day of traffic takes seconds. Everything comes
from seeds.
"""

import gc
import logging
import random
import shutil
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import structlog

import generated
from casewarden import clock
from casewarden.config.read_settings import read_settings
from casewarden.config.settings import Caps, Settings
from casewarden.model.event import Event, Json
from casewarden.model.instants import parse_instant
from casewarden.plugin import Answer, Applied, Attempt, Check, Factory, Page, Spec, hookimpl
from casewarden.service.deliver import Came, Sent
from casewarden.service.holds import hold_free
from casewarden.service.intake import Order
from casewarden.service.owner import Owner
from casewarden.shipped import shipped
from casewarden.sidecar.running import Sidecar
from casewarden.store.slots import ALL_SLOTS, partitions, slot_of
from casewarden.worktime import to_us

SECOND: Final = 1_000_000
HOUR: Final = 3_600 * SECOND
DAY: Final = 24 * HOUR
START: Final = parse_instant("2026-06-01T07:00:00Z")  # a Monday, nine in Berlin
SECRET: Final = b"x" * 32
KEY: Final = bytes(range(32))
_NO_CAPS: Final = Caps(10**9, 10**9, 10**9, 10**9)
_KINDS: Final = frozenset(
    {"set", "assign", "tag", "close", "reopen", "reply", "note", "ask", "notify", "publish", "link"}
)
_CONFIGURATION: Final = """\
casewarden: 1
store: {store}
go_live: 2020-01-01T00:00:00Z
rulesets:
  - {ruleset}
connectors:
  desk: {{plugin: bench}}
http:
  listen: 127.0.0.1:0
  ingest:
    shop: {{secret: {{file: ingest.key}}}}
personal_data:
  key: {{file: casewarden.key}}
log_level: warning
"""


class Desk:
    """A helpdesk that does at once what it is told, and tells of nothing by itself."""

    def spec(self) -> Spec:
        return Spec("bench", "1", {"type": "object"}, _KINDS)

    def connect(self, instance: str, settings: Mapping[str, Json]) -> "Desk":  # noqa: ARG002
        return self

    def check(self) -> Check:
        return Check(())

    def changes(self, cursor: Json) -> Page:
        return Page((), cursor)

    def fetch(self, ticket: str) -> Page:  # noqa: ARG002
        return Page((), None)

    def apply(self, attempt: Attempt) -> Answer:
        return Applied({"id": f"made-{attempt.key}"}) if attempt.kind == "link" else Applied()

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> None:
        raise NotImplementedError

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Event]:
        raise NotImplementedError

    def close(self) -> None:
        return


class DeskPlugin:
    @hookimpl
    def casewarden_connectors(self) -> Sequence[Factory]:
        return [Desk()]


def starter() -> Path:
    """The starter ruleset: six rules, three clocks, credits, a guard."""
    return Path(str(shipped("rules"))) / "starter" / "starter.yaml"


@contextmanager
def folder() -> Iterator[Path]:
    """A folder on the disk that the working folder is on: a store in memory would flatter."""
    path = Path(tempfile.mkdtemp(prefix="bench-", dir=Path.cwd()))
    try:
        yield path
    finally:
        shutil.rmtree(path)


def configure(where: Path, *, rules: Path | int, store: str = "sqlite:///casewarden.db") -> Settings:
    """Write a configuration for a ruleset, or for one of so many generated rules."""
    if isinstance(rules, int):
        text = generated.ruleset(generated.drawn(rules), clocks=5)
        rules = where / "generated.yaml"
        rules.write_text(text, encoding="utf-8")
    for name, secret in (("casewarden.key", KEY), ("ingest.key", SECRET)):
        path = where / name
        path.write_text(b64encode(secret).decode() if name == "casewarden.key" else secret.decode(), encoding="ascii")
        path.chmod(0o600)
    (where / "casewarden.yaml").write_text(_CONFIGURATION.format(store=store, ruleset=rules), encoding="utf-8")
    return settings_in(where)


def settings_in(where: Path) -> Settings:
    """The settings of a configuration that was written, without caps and with no limit of a rate."""
    settings, diagnostics = read_settings(where / "casewarden.yaml")
    assert settings is not None, diagnostics.items
    connectors = tuple(replace(one, rate=1e6) for one in settings.connectors)
    return replace(settings, caps=_NO_CAPS, connectors=connectors)


def silence() -> None:
    """Let the sidecar's log say nothing but warnings, which would stand between the figures; look for cycles of
    garbage as often as `casewarden serve` does."""
    gc.set_threshold(50_000, 20, 20)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def present() -> int:
    return to_us(clock.now())


@dataclass
class Bed:
    """A sidecar that is turned by hand; `now` is what its clock shows.

    On PostgreSQL it works on the partitions of `slots` and leaves the others alone, without asking who else is there.
    """

    settings: Settings
    now: int = START
    slots: range = ALL_SLOTS
    sidecar: Sidecar = field(init=False)
    owner: Owner = field(init=False)
    decisions: int = 0
    delivered: int = 0

    def __post_init__(self) -> None:
        self.sidecar = Sidecar(
            self.settings, environ={}, now=lambda: self.now, plugins=[DeskPlugin()], listen=[self._hear]
        )
        self.sidecar.database.own_time = False
        self.owner = self.sidecar.owner
        self.owner._send = self._send  # noqa: SLF001  # without threads: what they wait for is no work
        if not self.sidecar.database.is_sqlite:
            self.owner._is_ours = lambda: True  # noqa: SLF001  # nobody else is asked, and nobody else is there
            self.owner.processor.hold = hold_free
            for part in partitions(self.settings.partitions):
                if part.start in self.slots:
                    self.owner.adopt(part)
        self.settle()

    def feed(self, batches: Iterable[Sequence[Event]]) -> None:
        """Let time go on from batch to batch; each is taken in together, and all that follows is done."""
        for batch in batches:
            self.now = max(self.now, batch[-1].at)
            order = Order(batch, "desk")
            self.owner.order(order)
            self.settle()
            order.done.result(0)

    def until(self, instant: int) -> None:
        """Let time go on to an instant, and do what is due."""
        self.now = instant
        self.settle()

    def settle(self) -> None:
        while self.owner.turn():
            pass

    def close(self) -> None:
        self.sidecar.stop(0.0)

    def _send(self, sent: Sent) -> None:
        self.delivered += 1
        self.owner.answer(Came(sent, Applied()))

    def _hear(self, *_: object) -> None:
        self.decisions += 1


# -- traffic

Facts = Callable[[random.Random], dict[str, Json]]


def starter_facts(pick: random.Random) -> dict[str, Json]:
    return {"case.core": pick.choices(["down", "degraded", "available"], [1, 9, 10])[0]}


def generated_facts(pick: random.Random) -> dict[str, Json]:
    return {f"case.{name}": value for name, value in generated.case(pick.randrange(10**9)).items()}


def life(number: int, opened: int, facts: Facts, changed: str) -> list[Event]:
    """A case of seven events within two days: opened, written to, answered, changed, resolved."""
    pick = random.Random(number)
    name = f"case:{number}"
    contact = {"contact.email": f"person{number}@customer.example", "contact.name": f"Person {number}"}
    known = {**contact, "case.subject": f"It does not work ({number})", "case.number": str(number), **facts(pick)}
    text = "Since this morning our people cannot log in. " * 6

    def event(place: int, kind: str, after: int, by: str, data: dict[str, Json]) -> Event:
        at = opened + after + pick.randrange(HOUR)
        return Event(name, kind, at, at, by, "desk", f"{number}-{place}", place, (), data)

    value = facts(pick)[changed]
    log = [
        event(1, "opened", 0, "customer", {"via": "email", "facts": known}),
        event(2, "message", HOUR, "customer", {"public": True, "text": text}),
        event(3, "observed", 2 * HOUR, "agent", {"facts": {changed: value}}),
        event(4, "message", 3 * HOUR, "agent", {"public": True, "text": text}),
        event(5, "message", 6 * HOUR, "customer", {"public": True, "text": text}),
        event(6, "message", 26 * HOUR, "agent", {"public": True, "text": text}),
        event(7, "resolved", 30 * HOUR, "agent", {}),
    ]
    return sorted(log, key=lambda one: one.at)


def traffic(cases: int, rules: Path | int, at_once: int, slots: range = ALL_SLOTS) -> list[list[Event]]:
    """The events of so many cases, opened over ten hours, in batches that are taken in together.

    What is taken in together happened within the last second, as on a busy desk: nothing is learnt of late. Of the
    cases only those are in it whose slots are asked for.
    """
    facts, changed = (generated_facts, "case.f3") if isinstance(rules, int) else (starter_facts, "case.core")
    step = 10 * HOUR // cases
    numbers = [number for number in range(1, cases + 1) if slot_of(f"case:{number}") in slots]
    logs = (life(number, START + number * step, facts, changed) for number in numbers)
    events = sorted((event for log in logs for event in log), key=lambda one: (one.at, one.key))
    return [_together(events[start : start + at_once]) for start in range(0, len(events), at_once)]


def _together(events: list[Event]) -> list[Event]:
    end = events[-1].at
    return [replace(event, at=end - len(events) + place, seen_at=end) for place, event in enumerate(events)]
