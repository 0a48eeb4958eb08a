"""A sidecar in a process of its own with its threads and HTTP doors, as `casewarden serve`; and who asks it.

As a program: python bench/sidecar_process.py FOLDER INSTANT. It takes the configuration of the folder, and its clock
shows the instant (microseconds) at first and goes on from there. It tells where its doors are, and at the end, when its
input is closed, what it took; with it goes when each case was decided and committed, by the clock that all processes of
the machine share.
"""

import http.client
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from casewarden.clock import scaled
from casewarden.web.signatures import SIGNATURE, TIMESTAMP, sign
from sidecar_bed import SECOND, SECRET, DeskPlugin, settings_in, silence


@dataclass
class Asked:
    """A sidecar in another process: where it is, and its process."""

    process: subprocess.Popen[str]
    url: str
    begun_at: int
    ready_after: float
    told: dict[str, Any] = field(default_factory=dict)

    def now(self) -> int:
        """About what its clock shows."""
        return self.begun_at + int((time.monotonic() - self._since) * SECOND)

    def __post_init__(self) -> None:
        self._since = time.monotonic()

    def connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=120)

    def send(self, connection: http.client.HTTPConnection, events: Sequence[Mapping[str, Any]]) -> None:
        """Let it take events in, all in one request."""
        body = "".join(json.dumps(one) + "\n" for one in events).encode()
        connection.request("POST", "/ingest/shop", body, headers(self.now() // SECOND, body, "application/x-ndjson"))
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {said[:500]!r}")

    def memory(self) -> int:
        """Resident bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100


def headers(timestamp: int, body: bytes, media: str = "application/json") -> dict[str, str]:
    return {"Content-Type": media, TIMESTAMP: str(timestamp), SIGNATURE: sign(SECRET, timestamp, body)}


@contextmanager
def serving(where: Path, instant: int) -> Iterator[Asked]:
    """A sidecar on the configuration of a folder; at the end it stops, and `told` has its own figures."""
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__)), str(where), str(instant)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        url = process.stdout.readline().strip()
        if not url:
            raise RuntimeError("it did not start")
        asked = Asked(process, url, instant, 0.0)
        while not _is_ready(asked):
            time.sleep(0.005)
        asked.ready_after = time.monotonic() - begun
        yield asked
        process.stdin.close()
        asked.told.update(json.loads(process.stdout.read()))
        process.wait(30)
    finally:
        process.kill()


def _is_ready(asked: Asked) -> bool:
    connection = asked.connection()
    connection.request("GET", "/readyz")
    return connection.getresponse().status == 200


def main() -> None:
    from casewarden.sidecar.running import Sidecar

    where, instant = Path(sys.argv[1]), int(sys.argv[2])
    silence()
    heard: list[tuple[str, int]] = []  # decided, not committed yet
    decided: list[tuple[str, int, float]] = []  # case, the instant decided for, when it was committed

    now = scaled(instant, 1.0)
    sidecar = Sidecar(
        settings_in(where),
        environ={},
        now=now,
        plugins=[DeskPlugin()],
        listen=[lambda held, decision: heard.append((held.name, decision.at))],
    )
    sidecar.database.own_time = False
    decide = sidecar.owner._decide  # noqa: SLF001

    def and_note() -> bool:
        found = decide()
        at, lateness = time.monotonic(), now()
        decided.extend((name, lateness - instant, at) for name, instant in heard)
        heard.clear()
        return found

    sidecar.owner._decide = and_note  # type: ignore[method-assign]  # noqa: SLF001
    sidecar.start()
    print(sidecar.url, flush=True)
    sys.stdin.read()
    sidecar.stop()
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {"cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss * 1024, "decided": decided}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
