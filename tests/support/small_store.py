"""A store with a little of everything in it, written row by row without the code that is tested.

The chains are made here as docs/operations/database.md describes them. Contact 1, who wrote event 1, was erased.
"""

import json
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, insert, text

from casewarden.store import tables

DAY = 86_400_000_000
NOW = 1_772_000_000_000_000
NOTHING = bytes(32)


def make_small_store(connection: Connection) -> None:
    """Two cases, one open and one that has ended, and an account; what they did, and what an operator did."""
    _row(connection, "contact", id=1, created_at=NOW, erased_at=NOW)
    _row(connection, "ruleset", digest="d1", lane="acme", files="{}", added_at=NOW, effective_at=NOW, origin="rules")
    events = [
        ("mail", "1", "case:1", "opened", {"via": "mail"}),
        ("casewarden", "case:1/decided/1", "case:1", "decided", {"revision": "d1"}),
        ("casewarden", "case:1/applied/2", "case:1", "applied", {"key": "case:1/greet/1/0/1", "rule": "greet"}),
        ("mail", "2", "case:2", "opened", {"via": "mail"}),
        ("mail", "3", "case:2", "ended", {"reason": "spam"}),
        ("casewarden", "case:2/withdrawn/1", "case:2", "withdrawn", {"key": "case:2/greet/1/0/1", "rule": "greet"}),
        ("crm", "4", "account:acme", "observed", {"facts": {"customer.tier": "gold"}}),
        ("casewarden", "case:1/rejected/3", "case:1", "rejected", {"key": "case:1/remind/1/0/1", "rule": "remind"}),
    ]
    written: dict[int, dict[str, Any]] = {}
    for number, (source, key, name, kind, data) in enumerate(events, 1):
        written[number] = {
            "source": source,
            "key": key,
            "subject": name,
            "kind": kind,
            "at": NOW + number,
            "seen_at": NOW + number,
            "by": "ourselves" if source == "casewarden" else "customer",
            "sequence": 0,
            "data": data,
        }
        contact = 1 if number == 1 else None
        _row(connection, "event", **{**written[number], "id": number, "data": json.dumps(data), "contact": contact})
    _subject(connection, 1, "case:1", "open", {number: written[number] for number in (1, 2, 3)})
    _subject(connection, 2, "case:2", "ended", {number: written[number] for number in (4, 5, 6)})
    _subject(connection, 3, "account:acme", "open", {7: written[7]})
    _row(connection, "mailbox", id=1, slot=1, name="case:1", lane="acme", event=8, seen_at=NOW, behind=0)
    _row(connection, "wakeup", subject=1, slot=1, due_at=NOW + DAY, generation=1)
    _row(connection, "projection", subject=1, slot=1, connector="mail", version=2, next_try=NOW, written="{}")
    _row(connection, "watch", watched="service:core", watcher=1)
    _row(connection, "fanout", id=1, slot=3, kind="event", watched="account:acme", event=7, at=NOW, cursor=0)
    _outbox(connection, 1, 1, "greet", "applied")
    _outbox(connection, 2, 2, "greet", "withdrawn")
    _outbox(connection, 3, 1, "remind", "rejected")
    _outbox(connection, 4, 1, "warn", "waiting")
    for number, (subject, outcome) in enumerate([(1, "acted"), (1, "dull"), (2, "acted"), (3, "dull")], 1):
        _row(
            connection,
            "decision",
            id=number,
            subject=subject,
            at=NOW + number,
            length=1,
            revision="d1",
            digest=bytes(32),
            outcome=outcome,
            body=None if outcome == "dull" else "{}",
        )
    _rest(connection)
    _audit(connection, [("ada", "pause", "a trial"), ("ada", "resume", None)])
    if connection.dialect.name == "postgresql":
        _count_on(connection)


def _subject(connection: Connection, number: int, name: str, state: str, events: dict[int, dict[str, Any]]) -> None:
    head, entries = NOTHING, []
    for place, (event, said) in enumerate(events.items(), 1):
        salt = sha256(f"{number}/{place}".encode()).digest()[:16]
        canonical = json.dumps({**said, "who": []}, sort_keys=True, separators=(",", ":"))
        commitment = sha256(b"\x00" + salt + canonical.encode()).digest()
        head = sha256(b"\x01" + head + commitment).digest()
        entries.append(
            {
                "subject": number,
                "number": place,
                "event": event,
                "seen_at": NOW + event,
                "salt": b"" if event == 1 else salt,
                "commitment": commitment,
                "chain": head,
            }
        )
    _row(
        connection,
        "subject",
        id=number,
        lane="acme",
        name=name,
        slot=number,
        version=len(events),
        length=len(events),
        head=head,
        decided_at=NOW,
        woken=0,
        state=state,
    )
    connection.execute(insert(tables.log_entry), entries)


def _outbox(connection: Connection, number: int, subject: int, rule: str, state: str) -> None:
    _row(
        connection,
        "outbox",
        id=number,
        subject=subject,
        slot=subject,
        lane="acme",
        key=f"case:{subject}/{rule}/1/0/1",
        firing=f"case:{subject}/{rule}/1/0",
        position=1,
        rule=rule,
        kind="reply",
        content="{}",
        flags=0,
        connector="mail",
        decided_at=NOW,
        length=1,
        state=state,
        next_try=NOW,
        done_at=None if state == "waiting" else NOW,
    )


def _rest(connection: Connection) -> None:
    posted = {"name": "late", "state": "posted", "amount": 5, "arithmetic": "5", "details": "{}"}
    _row(connection, "ledger", id=1, subject=1, key="late/1", at=NOW, account="account:acme", **posted)
    _row(
        connection, "obligation", id=1, key="k", subject=2, kind="alert", message="m", opened_at=NOW, state="dismissed"
    )
    _row(connection, "activation", subject=1, rule="greet", activation=1, repetition=0, at=NOW, decided_at=NOW, flags=0)
    tried = {"base": "d1", "head": "d1", "promoted": "[]", "state": "rolled_back"}
    _row(connection, "rollout", name="trial", lane="acme", started_at=NOW, **tried)
    _row(connection, "connector_cursor", connector="mail", cursor="{}", polled_at=NOW)
    _row(connection, "ticket", connector="mail", ticket="9", case="case:1")
    _row(connection, "setting", name="paused", value="no")


def _audit(connection: Connection, said: list[tuple[str, str, str | None]]) -> None:
    chain = NOTHING
    for number, (who, what, why) in enumerate(said, 1):
        chain = sha256(chain + json.dumps([NOW, who, what, why, "{}"], separators=(",", ":")).encode()).digest()
        _row(connection, "audit", id=number, at=NOW, who=who, what=what, why=why, details="{}", chain=chain)


def _row(connection: Connection, table: str, **values: Any) -> None:
    if table == "ruleset":
        values["state"] = "live"
    connection.execute(insert(tables.metadata.tables[table]), values)


def _count_on(connection: Connection) -> None:
    """Let PostgreSQL number rows from where the ids stated here end."""
    for table in tables.metadata.sorted_tables:
        if "id" in table.columns:
            statement = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}"
            connection.execute(text(statement))
