"""A world for sidecars: a helpdesk, a monitor, a clock that goes on only when all is settled, and a killer.

Whether all is settled is read out of the store and the helpdesk's file, not asked of the sidecar. A store in SQLite is
looked at through connections that can only read, so that a sidecar stays the only one that ever writes or checkpoints.
"""

import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import psycopg
from sqlalchemy import make_url

from casewarden.model.event import Event
from casewarden.plugin.events import event_json
from casewarden.web.signatures import SIGNATURE, TIMESTAMP, sign
from crash.life import INGEST, Clock, Config
from crash.script import END, START, Batch
from support.fake_faults import Faults
from support.fake_records import Records

PATIENCE: Final = 240.0
"""Seconds of real time after which something that does not settle has failed."""
_LOOK_EVERY: Final = 0.003
_ASK_EVERY: Final = 0.02
_ANSWER: Final = 20.0
FAULTS: Final = Faults(
    lost_before=0.04,
    lost_after=0.05,
    killed_before=0.02,
    killed_after=0.03,
    retry=0.02,
    retry_after=0.02,
    html=0.02,
    conflict=0.04,
    twice=0.2,
    held=0.2,
    poll_lost=0.03,
)
"""So seldom that a connector is hardly ever left alone for a minute, and so often that each is met in every run."""


def swift_folder() -> str | None:
    """A folder in memory, where there is one."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class Lives(Protocol):
    """Who begins lives and ends them."""

    def start(self, config: Config) -> int:
        """Begin one; its number."""
        ...

    def kill(self, life: int) -> None:
        """Kill one that was not found to have ended: its number is its own till then."""
        ...

    def ended(self, life: int) -> int | None:
        """How one ended; None while it lives."""
        ...


class Parent:
    """The process that has imported everything, and forks lives."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "crash.life"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        )

    def start(self, config: Config) -> int:
        """Begin a life; its process id."""
        found: int = self._ask({"start": asdict(config)})
        return found

    def kill(self, life: int) -> None:
        """Kill a life."""
        os.kill(life, signal.SIGKILL)

    def ended(self, life: int) -> int | None:
        """How a life ended; None while it lives."""
        found: int | None = self._ask({"ended": life})
        return found

    def close(self) -> None:
        """End the process; lives are killed by who started them."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _ask(self, asked: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look into the store tells. `unsettled` counts what waits to be done now; `next` is the next instant."""

    unsettled: int
    next: int | None
    cursor: Any
    learnt: int


_HEAD: Final = (
    "NOT EXISTS (SELECT 1 FROM outbox AS a WHERE a.subject = o.subject AND a.state IN ('waiting', 'sending') AND ("
    "(a.firing = o.firing AND a.position < o.position) OR (a.connector = o.connector AND a.id < o.id AND "
    "(a.state = 'sending' OR a.attempts > 0 OR a.next_try <= {now}))))"
)
_LOOK: Final = (
    "SELECT (SELECT count(*) FROM mailbox WHERE behind < 2 AND seen_at <= {now}) + (SELECT count(*) FROM fanout) "
    "+ (SELECT count(*) FROM wakeup WHERE due_at <= {now}) + (SELECT count(*) FROM outbox WHERE state = 'sending') "
    "+ (SELECT count(*) FROM outbox AS o WHERE o.state = 'waiting' AND o.next_try <= {now} AND " + _HEAD + ") "
    "+ (SELECT count(*) FROM subject WHERE awaits <= "
    "(SELECT complete_through FROM connector_cursor WHERE connector = 'desk')), "
    "(SELECT min(due_at) FROM wakeup), "
    "(SELECT min(next_try) FROM outbox WHERE state = 'waiting' AND next_try > {now}), "
    "(SELECT min(seen_at) FROM mailbox WHERE behind < 2), "
    "(SELECT cursor FROM connector_cursor WHERE connector = 'desk'), "
    "(SELECT count(*) FROM event WHERE source IN ('desk', 'monitor') AND by <> 'ourselves')"
)


