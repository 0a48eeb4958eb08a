"""Commands through a sidecar that runs: carried out by its owner, read beside it, refused with its words."""

import json
import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result
from sqlalchemy import text

from casewarden.cli import app
from casewarden.cli.opened import present, settings_of
from casewarden.service.intake import Order
from casewarden.sidecar.running import Sidecar
from operations.desk import CONFIG, RULES
from support.sidecars import KEY
from support.small import Log, text_of

MOST_TURNS = 400


class Running:
    """A sidecar in this process with its doors open, and the command line beside it."""

    def __init__(self, sidecar: Sidecar) -> None:
        self.sidecar = sidecar

    def take(self, log: Log) -> None:
        """Let events come in that happened just now."""
        now = present()
        events = [replace(event, at=now, seen_at=now) for event in log.events]
        self.sidecar.owner.order(Order(events, "desk")).result(timeout=30)

    def until(self, holds: Callable[[], bool]) -> None:
        """Let the owner turn until something holds."""
        for _ in range(MOST_TURNS):
            if holds():
                return
            self.sidecar.owner.command(lambda: None).result(timeout=30)
        raise AssertionError("it does not come about")

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        with self.sidecar.database.read() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    def say(self, *words: str) -> Result:
        return CliRunner().invoke(app, list(words), prog_name="casewarden")

    def told(self, *words: str) -> str:
        result = self.say(*words)
        assert result.exit_code == 0, result.output
        return result.stdout


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASEWARDEN_STORE", f"sqlite:///{tmp_path}/casewarden.db")
    monkeypatch.setenv("CASEWARDEN_KEY", b64encode(KEY).decode())
    (tmp_path / "casewarden.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "support.yaml").write_text(text_of(RULES), encoding="utf-8")
    (tmp_path / "inbox").mkdir()
    structlog.configure(
        logger_factory=structlog.ReturnLoggerFactory()
    )  # what it logs is no part of what commands print
    sidecar = Sidecar(settings_of(Path("casewarden.yaml")), environ=os.environ, now=present)
    sidecar.start()
    yield Running(sidecar)
    assert sidecar.stop()
    structlog.reset_defaults()


def opened(number: int, **facts: str) -> Log:
    return Log(f"case:{number}").opened("mon 09:00", {"case.number": str(number), **facts}, key=f"o{number}")


def test_orders_go_through_the_sidecar_that_runs(running: Running) -> None:
    running.take(opened(1))
    running.take(opened(2))
    running.until(lambda: len(running.rows("SELECT 1 FROM subject WHERE state = 'open'")) == 2)
    assert running.told("pause", "--reason", "a look", "--who", "eve").startswith("Sending is paused")
    status = json.loads(running.say("status", "--format", "json").stdout)
    assert (status["process"]["running"], status["process"]["pid"]) == (True, os.getpid())
    assert status["process"]["url"] == running.sidecar.url
    assert status["connectors"][0]["breaker"] == "closed"
    assert status["problems"] == ["sending is paused: casewarden resume lets it go"]
    running.told("service", "set", "core", "health=down", "--who", "eve")
    running.until(lambda: len(running.rows("SELECT 1 FROM outbox WHERE state = 'waiting'")) == 2)
    running.told("case", "merge", "2", "into", "1", "--who", "eve")
    running.until(lambda: ("withdrawn",) in running.rows("SELECT state FROM outbox"))
    running.told("resume", "--who", "eve")
    running.until(lambda: ("applied",) in running.rows("SELECT state FROM outbox"))
    who = running.rows("SELECT who, what FROM audit ORDER BY id")
    assert who == [("eve", "pause"), ("eve", "service set"), ("eve", "case merge"), ("eve", "resume")]
    assert "ended: merged into case:1" in running.told("case", "2")
    assert "Fired once" in running.told("explain", "1", "--rule", "tell_of_outage")


def test_what_the_sidecar_refuses_is_told_with_its_fix(running: Running) -> None:
    running.take(opened(1))
    running.until(lambda: bool(running.rows("SELECT 1 FROM subject")))
    result = running.say("case", "spam", "11")
    assert (result.exit_code, result.stderr) == (
        2,
        "error: there is no case 11 in the store\n  fix: did you mean case 1?\n",
    )
    assert running.rows("SELECT count(*) FROM audit WHERE what = 'case spam'") == [(0,)]
    assert running.say("status").exit_code == 0


def test_all_is_well(running: Running) -> None:
    assert running.told("status").startswith("All is well.\n")
