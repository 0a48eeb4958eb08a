"""From a signed request to the committed decision, and how late wake-ups are: a sidecar with its doors, on the clock.

The sidecar runs in a process of its own with all its threads; requests of one event each come at a fixed rate over kept
connections, and each is timed from when it was due to be sent until its case was decided and committed, so a client
that falls behind counts against the sidecar. Both sides share the cores with whatever else the machine does.

python bench/sidecar_http.py [RATE [SECONDS]]
"""

import http.client
import json
import random
import sys
import threading
import time
from pathlib import Path
from typing import Final

from sqlalchemy import text

from casewarden.model.instants import iso
from casewarden.service.writes import wake
from casewarden.store.database import Database
from sidecar_bed import SECOND, Bed, configure, folder, silence, starter
from sidecar_fanout import at
from sidecar_fill import FILLED_AT, fill, name_of
from sidecar_postgres import NoPostgresError, postgres
from sidecar_process import Asked, headers, serving

RATE: Final = 500
SLOWER: Final = 100  # on PostgreSQL
SECONDS: Final = 20
CONNECTIONS: Final = 16
WAKEUPS: Final = 200  # a second
FIRST_WAKEUP: Final = 15 * SECOND


def hammer(asked: Asked, rate: int, seconds: int) -> dict[str, float]:
    """Send events of new cases at a rate; when each was due to be sent."""
    due: dict[str, float] = {}
    begun = time.monotonic() + 1.0

    def sender(first: int) -> None:
        connection = asked.connection()
        for number in range(first, rate * seconds, CONNECTIONS):
            name, instant = f"case:{number}", begun + number / rate
            due[name] = instant
            if (left := instant - time.monotonic()) > 0:
                time.sleep(left)
            _send(asked, connection, name, number)

    threads = [threading.Thread(target=sender, args=(first,)) for first in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    time.sleep(2)
    return due


def _send(asked: Asked, connection: http.client.HTTPConnection, name: str, number: int) -> None:
    now = asked.now()
    facts = {"case.core": "degraded", "case.number": str(number), "contact.email": f"p{number}@customer.example"}
    event = {"subject": name, "kind": "opened", "at": iso(now), "by": "customer", "key": f"o-{number}"}
    body = json.dumps({**event, "data": {"via": "email", "facts": facts}}).encode()
    connection.request("POST", "/ingest/shop", body, headers(now // SECOND, body))
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status}: {answer.read()[:300]!r}")
    answer.read()


def webhooks(what: str, where: Path, rate: int, seconds: int) -> None:
    with serving(where, FILLED_AT) as asked:
        before = asked.cpu()
        begun = time.monotonic()
        due = hammer(asked, rate, seconds)
        spent, took = asked.cpu() - before, time.monotonic() - begun - 3
    first: dict[str, float] = {}
    for name, _, committed in asked.told["decided"]:
        first.setdefault(name, committed)
    waited = [first[name] - sent for name, sent in due.items() if name in first]
    print(
        f"{what}, {rate} a second for {seconds} s: {len(waited):,} decided, {len(waited) / took:,.0f} a second,"
        f" p50 {1e3 * at(waited, 0.5):,.0f} ms, p99 {1e3 * at(waited, 0.99):,.0f} ms;"
        f" {1e6 * spent / len(due):,.0f} us of processor time each, doors included",
        flush=True,
    )


def wakeups(where: Path, seconds: int) -> None:
    """Wake-ups of cases that stand in the store, spread by chance over some seconds of real time."""
    bed, pick = Bed(configure(where, rules=starter())), random.Random(1)
    count = WAKEUPS * seconds
    fill(bed, count)
    bed.close()
    database = Database(f"sqlite:///{where / 'casewarden.db'}")
    with database.write() as connection:
        for number in range(count):
            id_ = connection.execute(
                text("SELECT id FROM subject WHERE name = :n"), {"n": name_of(number)}
            ).scalar_one()
            wake(connection, [id_], FILLED_AT + FIRST_WAKEUP + pick.randrange(seconds * SECOND))
    database.close()
    with serving(where, FILLED_AT) as asked:
        time.sleep(max(0.0, FIRST_WAKEUP / SECOND + seconds + 2 - asked.ready_after))
    late = [each / SECOND for _, each, _ in asked.told["decided"]]
    print(
        f"wake-ups at {WAKEUPS} a second: {len(late):,} decided and committed,"
        f" p50 {1e3 * at(late, 0.5):,.0f} ms, p99 {1e3 * at(late, 0.99):,.0f} ms late"
    )


def main() -> None:
    silence()
    rate = int(sys.argv[1]) if len(sys.argv) > 1 else RATE
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    with folder() as where:
        configure(where, rules=starter())
        webhooks("SQLite", where, rate, seconds)
    with folder() as where:
        wakeups(where, seconds)
    try:
        with postgres() as server, folder() as where:
            configure(where, rules=starter(), store=server.new("bench"))
            webhooks("PostgreSQL, one process", where, min(rate, SLOWER), seconds)
    except NoPostgresError as problem:
        print(f"PostgreSQL: not measured: {problem}")


if __name__ == "__main__":
    main()