class Store:
    """The store from outside: it is only looked at."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._postgres: psycopg.Connection[Any] | None = None

    def seen(self, now: int) -> Seen:
        """Look into it."""
        due, *rest = self._row(_LOOK.format(now=now))
        *instants, cursor, learnt = rest
        known = [one for one in instants if one is not None]
        return Seen(due, min(known, default=None), None if cursor is None else json.loads(cursor), learnt)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        if self.url.startswith("sqlite"):
            path = make_url(self.url).database
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=PATIENCE)) as connection:
                return connection.execute(statement).fetchall()
        if self._postgres is None:
            self._postgres = psycopg.connect(self.url, autocommit=True)
        return self._postgres.execute(statement.encode()).fetchall()

    def close(self) -> None:
        """Let it go."""
        if self._postgres is not None:
            self._postgres.close()
            self._postgres = None

    def _row(self, statement: str) -> tuple[Any, ...]:
        (found,) = self.rows(statement)
        return found


@dataclass(frozen=True, slots=True)
class Fate:
    """How a life is to end: killed so many seconds after it began, or after it was ready, or by its own hand."""

    begun: float | None = None
    ready: float | None = None
    dies_at: int = 0


class Killer:
    """Says how lives end, from a seed; `kills` of them, spread over the batches of a script."""

    def __init__(self, seed: int, kills: int, batches: int) -> None:
        self.left = kills
        self._chance = Random(seed)
        self._kills = kills
        self._batches = batches

    def owed(self, batch: int) -> bool:
        """Whether a life has to end before the batch of this number is behind."""
        return self._kills - self.left < self._kills * (batch + 1) // self._batches

    def fate(self) -> Fate | None:
        """The next life's."""
        if self.left == 0:
            return None
        match self._chance.randrange(10):
            case 0:
                return Fate(begun=self._chance.uniform(0, 0.15))
            case 1 | 2 | 3:
                return Fate(ready=self._chance.uniform(0, 0.2))
            case 4:
                return Fate(ready=self._chance.uniform(0, 0.6))
            case _:
                return Fate(dies_at=int(self._chance.uniform(1, 12) ** 2))


