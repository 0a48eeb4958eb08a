"""A ticket's life in a real Request Tracker beside a real sidecar: opened, lowered, answered, closed, reopened.

Both go by the machine's clock. What is public waits until Request Tracker is known completely, which takes seconds.
"""

import base64
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from casewarden.cli import app
from casewarden.model.instants import iso, parse_instant
from support.servers.request_tracker import RequestTracker
from support.sidecars import Standing

CUSTOMER = "kim@customer.example"
MINUTE = 60_000_000
HOUR = 3_600_000_000
PATIENCE_S = 240
RULESET = """\
casewarden: 1
ruleset: desk
applies_to: {case.queue: QUEUE}
revision: {from: 2026-01-01, binds: new_cases}
defaults:
  calendar: always
  language: en
  plan: basic
  days: {mode: end_of_day, origin: next_opening}
  boundary: closing
  on_change: {severity: keep, plan: keep, contract: keep}
people: [support]
close_reasons: [solved]
calendars:
  always: {zone: Europe/Zurich, open: 24x7, holidays: none}
plans:
  basic: {calendar: always, commitment: slo}
fields:
  case:
    core: {type: choice, of: [down, degraded, available]}
    queue: {type: text}
  service.core: {health: {type: choice, of: [available, degraded, down], fresh_for: 1 day}}
severity:
  clause: [S]
  levels: {1: Critical, 2: Degraded, 3: Minor}
  until_classified: reported
  hit: unique
  table:
    - {when: {case.core: down}, gives: 1}
    - {when: {case.core: degraded}, gives: 2}
    - {when: {case.core: available}, gives: 3}
events:
  solved: {kind: message, by: customer, text: {contains: works again}}
clocks:
  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 4 elapsed hours}
rules:
  take_it:
    clause: [S]
    when: {case.severity: "1"}
    then: [{assign: support}, {tag: {add: [critical]}}, {note: taken}]
  lower:
    clause: [S]
    when:
      case.core: [down, degraded]
      service.core.health: {is: available, for: 15 minutes}
    then: [{set: {case.core: available}}, {classify: severity}, {reply: lowered}]
  close_solved:
    clause: [S]
    each: solved
    then: [{close: solved}]
messages:
  taken: {en: "A critical case; the answer is due at {{ clock.answer.due_at }}."}
  lowered: {en: "The core is back. Case {{ case.number }} is less severe now."}
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
      queues: [QUEUE]
      calls_per_second: 500
      tags: Tags
      close_reason: Close reason
      mapping:
        fields:
          case.core: {field: "CF.{Core}", type: choice}
          case.queue: Queue
          case.tags: {field: "CF.{Tags}", type: set}
        people:
          roles: {support: bob}
  health:
    plugin: files
    actions: [publish]
    settings: {inbox: health, outbox: unused.jsonl}
personal_data: {key: {file: casewarden.key}}
"""


