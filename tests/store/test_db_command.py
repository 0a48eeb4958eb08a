"""`casewarden db` as an operator uses it, on both databases, with and without a sidecar that runs."""

import json
import os
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, select, text

from casewarden.cli import app
from casewarden.model.event import Event
from casewarden.store import tables
from casewarden.store.chain import GENESIS
from casewarden.store.contacts import open_sealer
from casewarden.store.database import Database
from casewarden.store.log import Sealing, enter, link, put_events
from casewarden.store.place import take_place
from casewarden.store.schema import expected_revision
from support.small_store import DAY, NOW, make_small_store

MASTER = bytes(range(32))
CONFIG = """
casewarden: 1
store: {env: CASEWARDEN_STORE}
go_live: 2026-01-01T00:00Z
rulesets: [support.yaml]
connectors:
  desk: {plugin: files, settings: {inbox: inbox, outbox: out.jsonl}}
retention: {dull_decisions: 1 day, decisions: 1 day, delivered: 1 day}
personal_data: {key: {env: CASEWARDEN_KEY}}
"""


@pytest.fixture
def configured(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder with a configuration, in which the commands run; the address of its store."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASEWARDEN_STORE", store_url)
    monkeypatch.setenv("CASEWARDEN_KEY", b64encode(MASTER).decode())
    (tmp_path / "casewarden.yaml").write_text(CONFIG, encoding="utf-8")
    return store_url


@pytest.fixture
def filled(configured: str) -> Iterator[Database]:
    """The store with a little of everything in it, and a message that is sealed."""
    database = Database(configured)
    message = Event("case:7", "message", NOW, NOW, "customer", "mail", "7", data={"text": "Please delete me"})
    keys, entry = Sealing(open_sealer(database, MASTER), frozenset()), link(7, 1, message, GENESIS)
    owner = {"lane": "acme", "name": "case:7", "slot": 7, "version": 1, "decided_at": NOW, "woken": 0, "state": "open"}
    with database.write() as connection:
        make_small_store(connection)
        (row,) = put_events(connection, keys, [message], NOW)
        connection.execute(insert(tables.subject), {**owner, "id": 7, "length": 1, "head": entry["chain"]})
        enter(connection, [{**entry, "event": row}])
    yield database
    database.close()


def db(*words: str) -> Result:
    return CliRunner().invoke(app, ["db", *words])