@dataclass
class World:
    """One run of a script. `lives` live at one time; without a killer none of them dies but by a fault.

    `disturb` is called for each batch, by its number, when the helpdesk has it and nothing of it is settled yet.
    """

    parent: Lives
    folder: Path
    store: Store
    faults: Faults
    lives: int = 1
    killer: Killer | None = None
    seed: int = 0
    disturb: Callable[[int], None] = lambda _: None
    prepare: Callable[[int], None] = lambda _: None
    killed: int = 0
    _alive: dict[int, "_Life"] = field(default_factory=dict)
    _sent: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.clock = Clock(self.folder, START)
        self.records = Records(self.folder)
        self._chance = Random(self.seed)

    def run(self, batches: Sequence[Batch], until: int = END) -> None:
        """Go through a script, and on to an instant at which all is compared."""
        try:
            for number, batch in enumerate(batches):
                self._go_on_to(batch.at)
                self.prepare(number)
                self._happen(batch)
                self.disturb(number)
                self._send_all(batch)
                self._settle(number)
            self._go_on_to(until)
        finally:
            for slot in list(self._alive):
                self._kill(slot)
            self.store.close()

    def _go_on_to(self, instant: int) -> None:
        """Stop at every instant before at which something is due."""
        while (following := self._settle(None).next) is not None and following < instant:
            self.clock.set(following)
        self.clock.set(instant)
        self._settle(None)

    def _happen(self, batch: Batch) -> None:
        self.records.put(*batch.desk)
        self.records.put_watermark(batch.at)
        self._sent |= {event.key for event in batch.desk}

    def _send_all(self, batch: Batch) -> None:
        """Let the monitor send what it has seen, until it is told that it was taken."""
        for event in batch.monitor:
            self._sent.add(event.key)
            for _ in range(self._chance.choice((1, 1, 2))):  # sent twice at times, as who hears no answer does
                self._send(event)

    def _settle(self, batch: int | None) -> Seen:
        """Wait until all that is to be done at this instant is done, and nobody is owed to the killer."""
        for _ in patience():
            self._tend()
            if (seen := self._look()) is not None and self._is_settled(seen):
                if batch is None or self.killer is None or not self.killer.owed(batch):
                    return seen
                self._kill_one()
        raise AssertionError(f"it does not settle: {self._look()}, {len(self._sent)} sent, {self._alive}")

    def _look(self) -> Seen | None:
        """What the store tells; None while somebody is missing who would have to bring it in order first."""
        if any(self.clock.ready(slot) != life.id for slot, life in self._alive.items()):
            return None
        try:
            return self.store.seen(self.clock())
        except sqlite3.OperationalError:  # it was killed just now: who only reads cannot open what it left
            return None

    def _is_settled(self, seen: Seen) -> bool:
        rows = len(self.records.known().rows)
        read = seen.cursor is not None and seen.cursor["next"] == rows and not seen.cursor["later"]
        return read and seen.unsettled == 0 and seen.learnt == len(self._sent)

    def _tend(self) -> None:
        """Begin lives that are missing, notice those that ended, end those whose time it is."""
        for slot in range(self.lives):
            life = self._alive.get(slot)
            if life is None:
                self._begin(slot)
                continue
            if life.ready is None and self.clock.ready(slot) == life.id:
                life.ready = time.monotonic()
            if life.is_over():
                self.parent.kill(life.id)
            elif not life.is_to_be_asked():
                continue
            if (code := self.parent.ended(life.id)) is not None:
                del self._alive[slot]
                assert code == -signal.SIGKILL, f"a life ended by itself: {code}\n{self.log()[-4000:]}"
                self._ended()

    def _begin(self, slot: int) -> None:
        fate = self.killer.fate() if self.killer is not None else None
        config = Config(
            self.store.url,
            str(self.folder),
            self.faults,
            slot,
            0 if fate is None else fate.dies_at,
        )
        self._alive[slot] = _Life(self.parent.start(config), fate or Fate())

    def _ended(self) -> None:
        self.killed += 1
        if self.killer is not None and self.killer.left:
            self.killer.left -= 1

    def _kill_one(self) -> None:
        """One that has nothing to do; it was to die later."""
        slot = self._chance.choice(sorted(self._alive))
        self._kill(slot)
        self._ended()

    def _kill(self, slot: int) -> None:
        life = self._alive.pop(slot)
        self.parent.kill(life.id)
        while self.parent.ended(life.id) is None:
            time.sleep(_LOOK_EVERY)

    def log(self) -> str:
        """What lives wrote."""
        path = self.folder / "log.jsonl"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    # -- the monitor

    def _send(self, event: Event) -> None:
        """Send an event until somebody says that it was taken."""
        form = {name: value for name, value in event_json(event).items() if name not in ("source", "seen_at")}
        body = json.dumps(form).encode()
        for _ in patience():
            self._tend()
            if self._post(body):
                return
        raise AssertionError(f"nobody takes an event: {self._look()}, {self._alive}")

    def _post(self, body: bytes) -> bool:
        ready = [slot for slot, life in self._alive.items() if self.clock.ready(slot) == life.id]
        if not ready:
            return False
        url = urlsplit((self.folder / f"{self._chance.choice(ready)}.url").read_text(encoding="utf-8"))
        seconds = self.clock() // 1_000_000
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP: str(seconds),
            SIGNATURE: sign(INGEST.encode(), seconds, body),
        }
        with closing(http.client.HTTPConnection(str(url.hostname), url.port, timeout=_ANSWER)) as connection:
            try:
                connection.request("POST", "/ingest/monitor", body, headers)
                answer = connection.getresponse()
                said = answer.read()
            except (OSError, http.client.HTTPException):
                return False
        assert answer.status in (200, 202, 503), (answer.status, said)
        return answer.status != 503


@dataclass(slots=True)
class _Life:
    id: int
    fate: Fate
    begun: float = field(default_factory=time.monotonic)
    ready: float | None = None
    asked: float = 0

    def is_to_be_asked(self) -> bool:
        """Whether it is time to ask again whether it ended by itself; asking costs more than all the rest."""
        now = time.monotonic()
        if now - self.asked < _ASK_EVERY:
            return False
        self.asked = now
        return True

    def is_over(self) -> bool:
        """Whether it is to be killed now."""
        now = time.monotonic()
        if self.fate.begun is not None:
            return now - self.begun > self.fate.begun
        return self.fate.ready is not None and self.ready is not None and now - self.ready > self.fate.ready


def patience() -> Iterator[None]:
    """Go round and round for as long as it may take."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        yield
        time.sleep(_LOOK_EVERY)