@dataclass
class Desk:
    """The sidecar's folder, and Request Tracker as its people use it."""

    folder: Path
    queue: str
    agent: httpx.Client
    customer: httpx.Client

    def until(self, holds: Callable[[], bool]) -> None:
        """Let the sidecar do all that is due, again and again, until something holds."""
        end = time.monotonic() + PATIENCE_S
        while True:
            Standing(self.folder).go(time.time_ns() // 1000)
            if holds():
                return
            assert time.monotonic() < end, "it does not come to that"

    def health(self, word: str, minutes_ago: int) -> None:
        """Let it become known how the core has been since then."""
        line = {"subject": "service:core", "kind": "observed", "at": iso(time.time_ns() // 1000 - minutes_ago * MINUTE),
                "by": "automation", "key": word, "data": {"facts": {"service.core.health": word}}}  # fmt: skip
        with (self.folder / "health" / "core.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def case(self, ticket: str) -> dict[str, Any]:
        words = ["case", "show", ticket, "--format", "json", "--config", str(self.folder / "casewarden.yaml")]
        said = CliRunner().invoke(app, words, catch_exceptions=False)
        assert said.exit_code == 0, said.output
        found: dict[str, Any] = json.loads(said.output)
        return found

    def ticket(self, ticket: str) -> dict[str, Any]:
        """The ticket as Request Tracker itself states it, with custom fields by name."""
        found: dict[str, Any] = self.agent.get(f"/ticket/{ticket}").json()
        return found | {field["name"]: field["values"] for field in found["CustomFields"]}

    def opens(self, text: str) -> str:
        """A customer's new ticket about a core that is down, as an agent sees it."""
        asked = {"Queue": self.queue, "Subject": "Nothing works", "Requestor": [CUSTOMER], "Content": text}
        ticket: str = self.customer.post("/ticket", json=asked).json()["id"]
        assert (
            self.agent.put(f"/ticket/{ticket}", json={"CustomFields": {"Core": "down"}}).status_code == httpx.codes.OK
        )
        return ticket

    def written(self, ticket: str, by: str) -> list[tuple[str, str]]:
        """What somebody wrote into the ticket: kind and text, as Request Tracker itself states it."""
        params: dict[str, str | int] = {"fields": "Type,Creator", "per_page": 100}
        history = self.agent.get(f"/ticket/{ticket}/history", params=params).json()["items"]
        mine = [one for one in history if one["Creator"]["id"] == by and one["Type"] in ("Comment", "Correspond")]
        texts = [
            self.agent.get(f"/transaction/{one['id']}/attachments", params={"fields": "Content"}).json()["items"]
            for one in mine
        ]
        return [(one["Type"], text[0]["Content"]) for one, text in zip(mine, texts, strict=True)]


@pytest.fixture
def desk(request_tracker: RequestTracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    now = time.time_ns() // 1000
    queue = request_tracker.new_queue()
    (tmp_path / "desk.yaml").write_text(RULESET.replace("QUEUE", queue), encoding="utf-8")
    (tmp_path / "health").mkdir()
    go_live = iso((now // 1_000_000 - 3_600) * 1_000_000)
    said = CONFIGURATION.replace("GO_LIVE", go_live).replace("URL", request_tracker.url).replace("QUEUE", queue)
    (tmp_path / "casewarden.yaml").write_text(said, encoding="utf-8")
    (tmp_path / "casewarden.key").write_text(base64.b64encode(os.urandom(32)).decode() + "\n")
    (tmp_path / "casewarden.key").chmod(0o600)
    monkeypatch.setenv("RT_TOKEN", request_tracker.tokens["casewarden"])
    words = ["db", "upgrade", "--config", str(tmp_path / "casewarden.yaml")]
    made = CliRunner().invoke(app, words, catch_exceptions=False)
    assert made.exit_code == 0, made.output
    with request_tracker.as_user("alice") as agent, request_tracker.as_user(CUSTOMER) as customer:
        yield Desk(tmp_path, queue, agent, customer)


def test_a_critical_ticket_is_taken_lowered_answered_closed_and_reopened(desk: Desk) -> None:
    ticket = desk.opens("The core is down for all of us.")
    desk.until(lambda: desk.ticket(ticket)["Owner"]["id"] == "bob")
    case = desk.case(ticket)
    (clock,) = case["clocks"]
    assert (case["severity"], clock["state"], clock["target"]) == ("1", "running", "4 elapsed hours")
    assert parse_instant(clock["due"]) - parse_instant(case["opened_at"]) == 4 * HOUR
    desk.until(lambda: bool(desk.written(ticket, "casewarden")))
    assert desk.ticket(ticket)["Tags"] == ["critical"]
    ((kind, note),) = desk.written(ticket, "casewarden")
    assert kind == "Comment"
    assert note.startswith("A critical case; the answer is due at ")

    desk.health("available", 20)
    desk.until(lambda: len(desk.written(ticket, "casewarden")) == 2)
    assert desk.case(ticket)["severity"] == "3"
    assert desk.ticket(ticket)["Core"] == ["available"]
    kind, reply = desk.written(ticket, "casewarden")[-1]
    assert kind == "Correspond"
    assert reply.startswith(f"The core is back. Case {ticket} is less severe now.")

    desk.agent.post(f"/ticket/{ticket}/correspond", json=_said("We have found it."))
    desk.until(lambda: desk.case(ticket)["clocks"][0]["state"] == "met")

    desk.customer.post(f"/ticket/{ticket}/correspond", json=_said("It works again, thank you."))
    desk.until(lambda: desk.ticket(ticket)["Status"] == "resolved")
    assert desk.ticket(ticket)["Close reason"] == ["solved"]
    desk.until(lambda: desk.case(ticket)["status"] == "closed")

    desk.customer.post(f"/ticket/{ticket}/correspond", json=_said("No, it is down as before."))
    desk.until(lambda: desk.case(ticket)["status"] == "open")
    assert desk.ticket(ticket)["Status"] == "open"
    assert desk.case(ticket)["obligations"] == []
    assert len(desk.written(ticket, "casewarden")) == 2


def _said(text: str) -> dict[str, str]:
    return {"Content": text, "ContentType": "text/plain"}
