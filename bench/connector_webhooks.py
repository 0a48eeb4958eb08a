"""From a webhook to the event that stands in the store: `casewarden serve` with its doors, and a client that waits.

python bench/connector_webhooks.py [COUNT]    # 300 of each kind, one after the other

What is sent is signed as the helpdesk signs it. The doors answer once the events are committed, so the time to the
answer is that until they are durable. Alertmanager's is a reason to ask it: there the store is looked at from outside
until the service's event is in it. In turns with each go its peers: a signed event to `/ingest`, which is the same
doors and the same commit without a connector, and one row that SQLite alone commits to the same disk. Where a connector
asks back, a fake in the client's process answers. All that once on the disk of the working folder, and once in memory
(/dev/shm), where a commit costs nothing: what is left there is ours.

Then the connector alone, without doors and store: to verify a webhook and to make events of it.
"""

import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from casewarden.model.instants import iso
from casewarden.plugin.clock import now
from casewarden.plugin.manager import load_plugins
from casewarden.web.signatures import SIGNATURE, TIMESTAMP, sign
from connector_hooked import Alerts, Helpdesk, Hooked, IssueTracker, served
from sidecar_bed import KEY, SECOND
from sidecar_bed import SECRET as INGEST
from support.servers.processes import free_port

COUNT: Final = 300
_APART_S: Final = 0.03
"""Seconds between one and the next: what was taken in before has been decided by then."""
_LOOKS: Final = 20
"""Webhooks of Alertmanager's: the connector asks it no more than thirty times a minute."""
_PATIENCE_S: Final = 60.0
_CASEWARDEN: Final = [str(Path(sys.executable).with_name("casewarden"))]
_RULESET: Final = """\
casewarden: 1
ruleset: bench
revision: {from: 2026-01-01, binds: new_cases}
defaults:
  calendar: always
  language: en
  plan: basic
  days: {mode: end_of_day, origin: next_opening}
  boundary: closing
  on_change: {severity: keep, plan: keep, contract: keep}
calendars:
  always: {zone: Europe/Zurich, open: 24x7, holidays: none}
plans:
  basic: {calendar: always, commitment: slo}
fields:
  case:
    core: {type: choice, of: [down, available]}
  service.core:
    health: {type: choice, of: [down, available], fresh_for: 15 minutes}
clocks:
  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 4 elapsed hours}
"""
"""A clock and no rules: nothing is written to the helpdesk, which would be another figure."""
_CONFIGURATION: Final = """\
casewarden: 1
store: sqlite:///casewarden.db
go_live: {go_live}
rulesets:
  - bench.yaml
connectors: {connectors}
http:
  listen: 127.0.0.1:{port}
  ingest:
    shop: {{secret: {{file: ingest.key}}}}
personal_data:
  key: {{file: casewarden.key}}
log_level: warning
"""


class Sidecar:
    """`casewarden serve` in a process of its own, and a kept connection to its doors."""

    def __init__(self, where: Path, port: int) -> None:
        self.database = where / "casewarden.db"
        self.process = subprocess.Popen([*_CASEWARDEN, "serve", "--config", str(where / "casewarden.yaml")])
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
        until = time.monotonic() + _PATIENCE_S
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the sidecar did not start")
            time.sleep(0.05)

    def sends(self, path: str, headers: dict[str, str], body: bytes) -> int:
        """Send something; how many events were new."""
        self._connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{path}: {answer.status}: {said[:500]!r}")
        new: int = json.loads(said)["new"]
        return new

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self._connection.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(_PATIENCE_S)

    def _is_ready(self) -> bool:
        try:
            self._connection.request("GET", "/readyz")
            answer = self._connection.getresponse()
            answer.read()
        except OSError:
            self._connection.close()
            return False
        return answer.status == http.client.OK


@contextmanager
def sidecar(desk: Hooked, disk: Path) -> Iterator[Sidecar]:
    """A sidecar on a disk, with a connector to a helpdesk."""
    with ExitStack() as stack:
        where = Path(stack.enter_context(TemporaryDirectory(prefix="bench-", dir=disk)))
        url = stack.enter_context(served(desk))
        connectors = {desk.name: {"plugin": desk.plugin, "settings": desk.settings(url)}}
        for name, secret in (("casewarden.key", b64encode(KEY)), ("ingest.key", INGEST)):
            (where / name).write_bytes(secret)
            (where / name).chmod(0o600)
        port = free_port()
        (where / "bench.yaml").write_text(_RULESET, encoding="utf-8")
        go_live = iso(now() - 3_600 * SECOND)
        text = _CONFIGURATION.format(go_live=go_live, connectors=json.dumps(connectors), port=port)
        (where / "casewarden.yaml").write_text(text, encoding="utf-8")
        path = str(where / "casewarden.yaml")
        subprocess.run([*_CASEWARDEN, "db", "upgrade", "--config", path], check=True, stdout=subprocess.DEVNULL)
        running = Sidecar(where, port)
        try:
            yield running
        finally:
            running.stop()


