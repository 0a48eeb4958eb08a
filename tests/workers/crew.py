"""Several workers and an ingest node on one store, with a helpdesk, a monitor and a clock that the test moves."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg

from casewarden.model.event import Event
from casewarden.plugin.events import event_json
from casewarden.service.writes import NOTIFY
from casewarden.sidecar.jobs import ALIVE_LOCK
from casewarden.web.signatures import SIGNATURE, TIMESTAMP, sign
from crash.life import INGEST, Clock
from crash.script import START, Batch
from crash.world import Seen, Store
from support.fake_records import Records

PATIENCE: Final = 120.0
"""Seconds of real time after which what does not come has failed."""
_LOOK_EVERY: Final = 0.02
_HELD: Final = f"""
SELECT job.lock, activity.application_name FROM casewarden_jobs.procrastinate_jobs AS job
JOIN pg_locks ON locktype = 'advisory' AND classid = {ALIVE_LOCK} AND objid = job.worker_id
JOIN pg_stat_activity AS activity ON activity.pid = pg_locks.pid
WHERE job.status = 'doing' AND job.lock LIKE %s
"""
_WRITING: Final = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL"
_JOBS: Final = "SELECT lock, id FROM casewarden_jobs.procrastinate_jobs WHERE status = 'doing' AND lock LIKE 'part-%'"


class Parent:
    """The process that has imported everything, and forks others."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "workers.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        )

    def start(self, config: Mapping[str, Any]) -> int:
        """Begin a process; its number."""
        return int(self._ask({"start": config}))

    def ended(self, process: int) -> int | None:
        """How a process ended; None while it lives."""
        found: int | None = self._ask({"ended": process})
        return found

    def close(self) -> None:
        """End it."""
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