def test_upgrade_makes_the_tables_and_then_finds_them(
    request: pytest.FixtureRequest, configured: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = "sqlite:///empty.db" if configured.startswith("sqlite") else request.getfixturevalue("bare_postgres_url")
    monkeypatch.setenv("CASEWARDEN_STORE", empty)
    assert db("upgrade").output == f"The store has its tables, of version {expected_revision()}.\n"
    assert db("upgrade").output == f"The store is of version {expected_revision()} already.\n"
    assert db("check").output == "0 subjects, 0 events in their logs, 0 rows of the audit: no problems.\n"


@pytest.mark.usefixtures("filled")
def test_check_says_what_it_looked_at() -> None:
    done = db("check")
    assert (done.exit_code, done.output) == (
        0,
        "4 subjects, 8 events in their logs, 2 rows of the audit: no problems.\n",
    )


def test_check_tells_what_is_wrong_and_exits_with_1(filled: Database) -> None:
    with filled.write() as connection:
        connection.execute(text("UPDATE audit SET who = 'eve' WHERE id = 1"))
        connection.execute(text("UPDATE event SET by = 'agent' WHERE subject = 'case:7'"))
    done = db("check")
    assert (done.exit_code, done.output.splitlines()) == (
        1,
        [
            "log: case:7 in acme: entry 1 is not what was entered, or one before it is missing",
            "audit: row 1: it is not what was written, or one before it is missing",
            "4 subjects, 8 events in their logs, 2 rows of the audit: 2 problems.",
        ],
    )
    said = json.loads(db("check", "--format", "json").output)
    assert said["looked_at"] == {"subjects": 4, "entries": 8, "audit": 2}
    assert [(one["what"], one["where"]) for one in said["findings"]] == [("log", "case:7 in acme"), ("audit", "row 1")]


def test_check_without_the_key_looks_at_the_chains(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CASEWARDEN_KEY")
    with filled.write() as connection:
        connection.execute(text("UPDATE event SET by = 'agent' WHERE subject = 'case:7'"))
    done = db("check")
    assert done.exit_code == 0
    assert done.stderr == "warning: events are not held against their logs: the variable `CASEWARDEN_KEY` is not set\n"


@pytest.mark.usefixtures("filled")
def test_check_with_another_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASEWARDEN_KEY", b64encode(MASTER[::-1]).decode())
    done = db("check")
    assert done.exit_code == 2
    assert done.output.startswith("error: the key for personal data is not the one that this store was sealed with")


def test_check_makes_decisions_again(filled: Database) -> None:
    with filled.write() as connection:
        connection.execute(text("DELETE FROM ruleset"))
    done = db("check", "--decisions", "all")
    assert done.exit_code == 1
    assert done.output.count("its rules, revision d1, are not in the store\n") == 4
    assert done.output.endswith("2 rows of the audit, 4 decisions made again: 4 problems.\n")
    said = json.loads(db("check", "--decisions", "3", "--format", "json").output)
    assert said["looked_at"] == {"subjects": 4, "entries": 8, "audit": 2, "decisions": 3, "decisions_erased": 0}


@pytest.mark.usefixtures("filled")
def test_a_ruleset_of_which_nothing_is_stored_is_told() -> None:
    done = db("check", "--decisions", "all")
    assert done.exit_code == 1
    assert done.output.startswith("ruleset: no files are stored of the ruleset\n")


@pytest.mark.usefixtures("filled")
def test_no_decision_is_made_again_without_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CASEWARDEN_KEY")
    done = db("check", "--decisions", "1")
    assert done.exit_code == 2
    assert "nothing is decided again without the key for personal data" in done.stderr


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize("how_many", ["0", "-1", "some", "1.5"])
def test_how_many_decisions_is_a_number_or_all(how_many: str) -> None:
    done = db("check", "--decisions", how_many)
    assert done.exit_code == 2
    assert "is neither a number from 1 on nor `all`" in done.output


def test_backup_and_check_while_a_sidecar_runs(
    filled: Database,
    configured: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not filled.is_sqlite:
        programs = request.getfixturevalue("postgres_programs")
        monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    place = take_place(filled.path, NOW) if filled.path else None
    with filled.write():  # one transaction is under way
        done = db("backup", "copy") if filled.is_sqlite else None
    done = done or db("backup", "copy")
    assert (done.exit_code, done.output) == (0, f"copy: {(tmp_path / 'copy').stat().st_size:,} bytes\n")
    assert db("check").exit_code == 0
    if place is not None:
        place.release()
        monkeypatch.setenv("CASEWARDEN_STORE", configured.replace("casewarden.db", "copy"))
        assert db("check").output == "4 subjects, 8 events in their logs, 2 rows of the audit: no problems.\n"


def test_what_writes_to_sqlite_is_refused_while_a_sidecar_runs(filled: Database) -> None:
    if filled.path is None:
        assert db("prune").exit_code == 0
        assert db("upgrade").exit_code == 0
        return
    with take_place(filled.path, NOW):
        for word in ("prune", "upgrade"):
            done = db(word)
            assert done.exit_code == 2
            assert done.output == (
                f"error: process {os.getpid()} writes to the store `{filled.path}`, and there can be only one\n"
                "  fix: stop it first\n"
            )


def test_prune_tells_how_much_went(filled: Database) -> None:
    rows = [
        {"id": 10 + n, "subject": 2, "at": NOW - DAY, "length": 1, "revision": "d1", "digest": b"", "outcome": outcome}
        for n, outcome in enumerate(["dull", "dull", "acted", "dull"])
    ]
    with filled.write() as connection:
        connection.execute(insert(tables.decision), rows)
    done = db("prune")
    assert done.exit_code == 0
    assert done.output == (
        "Deleted decisions from which nothing came: 2; other decisions: 2; actions that are done: 1;"
        " cases and other subjects of trials that ended: 0.\n"
    )
    with filled.read() as connection:
        kept = select(tables.decision.c.id).where(tables.decision.c.subject == 2)
        assert connection.execute(kept).scalars().all() == [13]


@pytest.mark.parametrize("word", ["check", "prune", "backup"])
def test_a_store_that_is_not_there(word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "casewarden.yaml").write_text(CONFIG.replace("{env: CASEWARDEN_STORE}", "sqlite:///none.db"), "utf-8")
    done = db(word, *(["copy"] if word == "backup" else []))
    assert done.exit_code == 2
    assert done.output == "error: there is no store `none.db` yet\n  fix: `casewarden serve` makes it\n"
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("word", ["check", "prune", "backup", "upgrade"])
def test_what_cannot_be_reached_is_told_without_its_password(
    word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASEWARDEN_STORE", "postgresql://me:s3cret@127.0.0.1:9/cw?connect_timeout=2")
    (tmp_path / "casewarden.yaml").write_text(CONFIG, "utf-8")
    done = db(word, *(["copy"] if word == "backup" else []))
    assert done.exit_code == 2
    assert "connection to server at" in done.output or "connection failed" in done.output
    assert "s3cret" not in done.output


def test_a_configuration_that_is_wrong_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "casewarden.yaml").write_text("casewarden: 1\n", encoding="utf-8")
    done = db("check")
    assert done.exit_code == 2
    assert "casewarden.yaml:1:1" in done.stderr
