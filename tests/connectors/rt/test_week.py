"""A week at a Request Tracker that fails at every step: in the end both sides are equal, each thing done once.

CASEWARDEN_RT_STEPS says how many things happen (25); of many some happen between one look and the next.
"""

import base64
import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from casewarden.cli import app
from casewarden.model.instants import iso
from casewarden.plugin.http import HttpError
from casewarden.testing.helpdesk import Clock, Fault
from support.rt.server import FakeRequestTracker
from support.sidecars import Standing

STEPS = int(os.environ.get("CASEWARDEN_RT_STEPS", "25"))
AT_ONCE = max(1, STEPS // 2_000)
FAULTS = (
    Fault.LOST_BEFORE,
    Fault.LOST_AFTER,
    Fault.TOO_MANY,
    Fault.UNAVAILABLE,
    Fault.MALFORMED,
    Fault.CHARSET,
    Fault.IGNORED,
)
KIM = "kim@customer.example"
RULESET = """\
casewarden: 1
ruleset: desk
revision: {from: 2026-01-01, binds: new_cases}
defaults:
  calendar: always
  language: en
  plan: basic
  days: {mode: end_of_day, origin: next_opening}
  boundary: closing
  on_change: {severity: keep, plan: keep, contract: keep}
close_reasons: [solved]
calendars:
  always: {zone: Europe/Zurich, open: 24x7, holidays: none}
plans:
  basic: {calendar: always, commitment: slo}
fields:
  case:
    core: {type: choice, of: [down, degraded, available]}
    seen: {type: text}
events:
  solved: {kind: message, by: customer, text: {contains: solved}}
clocks:
  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 400 elapsed days}
rules:
  heard: {clause: [S], each: customer_message, then: [{note: heard}]}
  down: {clause: [S], when: {case.core: down}, then: [{set: {case.seen: "yes"}}]}
  close: {clause: [S], each: solved, then: [{close: solved}]}
messages:
  heard: {en: "A customer wrote."}
"""
CONFIGURATION = """\
casewarden: 1
store: sqlite:///casewarden.db
go_live: GO_LIVE
rulesets: [desk.yaml]
connectors:
  desk:
    plugin: rt
    settings:
      url: URL
      token: {env: RT_TOKEN}
      calls_per_second: 1000
      mapping: {fields: {case.core: {field: "CF.{Core}", type: choice}, case.seen: "CF.{Plan}"}}
personal_data: {key: {file: casewarden.key}}
caps: {per_rule: 100000, per_case: 100000, in_all: 100000, ping_pong: 1000}
"""


def _folder(folder: Path, server: FakeRequestTracker) -> Path:
    (folder / "desk.yaml").write_text(RULESET, encoding="utf-8")
    go_live = iso(server.now() - 3_600_000_000)
    said = CONFIGURATION.replace("GO_LIVE", go_live).replace("URL", server.url)
    (folder / "casewarden.yaml").write_text(said, encoding="utf-8")
    (folder / "casewarden.key").write_text(base64.b64encode(bytes(range(32))).decode() + "\n")
    (folder / "casewarden.key").chmod(0o600)
    made = CliRunner().invoke(app, ["db", "upgrade", "--config", str(folder / "casewarden.yaml")])
    assert made.exit_code == 0, made.output
    return folder


def _goes(standing: Standing, server: FakeRequestTracker) -> bool:
    try:
        standing.go(server.now())
    except HttpError:
        return False
    return True


@pytest.mark.parametrize("seed", [1, 2])
def test_a_week_of_faults_ends_with_both_sides_equal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    with FakeRequestTracker(Clock(time.time_ns() // 1_000_000_000 * 1_000_000)) as server:
        monkeypatch.setenv("RT_TOKEN", server.tokens["casewarden"])
        standing = Standing(_folder(tmp_path, server))
        said: dict[str, int] = {}
        ignored = 0
        closed: set[str] = set()
        for step in range(STEPS):
            match chance.choice(["open", "say", "say", "change", "solve", "late"]):
                case "open":
                    said[server.open_ticket(f"Number {step}")] = 1
                case "say" | "late" if said:
                    if chance.random() < 0.5:
                        server.inject(Fault.LATE)
                    ticket = chance.choice(list(said))
                    server.comment(ticket, f"More, {step}")
                    said[ticket] += 1
                case "change" if said:
                    server.change(chance.choice(list(said)), chance.choice(["down", "available", None]))
                case "solve" if said:
                    ticket = chance.choice(list(said))
                    server.comment(ticket, "It is solved.")
                    said[ticket] += 1
                    closed.add(ticket)
                case _:
                    pass
            if (step + 1) % AT_ONCE:
                continue
            fault = chance.choice(FAULTS)
            ignored += fault is Fault.IGNORED
            server.inject(fault, on="write" if fault is Fault.IGNORED else chance.choice(["read", "write"]), times=1)
            _goes(standing, server)
            server.clear()
            server.advance(chance.choice([20, 200, 2_000]))
        for _ in range(12):
            server.advance(3_600)
            assert _goes(standing, server)

        ours = server.state.user("casewarden")
        assert ours is not None
        ticket_of = {one.id: one.ticket for one in server.state.transactions}
        solutions = Counter(ticket_of[one.transaction] for one in server.state.parts if "solved" in one.content)
        rejected = _rejected(tmp_path)
        for ticket, messages in said.items():
            mine = [one for one in server.state.transactions if one.ticket == ticket and one.creator == ours.id]
            refused = rejected.get(ticket, [])
            ignored -= len(refused)
            notes = [one for one in mine if one.type == "Comment"]
            assert len(notes) + refused.count("note") == messages, (ticket, refused)
            resolutions = [one for one in mine if one.type == "Status" and one.new == "resolved"]
            assert len(resolutions) <= solutions[ticket]
            if ticket in closed:
                assert resolutions or "close" in refused
            assert len([one for one in mine if one.type == "CustomField"]) + refused.count("set") <= 1
        assert ignored >= 0  # nothing else is refused


def _rejected(folder: Path) -> dict[str, list[str]]:
    """The kinds of the actions that were put before a person, by ticket: what was accepted and not done."""
    import sqlite3

    with sqlite3.connect(folder / "casewarden.db") as connection:
        rows = connection.execute(
            "SELECT subject.name, outbox.kind, outbox.state FROM outbox JOIN subject ON subject.id = outbox.subject"
        ).fetchall()
    connection.close()
    assert {state for _, _, state in rows} <= {"applied", "rejected"}
    found: dict[str, list[str]] = {}
    for name, kind, state in rows:
        if state == "rejected":
            found.setdefault(str(name).removeprefix("case:"), []).append(str(kind))
    return found