@dataclass
class Crew:
    """Processes by name; `more` goes into the configuration of each."""

    parent: Parent
    folder: Path
    url: str
    more: Mapping[str, Any] = field(default_factory=dict)
    alive: dict[str, int] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    _codes: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = Clock(self.folder, START)
        self.records = Records(self.folder)
        self.store = Store(self.url)
        self._bell = psycopg.connect(self.url, autocommit=True)

    # -- processes

    def start(self, *workers: str, ingest: bool = False, **more: Any) -> None:
        """Begin workers, and perhaps the ingest node, and wait until they are there; `more` is for these."""
        self.more = {**self.more, **more}
        roles = {**dict.fromkeys(workers, "worker"), **({"ingest": "ingest"} if ingest else {})}
        for name, role in roles.items():
            self.alive[name] = self.parent.start(self.config(name, role))
        self.wait(lambda: all((self.folder / f"{name}.url").exists() for name in roles), "begin")

    def config(self, name: str, role: str) -> Mapping[str, Any]:
        """What a process is to be."""
        return {"role": role, "name": name, "store": self.url, "folder": str(self.folder), **self.more}

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process."""
        os.kill(self.alive[name], number)

    def ends(self, name: str) -> int:
        """Wait for the end of a process; its code, or the signal that ended it, negative."""
        process = self.alive[name]
        self.wait(lambda: self._code(process) is not None, f"end {name}")
        del self.alive[name]
        (self.folder / f"{name}.url").unlink()
        return self._codes[process]

    def close(self) -> None:
        """End all that is left."""
        for process in self.alive.values():
            os.kill(process, signal.SIGKILL)
        for process in self.alive.values():
            while self._code(process) is None:
                time.sleep(_LOOK_EVERY)
        self._bell.close()
        self.store.close()

    def log(self, name: str) -> str:
        """What a process wrote."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8")

    def _code(self, process: int) -> int | None:
        if process not in self._codes and (code := self.parent.ended(process)) is not None:
            self._codes[process] = code
        return self._codes.get(process)

    def pause(self, paused: bool) -> None:
        """Let nothing be sent, as an operator does, or let it go again."""
        statement = (
            "INSERT INTO setting (name, value) VALUES ('paused', %s) ON CONFLICT (name) DO UPDATE SET value = %s"
        )
        self._bell.execute(statement, (str(paused).lower(), str(paused).lower()))
        self.ring()

    # -- who has what

    def held(self, what: str = "part") -> dict[str, str]:
        """By the locks of partitions (or polls) which process has them."""
        rows = self._bell.execute(_HELD, (f"{what}-%",))
        names = {process: name for name, process in self.alive.items()}
        return {lock: names.get(int(told.split()[-1]), "?") for lock, told in rows}

    def shares(self) -> Counter[str]:
        """How many partitions each process has."""
        return Counter(self.held().values())

    def owns(self, share: Mapping[str, int]) -> bool:
        """Whether all partitions have owners, these so many."""
        return self.shares() == share

    def jobs(self) -> dict[str, int]:
        """By the locks of partitions the numbers of their jobs: another number means that it changed hands."""
        return dict(self._bell.execute(_JOBS))

    # -- what happens

    def run(self, batches: Sequence[Batch], until: int) -> None:
        """Go through a script, and on to an instant at which all is compared."""
        for batch in batches:
            self.go_on_to(batch.at)
            self.put(batch)
            self.settle()
        self.go_on_to(until)

    def go_on_to(self, instant: int) -> None:
        """Stop at every instant before at which something is due."""
        while (following := self.settle().next) is not None and following < instant:
            self.move(following)
        self.move(instant)
        self.settle()

    def move(self, instant: int) -> None:
        """Let it be another instant."""
        self.clock.set(instant)
        self.ring()

    def is_writing(self) -> bool:
        """Whether somebody is in the middle of a transaction that writes."""
        return self._bell.execute(_WRITING).fetchone() != (0,)

    def ring(self) -> None:
        """Let all workers look at once."""
        self._bell.execute(f"NOTIFY {NOTIFY}")

    def put(self, batch: Batch) -> None:
        """Let it happen: the helpdesk has it at once, the monitor sends it to the ingest node."""
        self.records.put(*batch.desk)
        self.records.put_watermark(batch.at)
        self.sent |= {event.key for event in (*batch.desk, *batch.monitor)}
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self.send, (batch.monitor[start : start + 5] for start in range(0, len(batch.monitor), 5))))

    def send(self, events: Sequence[Event]) -> None:
        """Send events of the monitor; those that were taken before are answered alike."""
        left_out = ("source", "seen_at")
        forms = [{key: value for key, value in event_json(one).items() if key not in left_out} for one in events]
        body = json.dumps(forms).encode()
        seconds = self.clock() // 1_000_000
        signed = {TIMESTAMP: str(seconds), SIGNATURE: sign(INGEST.encode(), seconds, body)}
        status, said = self.ask(
            "ingest", "POST", "/ingest/monitor", body, {"Content-Type": "application/json"} | signed
        )
        assert status == 200, said

    def ask(
        self, name: str, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Ask at the doors of a process; the status and what it says."""
        url = urlsplit((self.folder / f"{name}.url").read_text(encoding="utf-8"))
        connection = HTTPConnection(str(url.hostname), url.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    # -- waiting

    def settle(self) -> Seen:
        """Wait until all that is to be done at this instant is done."""
        seen: list[Seen] = []
        self.wait(lambda: self._settled(seen), "settle")
        return seen[-1]

    def _settled(self, found: list[Seen]) -> bool:
        found[:] = [seen := self.store.seen(self.clock())]
        rows = len(self.records.known().rows)
        read = seen.cursor is not None and seen.cursor["next"] == rows and not seen.cursor["later"]
        return read and seen.unsettled == 0 and seen.learnt == len(self.sent)

    def wait(self, until: Callable[[], bool], what: str) -> float:
        """Wait for something; how many seconds it took."""
        begun = time.monotonic()
        while not until():
            for name, process in self.alive.items():
                code = self._code(process)
                assert code is None or name in what, f"{name} ended: {code}\n{self.log(name)[-4000:]}"
            assert time.monotonic() - begun < PATIENCE, f"it does not {what}"
            time.sleep(_LOOK_EVERY)
        return time.monotonic() - begun
