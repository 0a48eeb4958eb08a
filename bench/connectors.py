"""How fast connectors bring changes in from their fakes, whose time that is, and how much memory a long export takes.

python bench/connectors.py [TICKETS [NAME...]]    # 20,000 of each, if nothing is said; then webhooks

Fakes answer out of memory and in the same process, but for the email connector, which reads from a real Dovecot: the
figures are of the connector alone. In life the helpdesk's rate is the limit. Each connector has a process of its own.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final

from casewarden.plugin import Page
from connector_stands import STANDS, Stand
from support.servers.packages import NoServerError

TICKETS: Final = 20_000
EXPORT_SHARES: Final = 10


def resident_mb() -> float:
    """The memory that this process has now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def pages(stand: Stand) -> Iterator[Page]:
    """What a connector brings, to its end or as often as it is to be asked."""
    cursor, looked = None, 0
    while True:
        page = stand.connector.changes(cursor)
        cursor, looked = page.cursor, looked + 1
        assert not page.refused, page.refused
        yield page
        if looked == stand.looks or (stand.looks is None and not page.more):
            return


def measure(name: str, tickets: int) -> None:
    """Bring everything in, and print what that cost."""
    with STANDS[name](tickets) as stand:
        events, shares = 0, list[tuple[int, float]]()
        begun, since = time.process_time(), time.monotonic()
        for page in pages(stand):
            events += len(page.events)
            shares.append((events, resident_mb()))
        spent, took = time.process_time() - begun, time.monotonic() - since
        changes = stand.changes
        print(
            f"{name}: {changes:,} changes as {events:,} events; {changes / spent:,.0f} a second of processor time,"
            f" {changes / took:,.0f} by the clock"
        )
        _tell_parts(name, stand, spent, took)
        _tell_memory(name, shares)
        print(f"{name}: a cursor of {len(json.dumps(page.cursor))} characters", flush=True)
        stand.connector.close()


def _tell_parts(name: str, stand: Stand, spent: float, took: float) -> None:
    if stand.asked is not None:
        fake, http = stand.asked.shares()
        ours = spent - fake - http
        parts = ", ".join(f"{what} {part / spent:.0%}" for what, part in (("fake", fake), ("HTTP", http), ("us", ours)))
        requests = 1_000 * stand.asked.count / stand.changes
        print(
            f"{name}: {parts}; {requests:,.0f} requests for 1,000 changes, {spent / (fake + http):.1f} times bare HTTP"
        )
    if stand.peer is not None:
        begun, since = time.process_time(), time.monotonic()
        stand.peer()
        bare, waited = time.process_time() - begun, time.monotonic() - since
        print(f"{name}: {spent / bare:.1f} times its peer in processor time, {took / waited:.1f} by the clock")


def _tell_memory(name: str, shares: list[tuple[int, float]]) -> None:
    """Resident memory after the first page, and then at every tenth of the way."""
    whole = shares[-1][0]
    marks = [next(each for events, each in shares if events >= whole * n / EXPORT_SHARES) for n in range(1, 11)]
    told = " ".join(f"{each:.0f}" for each in marks)
    print(f"{name}: {shares[0][1]:.0f} MB after the first page, then at each tenth {told}; median {median(marks):.0f}")


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["--one"]:
        measure(arguments[1], int(arguments[2]))
        return
    tickets = int(arguments[0]) if arguments else TICKETS
    here = Path(__file__)
    for name in arguments[1:] or STANDS:
        subprocess.run([sys.executable, str(here), "--one", name, str(tickets)], check=True)
    if not arguments[1:]:
        subprocess.run([sys.executable, str(here.with_name("connector_webhooks.py"))], check=True)


if __name__ == "__main__":
    try:
        main()
    except NoServerError as problem:
        print(f"not measured: {problem}")
