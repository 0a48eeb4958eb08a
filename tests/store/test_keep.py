"""Looking through a store, copying it, and what may be forgotten; damage is done by hand and must be found."""

import os
import secrets
import sqlite3
import stat
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, text, update

from casewarden.model.event import Event
from casewarden.service.personal import erase
from casewarden.service.pruning import Pruning
from casewarden.store import tables
from casewarden.store.backup import back_up, last_backup
from casewarden.store.chain import GENESIS
from casewarden.store.check import Finding, check
from casewarden.store.contacts import open_sealer
from casewarden.store.database import Database, StoreError
from casewarden.store.log import Sealing, enter, link, put_events
from casewarden.store.prune import Keep, Pruned, prune
from support.postgres import create_database, drop_database
from support.small_store import DAY, NOW, make_small_store
from support.table_shapes import rows


@pytest.fixture
def small(database: Database) -> Database:
    with database.write() as connection:
        make_small_store(connection)
    return database


def test_a_whole_store_has_no_findings(small: Database) -> None:
    checked = check(small)
    assert checked.findings == ()
    assert (checked.subjects, checked.entries, checked.audited) == (3, 7, 2)


def test_a_store_without_rows_has_no_findings(database: Database) -> None:
    assert check(database).findings == ()


LOG = "entry {} is not what was entered, or one before it is missing"
AUDIT = "it is not what was written, or one before it is missing"
DAMAGE: dict[str, tuple[str, Finding]] = {
    "a commitment was changed": (
        "UPDATE log_entry SET commitment = salt WHERE subject = 1 AND number = 2",
        Finding("log", "case:1 in acme", LOG.format(2)),
    ),
    "an entry was taken out": (
        "DELETE FROM log_entry WHERE subject = 1 AND number = 2",
        Finding("log", "case:1 in acme", LOG.format(2)),
    ),
    "all entries were taken out": (
        "DELETE FROM log_entry WHERE subject = 3",
        Finding("log", "account:acme in acme", LOG.format(0)),
    ),
    "a subject states another length": (
        "UPDATE subject SET length = 9 WHERE id = 3",
        Finding("log", "account:acme in acme", "it has 1 entries, and the subject states 9"),
    ),
    "a subject states another head": (
        "UPDATE subject SET head = (SELECT head FROM subject WHERE id = 3) WHERE id = 1",
        Finding("log", "case:1 in acme", LOG.format(4)),
    ),
    "a row of the audit was changed": (
        "UPDATE audit SET who = 'eve' WHERE id = 2",
        Finding("audit", "row 2", AUDIT),
    ),
    "a row of the audit was taken out": ("DELETE FROM audit WHERE id = 1", Finding("audit", "row 2", AUDIT)),
    "an answer never came into the log": (
        "DELETE FROM mailbox",
        Finding("outbox", "case:1 in acme", "`case:1/remind/1/0/1` was rejected, and its log does not know"),
    ),
    "an action has another answer than its log": (
        "UPDATE outbox SET state = 'applied' WHERE id = 2",
        Finding("outbox", "case:2 in acme", "`case:2/greet/1/0/1` was applied, and its log does not know"),
    ),
    "what has ended would be woken": (
        "INSERT INTO wakeup (subject, slot, due_at, generation) VALUES (2, 2, 5, 1)",
        Finding("wakeup", "case:2 in acme", "it has ended, and would be woken"),
    ),
    "it would be woken by another owner": (
        "UPDATE wakeup SET slot = 7",
        Finding("wakeup", "case:1 in acme", "it is of slot 1, and would be woken in 7"),
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found_and_only_that(small: Database, damage: str) -> None:
    statement, expected = DAMAGE[damage]
    with small.write() as connection:
        connection.execute(text(statement))
    assert check(small).findings == (expected,)


# -- events against what their logs are committed to

MASTER = bytes(range(32))
MESSAGE = Event(
    "case:7", "message", NOW, NOW, "customer", "mail", "7", who=("eve@x.example",), data={"text": "Löschen!", "n": 1.5}
)


@pytest.fixture
def sealing(small: Database) -> Sealing:
    """The keys of the store, in which a customer wrote a message in case 7."""
    keys = Sealing(open_sealer(small, MASTER), frozenset())
    entry = link(7, 1, MESSAGE, GENESIS)
    with small.write() as connection:
        (row,) = put_events(connection, keys, [MESSAGE], NOW)
        owner = {
            "lane": "acme",
            "name": "case:7",
            "slot": 7,
            "version": 1,
            "decided_at": NOW,
            "woken": 0,
            "state": "open",
        }
        connection.execute(insert(tables.subject), {**owner, "id": 7, "length": 1, "head": entry["chain"]})
        enter(connection, [{**entry, "event": row}])
    return keys


def test_events_are_held_against_what_their_logs_committed_to(small: Database, sealing: Sealing) -> None:
    assert check(small, sealing).findings == ()
    with small.write() as connection:
        connection.execute(update(tables.event).where(tables.event.c.subject == "case:7").values(data='{"n":2.5}'))
        connection.execute(text("UPDATE event SET by = 'agent' WHERE id = 7"))
    assert check(small).findings == ()
    assert check(small, sealing).findings == (
        Finding("log", "account:acme in acme", LOG.format(1)),
        Finding("log", "case:7 in acme", LOG.format(1)),
    )


def test_what_was_sealed_and_changed_is_found_in_its_log_only(small: Database, sealing: Sealing) -> None:
    with small.write() as connection:
        connection.execute(update(tables.event).where(tables.event.c.subject == "case:7").values(sealed=b"\x01" * 60))
    assert check(small, sealing).findings == (
        Finding("log", "case:7 in acme", "what is sealed was changed, or belongs to another row"),
    )


def test_an_erased_contacts_log_is_still_whole(small: Database, sealing: Sealing) -> None:
    erase(small, sealing.sealer, "eve@x.example", who="ada", why="asked for it", now=NOW)
    with small.read() as connection:
        assert (
            connection.execute(select(tables.event.c.sealed).where(tables.event.c.subject == "case:7")).scalar() is None
        )
    assert check(small, sealing).findings == ()


def by_hand(url: str, statement: str) -> None:
    """Change an SQLite store as somebody would who does not know what refers to what."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.execute(statement)
        connection.commit()


@pytest.fixture
def small_file(sqlite_url: str) -> str:
    opened = Database(sqlite_url)
    with opened.write() as connection:
        make_small_store(connection)
    opened.close()
    return sqlite_url


def test_rows_that_refer_to_nothing_are_found(small_file: str) -> None:
    by_hand(small_file, "DELETE FROM event WHERE id = 8")
    opened = Database(small_file, readonly=True)
    assert check(opened).findings == (
        Finding("file", "mailbox 1", "refers to a row of `event` that is not there"),
        Finding("outbox", "case:1 in acme", "`case:1/remind/1/0/1` was rejected, and its log does not know"),
        Finding("mailbox", "case:1", "there is no event 8"),
    )
    opened.close()


@pytest.mark.parametrize("page", [1, 8, 22, 43, 57])
def test_a_damaged_file_is_found_and_not_backed_up(small_file: str, page: int, tmp_path: Path) -> None:
    path = Path(small_file.removeprefix("sqlite:///"))
    data = bytearray(path.read_bytes())
    place = page * 4096
    assert place < len(data)
    data[place : place + 64] = b"\xff" * 64
    path.write_bytes(data)
    opened = Database(small_file, readonly=True)
    assert {finding.what for finding in check(opened).findings} >= {"file"}
    with pytest.raises(StoreError, match="the store is damaged, and so was its copy") as refused:
        back_up(opened, tmp_path / "copy.db", NOW)
    assert refused.value.fix == "casewarden db check"
    assert not (tmp_path / "copy.db").exists()
    assert last_backup(opened) is None
    opened.close()


# -- backups


@pytest.fixture
def programs(small: Database, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of PostgreSQL's programs, on the PATH; SQLite needs none."""
    if small.is_sqlite:
        return Path()
    folder: Path = request.getfixturevalue("postgres_programs")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


@contextmanager
def restored(small: Database, backup: Path, server: str, programs: Path) -> Iterator[Connection]:
    """A store that was made from a backup as docs/operations/database.md says."""
    if small.is_sqlite:
        opened = Database(f"sqlite:///{backup}")
        with opened.read() as connection:
            yield connection
        opened.close()
        return
    name = f"casewarden_restored_{secrets.token_hex(4)}"
    url = create_database(server, name)
    subprocess.run([programs / "pg_restore", "--exit-on-error", "--no-owner", "-d", url, backup], check=True)
    opened = Database(url)
    with opened.read() as connection:
        yield connection
    opened.close()
    drop_database(server, name)


def test_a_backup_has_every_row(
    small: Database, programs: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with small.read() as connection:
        before = rows(connection, tables.metadata)
    assert last_backup(small) is None
    made = back_up(small, tmp_path / "backup", NOW)
    assert made.path == tmp_path / "backup"
    assert made.size == made.path.stat().st_size > 0
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert last_backup(small) == NOW
    back_up(small, tmp_path / "later", NOW + DAY)
    assert last_backup(small) == NOW + DAY
    server = "" if small.is_sqlite else request.getfixturevalue("postgres_server")
    with restored(small, made.path, server, programs) as connection:
        assert rows(connection, tables.metadata) == before


def test_a_backup_is_of_one_instant_though_others_write(sqlite_url: str, tmp_path: Path) -> None:
    """The writer keeps two rows the same; every copy has them the same, and later ones are not behind."""
    opened, over = Database(sqlite_url), threading.Event()
    names = ("left", "right")
    with opened.write() as connection:
        connection.execute(insert(tables.setting), [{"name": name, "value": "0"} for name in names])
        connection.execute(insert(tables.setting), [{"name": f"ballast {n}", "value": "x" * 4000} for n in range(500)])

    def write() -> None:
        count = 0
        while not over.is_set():
            count += 1
            for name in names:
                with opened.write() as connection:
                    for each in names:
                        change = update(tables.setting).where(tables.setting.c.name == each).values(value=str(count))
                        connection.execute(change)
                    connection.execute(
                        update(tables.setting)
                        .where(tables.setting.c.name == f"ballast {count % 500}")
                        .values(value=name * 900)
                    )

    writer = threading.Thread(target=write)
    writer.start()
    seen = []
    try:
        for number in range(8):
            copy = back_up(opened, tmp_path / f"{number}.db", NOW).path
            with closing(sqlite3.connect(copy)) as copied:
                query = "SELECT value FROM setting WHERE name IN ('left', 'right')"
                left, right = (int(value) for (value,) in copied.execute(query))
            assert left == right
            seen.append(left)
    finally:
        over.set()
        writer.join()
        opened.close()
    assert seen == sorted(seen)
    assert seen[-1] > seen[0]


def test_a_backup_is_not_written_over(small: Database, tmp_path: Path) -> None:
    (tmp_path / "backup").write_text("mine", encoding="utf-8")
    with pytest.raises(StoreError, match=r"there is a file `.*backup` already"):
        back_up(small, tmp_path / "backup", NOW)
    assert (tmp_path / "backup").read_text(encoding="utf-8") == "mine"
    with pytest.raises(StoreError, match="there is no folder"):
        back_up(small, tmp_path / "nowhere" / "backup", NOW)


def test_without_pg_dump_the_command_is_told(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    opened = Database(postgres_url)
    with pytest.raises(StoreError, match="`pg_dump`, which is not on the PATH") as refused:
        back_up(opened, tmp_path / "backup", NOW)
    assert refused.value.fix is not None
    assert refused.value.fix.startswith(
        f"pg_dump --format=custom --file={tmp_path / 'backup'} 'postgresql://casewarden@"
    )
    opened.close()


DUMP = """#!/bin/sh
printf '%s\\n' "$@" "PGPASSWORD=$PGPASSWORD" > {seen}
echo 'no such  server' >&2
exit 3
"""


@pytest.mark.parametrize(
    "address", ["postgresql://me:s3cret@db.example/cw", "postgresql://me@db.example/cw?password=s3cret&sslmode=require"]
)
def test_no_password_is_among_the_arguments(address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program, seen = tmp_path / "pg_dump", tmp_path / "seen"
    program.write_text(DUMP.format(seen=seen), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    opened = Database(address)
    with pytest.raises(StoreError, match="`pg_dump` failed: no such server") as refused:
        back_up(opened, tmp_path / "backup", NOW)
    assert "s3cret" not in f"{refused.value} {refused.value.fix}"
    *arguments, password = seen.read_text(encoding="utf-8").splitlines()
    assert password == "PGPASSWORD=s3cret"
    assert "s3cret" not in " ".join(arguments)
    assert arguments[-1].startswith("postgresql://me@db.example/cw")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pg_dump", "seen"]
    opened.close()


# -- pruning

OLD, LATER = NOW - 100 * DAY, NOW + 400 * DAY
ALL = Keep(dull_decisions=DAY, decisions=DAY, delivered=DAY)


def ids(database: Database, table: str) -> set[int]:
    with database.read() as connection:
        return set(connection.execute(select(tables.metadata.tables[table].c.id)).scalars())


def add_decisions(connection: Connection, *made: tuple[int, int, str, int]) -> None:
    """Add decisions: id, subject, outcome, instant."""
    usual = {"length": 1, "revision": "d1", "digest": bytes(32), "body": None}
    connection.execute(
        insert(tables.decision),
        [
            {"id": number, "subject": whose, "outcome": outcome, "at": at, **usual}
            for number, whose, outcome, at in made
        ],
    )


def test_what_is_open_keeps_what_it_may_need(small: Database) -> None:
    """Case 1 is open; case 2 and the account are not cases that are open; nobody loses the last decision."""
    with small.write() as connection:
        add_decisions(
            connection,
            *((10 + whose, whose, "dull", OLD) for whose in (1, 2, 3)),
            *((20 + whose, whose, "acted", OLD) for whose in (1, 2, 3)),
            *((30 + whose, whose, "acted", LATER) for whose in (1, 2, 3)),
        )
    assert prune(small, ALL, LATER) == Pruned(dull_decisions=5, decisions=3, delivered=1)
    assert ids(small, "decision") == {1, 21, 31, 32, 33}
    assert ids(small, "outbox") == {1, 3, 4}
    assert prune(small, ALL, LATER) == Pruned(0, 0, 0)
    assert check(small).findings == ()


def test_a_subjects_last_decision_stays(small: Database) -> None:
    assert prune(small, ALL, LATER) == Pruned(dull_decisions=0, decisions=0, delivered=1)
    assert ids(small, "decision") == {1, 2, 3, 4}


@pytest.mark.parametrize("keeper", ["obligation", "outbox", "parked"])
def test_what_waits_keeps_the_rest_of_its_subject(small: Database, keeper: str) -> None:
    with small.write() as connection:
        add_decisions(connection, (10, 2, "acted", LATER))
        match keeper:
            case "obligation":
                connection.execute(text("UPDATE obligation SET state = 'open'"))
            case "outbox":
                connection.execute(text("UPDATE outbox SET subject = 2 WHERE state = 'waiting'"))
            case _:
                connection.execute(text("UPDATE subject SET state = 'parked' WHERE id = 2"))
    prune(small, ALL, LATER)
    assert ids(small, "decision") >= {3, 10}
    assert 2 in ids(small, "outbox")


def test_kept_for_ever_and_kept_long_enough(small: Database) -> None:
    with small.write() as connection:
        add_decisions(connection, (10, 2, "dull", NOW), (11, 2, "dull", NOW + 1), (12, 2, "acted", NOW + 2))
    before = ids(small, "decision"), ids(small, "outbox")
    assert prune(small, Keep(None, None, None), LATER) == Pruned(0, 0, 0)
    assert (ids(small, "decision"), ids(small, "outbox")) == before
    assert prune(small, Keep(DAY, None, None), NOW + DAY) == Pruned(0, 0, 0)
    assert prune(small, Keep(DAY, None, None), NOW + DAY + 1) == Pruned(1, 0, 0)
    assert ids(small, "decision") == before[0] - {10}


def test_many_go_in_batches(small: Database) -> None:
    with small.write() as connection:
        add_decisions(connection, *((100 + n, 2, "acted", OLD) for n in range(2_500)), (9_000, 2, "acted", LATER))
        add_decisions(
            connection, *((10_000 + n, 3, "dull", OLD + n % 7) for n in range(2_500)), (20_000, 3, "dull", LATER)
        )
    assert prune(small, ALL, LATER) == Pruned(dull_decisions=2_501, decisions=2_501, delivered=1)
    assert ids(small, "decision") == {1, 2, 9_000, 20_000}


def test_beside_other_work_it_goes_step_by_step_and_daily(small: Database) -> None:
    with small.write() as connection:
        add_decisions(connection, *((100 + n, 3, "dull", OLD) for n in range(1_200)), (9_000, 3, "dull", LATER))
    chore, turns = Pruning(small, ALL), [len(ids(small, "decision"))]
    while chore(LATER):
        turns.append(len(ids(small, "decision")))
    assert turns[0] - turns[-1] == 1_201
    assert max(before - after for before, after in pairwise(turns)) <= 200
    assert ids(small, "outbox") == {1, 3, 4}
    with small.write() as connection:
        add_decisions(connection, (9_001, 3, "dull", LATER))
    assert not chore(LATER + DAY - 1)
    chore.begin()
    while chore(LATER + DAY - 1):
        pass
    assert 9_000 in ids(small, "decision"), "it is not a day old yet"
    while chore(LATER + 2 * DAY):
        pass
    assert 9_000 not in ids(small, "decision")
    assert 9_001 in ids(small, "decision")
