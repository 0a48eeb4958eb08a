"""A live store with a little of everything in it, whose clock stands where the test puts it."""

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from casewarden.cli import app
from casewarden.config.settings import Caps, RulesetSource
from casewarden.model import Json
from casewarden.plugin import Answer, Applied, Attempt
from casewarden.service.process import set_aside
from casewarden.service.revisions import keep_revisions
from casewarden.service.rulebook import Rulebook
from casewarden.service.ruleset_sources import read_source
from casewarden.sidecar.operations import LiveStore, carry_out
from casewarden.sidecar.rules import RulesInForce
from casewarden.store.database import Database
from support.sidecars import KEY, Bench, compiled_from
from support.small import Log, at, text_of

RULES = """
ruleset: support
messages:
  greeting: {en: "Dear customer, about: {{ case.subject }}"}
  hello: {en: "Hello."}
clocks:
  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 4 business hours}
  solution: {clause: [S], starts: case_opened, stops: case_resolved, target: 2 elapsed days}
credits:
  late_answer:
    clause: [S]
    clock: answer
    award: 1 day
    for_each: 1 business hour
    count: full
    cap: 9 days
    add_to: contract.end
fields:
  case:
    core: {type: choice, of: [down, degraded, available]}
    workaround: {type: yes_no}
  customer:
    id: {type: text}
  contract:
    end: {type: instant}
  service.core:
    health: {type: choice, of: [up, down], fresh_for: 2 hours}
    load: {type: integer}
    window: {type: yes_no}
rules:
  greet:
    clause: [S]
    when: {case.core: down}
    then: [reply: greeting, tag: {add: [greeted]}]
  remind:
    clause: [S]
    when: {until: {due: answer, at_most: 1 hour}}
    then: [notify: {who: support, message: hello}]
  tell_of_outage:
    clause: [S]
    when: {service.core.health: down}
    then: [note: hello]
"""
CONFIG = """
casewarden: 1
store: {env: CASEWARDEN_STORE}
go_live: 2026-01-01T00:00Z
rulesets: [support.yaml]
connectors:
  desk: {plugin: files, settings: {inbox: inbox, outbox: out.jsonl}}
personal_data: {key: {env: CASEWARDEN_KEY}}
http: {listen: "127.0.0.1:0"}
"""


@dataclass
class Helpdesk:
    """What answers to attempts: what a test puts there, else that it is done."""

    answers: dict[str, Answer] = field(default_factory=dict)

    def __call__(self, attempt: Attempt) -> Answer:
        return self.answers.get(attempt.kind, Applied({}, {"body": dict(attempt.content)}))


@dataclass
class Desk:
    """A sidecar's store, stepped by hand, and the command line beside it."""

    folder: Path
    bench: Bench
    helpdesk: Helpdesk
    live: LiveStore

    def take(self, log: Log) -> None:
        """Let what was seen by now come in, and all be done."""
        self.bench.take([event for event in log.events if event.seen_at <= self.bench.now])
        self.bench.settle()

    def go(self, time: str) -> None:
        """Go on to an instant."""
        self.bench.until(at(time))

    def order(self, command: str, **arguments: Json) -> list[str]:
        """Carry a command out and do all that comes of it; the sentences that tell what was done."""
        said: Any = carry_out(self.live, command, arguments, "ada", self.bench.now)["said"]
        self.bench.settle()
        return list(said)

    def say(self, *words: str) -> Result:
        """Give a command at the command line, at the instant where the bench stands."""
        return CliRunner().invoke(app, list(words), prog_name="casewarden")

    def told(self, *words: str) -> str:
        """The text that a command prints; it must end well."""
        result = self.say(*words)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *words: str) -> Any:
        """The JSON that a command prints."""
        return json.loads(self.told(*words, "--format", "json"))

    def states(self) -> dict[str, str]:
        """All actions by what is left of their keys, with their states."""
        rows = self.bench.rows("SELECT key, state FROM outbox ORDER BY id")
        return {str(key).removeprefix("case:"): str(state) for key, state in rows}

    def audited(self) -> list[tuple[object, ...]]:
        """What stands in the audit: who, what, why."""
        return self.bench.rows("SELECT who, what, why FROM audit ORDER BY id")


def park(desk: Desk, name: str) -> None:
    """Set a subject aside, as the processor does with one that it cannot write."""
    with desk.bench.database.write() as connection:
        set_aside(connection, name, "it cannot be written: DataError", desk.bench.now)


def capped(desk: Desk, **caps: int) -> None:
    """Let caps be as small as said."""
    most = {"per_rule": 10**9, "per_case": 10**9, "in_all": 10**9, "ping_pong": 10**9} | caps
    desk.bench.caps = Caps(**most)
    desk.bench.restart()


def set_up(
    folder: Path, database: Database, url: str, monkeypatch: pytest.MonkeyPatch, rules: str = RULES
) -> Iterator[Desk]:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CASEWARDEN_STORE", url)
    monkeypatch.setenv("CASEWARDEN_KEY", b64encode(KEY).decode())
    monkeypatch.setenv("COLUMNS", "130")
    (folder / "casewarden.yaml").write_text(CONFIG, encoding="utf-8")
    file = folder / "support.yaml"
    file.write_text(text_of(rules), encoding="utf-8")
    helpdesk = Helpdesk()
    bench = Bench(database, compiled_from(file), at("mon 09:00"), connector=helpdesk)
    revision = read_source(RulesetSource(Path("support.yaml")), 0).revision
    assert revision is not None
    assert revision.digest == bench.compiled.ruleset.digest
    book = Rulebook.of([revision])
    with database.write() as connection:
        keep_revisions(connection, book)
    desk = Desk(folder, bench, helpdesk, LiveStore(database, bench.sealing, RulesInForce(book)))
    monkeypatch.setattr("casewarden.clock.now", lambda: datetime.fromtimestamp(bench.now / 1_000_000, UTC))
    yield desk