def ingested(running: Sidecar, number: int) -> float:
    """Milliseconds until a signed event from elsewhere is taken in."""
    at = now()
    event = {"subject": f"case:shop-{number}", "kind": "observed", "at": iso(at), "by": "automation"}
    body = json.dumps({**event, "key": f"k{number}-{at}", "data": {"facts": {"case.core": "down"}}}).encode()
    headers = {TIMESTAMP: str(at // SECOND), SIGNATURE: sign(INGEST, at // SECOND, body)}
    return _ms(lambda: running.sends("/ingest/shop", headers, body))


def hooked(running: Sidecar, desk: Hooked, number: int) -> float:
    """Milliseconds until what a webhook tells is taken in."""
    headers, body = desk.webhook(number, now())

    def send() -> None:
        assert running.sends(f"/webhooks/{desk.name}", headers, body) > 0

    return _ms(send)


def rung(running: Sidecar, desk: Hooked, number: int) -> float:
    """Milliseconds until the event of which a webhook gave no more than a hint stands in the store."""
    with closing(sqlite3.connect(running.database, isolation_level=None)) as store:

        def told() -> int:
            count: int = store.execute("SELECT count(*) FROM event WHERE source = ?", (desk.name,)).fetchone()[0]
            return count

        before = told()
        headers, body = desk.webhook(number, now())

        def send() -> None:
            running.sends(f"/webhooks/{desk.name}", headers, body)
            until = time.monotonic() + _PATIENCE_S
            while told() == before:
                assert time.monotonic() < until, "the webhook made nobody ask"
                time.sleep(0.0002)

        return _ms(send)


class Committing:
    """SQLite alone, with the settings of the sidecar's store."""

    def __init__(self, where: Path) -> None:
        self._store = sqlite3.connect(where / "alone.db", isolation_level=None)
        for said in ("journal_mode = WAL", "synchronous = FULL"):
            self._store.execute(f"PRAGMA {said}")
        self._store.execute("CREATE TABLE one (data TEXT)")

    def commits(self) -> float:
        """Milliseconds until a row is durable."""
        return _ms(lambda: self._store.execute("INSERT INTO one VALUES (?)", ("x" * 500,)))

    def close(self) -> None:
        self._store.close()


def through_doors(desk: Hooked, disk: Path, count: int) -> None:
    """Webhooks and their peers in turns, each waited for."""
    how = rung if isinstance(desk, Alerts) else hooked
    with sidecar(desk, disk) as running, closing(Committing(running.database.parent)) as alone_:
        for number in range(1, 6):  # what is asked for once, and code that is loaded when it is needed
            how(running, desk, count + number)
            ingested(running, count + number)
        begun = running.cpu()
        ours, theirs, commits = list[float](), list[float](), list[float]()
        for number in range(1, count + 1):
            for times, call in (
                (ours, partial(how, running, desk, number)),
                (theirs, partial(ingested, running, number)),
                (commits, alone_.commits),
            ):
                time.sleep(_APART_S)
                times.append(call())
        spent = 1e6 * (running.cpu() - begun) / (2 * count)
    print(
        f"{desk.plugin}, {disk}: until the event is in the store {_told(ours)} ms; a signed event {_told(theirs)} ms;"
        f" a commit alone {_told(commits)} ms; half / half of a signed event {_at(ours, 0.5) / _at(theirs, 0.5):.1f};"
        f" {spent:,.0f} us of the sidecar's processor time for one of either",
        flush=True,
    )


def alone(desk: Hooked, count: int) -> None:
    """The connector without doors and store."""
    with served(desk) as url:
        connector = load_plugins()[desk.plugin].connect(desk.name, desk.settings(url))
        verified, parsed = list[float](), list[float]()
        for number in range(1, count + 1):
            headers, body = desk.webhook(number, now())
            lower = {name.lower(): value for name, value in headers.items()}
            verified.append(_ms(partial(connector.verify_webhook, lower, body, now())))
            parsed.append(_ms(partial(connector.parse_webhook, lower, body)))
        connector.close()
    print(f"{desk.plugin}: to verify {_told(verified)} ms, to make events of it {_told(parsed)} ms", flush=True)


def _ms(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - begun)


def _at(times: Sequence[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def _told(times: Sequence[float]) -> str:
    return f"{_at(times, 0.5):.2g} (p99 {_at(times, 0.99):.2g})"


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    for disk in (Path.cwd(), Path("/dev/shm")):  # to be in memory is what it is for
        if disk.is_dir():
            through_doors(Helpdesk(), disk, count)
            through_doors(IssueTracker(), disk, count)
            through_doors(Alerts(), disk, min(count, _LOOKS))
    for desk in (Helpdesk(), IssueTracker(), Alerts()):
        alone(desk, count)


if __name__ == "__main__":
    main()
