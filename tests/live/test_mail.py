"""A team whose whole helpdesk is a mailbox, on real mail servers beside a real sidecar."""

import base64
import json
import os
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner

from casewarden.cli import app
from casewarden.model.instants import iso, parse_instant
from support.letters import SECRET, all_events, arrived, connect, eventually, letter, send
from support.servers.mail import PASSWORD, MailServers
from support.sidecars import Standing

MINUTE = 60_000_000
PATIENCE_S = 240
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
people: [duty]
close_reasons: [solved]
calendars:
  always: {zone: Europe/Zurich, open: 24x7, holidays: none}
plans:
  basic: {calendar: always, commitment: slo}
fields:
  case:
    core: {type: choice, of: [down, available], when_missing: down}
  service.core: {health: {type: choice, of: [available, down], fresh_for: 1 day}}
severity:
  clause: [S]
  levels: {1: Critical, 3: Minor}
  until_classified: reported
  hit: unique
  table:
    - {when: {case.core: down}, gives: 1}
    - {when: {case.core: available}, gives: 3}
events:
  solved: {kind: message, by: customer, automatic: no, text: {contains: works again}}
  bounced: {kind: message, bounced: yes}
clocks:
  answer: {clause: [S], starts: case_opened, stops: agent_reply, target: 4 elapsed hours}
rules:
  tell:
    clause: [S]
    when: {case.severity: "1"}
    then: [{notify: {who: duty, message: taken}}]
  lower:
    clause: [S]
    when:
      case.core: down
      service.core.health: {is: available, for: 15 minutes}
    then: [{set: {case.core: available}}, {classify: severity}, {reply: lowered}]
  close_solved:
    clause: [S]
    each: solved
    then: [{close: solved}, {reply: closed}]
  reopen_bounced:
    clause: [S]
    each: bounced
    priority: 2
    then: [{reopen: same_ticket_only}]
messages:
  taken: {en: "Case {{ case.number }}; the answer is due at {{ clock.answer.due_at }}."}
  lowered: {en: "The core is back."}
  closed: {en: "We close this."}
"""
CONFIGURATION = """\
casewarden: 1
store: sqlite:///casewarden.db
go_live: GO_LIVE
rulesets: [desk.yaml]
connectors:
  mail:
    plugin: email
    settings:
      address: ADDRESS
      secret: {env: MAIL_SECRET}
      imap: {host: 127.0.0.1, port: IMAP, tls: none, user: ADDRESS, password: {env: MAIL_PASSWORD}}
      smtp: {host: 127.0.0.1, port: SMTP, tls: none}
      people: {duty: [alice@desk.example]}
      lag: 0
  health:
    plugin: files
    actions: [publish, set]
    settings: {inbox: health, outbox: unused.jsonl}
personal_data: {key: {file: casewarden.key}}
"""


@dataclass
class Team:
    """The sidecar's folder, and the servers as people use them."""

    folder: Path
    servers: MailServers
    address: str

    def until(self, holds: Callable[[], Any]) -> Any:
        """Let the sidecar do all that is due, again and again, until something holds."""
        end = time.monotonic() + PATIENCE_S
        while True:
            Standing(self.folder).go(time.time_ns() // 1000)
            if found := holds():
                return found
            assert time.monotonic() < end, "it does not come to that"

    def case(self, ticket: str) -> dict[str, Any]:
        words = ["case", "show", ticket, "--format", "json", "--config", str(self.folder / "casewarden.yaml")]
        said = CliRunner().invoke(app, words, catch_exceptions=False)
        assert said.exit_code == 0, said.output
        found: dict[str, Any] = json.loads(said.output)
        return found

    def health(self, word: str, minutes_ago: int) -> None:
        line = {"subject": "service:core", "kind": "observed", "at": iso(time.time_ns() // 1000 - minutes_ago * MINUTE),
                "by": "automation", "key": word, "data": {"facts": {"service.core.health": word}}}  # fmt: skip
        with (self.folder / "health" / "core.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


@pytest.fixture
def team(mail_servers: MailServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    (tmp_path / "desk.yaml").write_text(RULESET, encoding="utf-8")
    (tmp_path / "health").mkdir()
    go_live = iso((time.time_ns() // 10**9 - 3_600) * 1_000_000)
    said = CONFIGURATION.replace("GO_LIVE", go_live).replace("IMAP,", f"{mail_servers.imap},")
    address = mail_servers.new_mailbox()
    said = said.replace("SMTP,", f"{mail_servers.smtp},").replace("ADDRESS", address)
    (tmp_path / "casewarden.yaml").write_text(said, encoding="utf-8")
    (tmp_path / "casewarden.key").write_text(base64.b64encode(os.urandom(32)).decode() + "\n")
    (tmp_path / "casewarden.key").chmod(0o600)
    monkeypatch.setenv("MAIL_SECRET", SECRET)
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    words = ["db", "upgrade", "--config", str(tmp_path / "casewarden.yaml")]
    made = CliRunner().invoke(app, words, catch_exceptions=False)
    assert made.exit_code == 0, made.output
    return Team(tmp_path, mail_servers, address)


def test_a_critical_mail_is_taken_lowered_closed_and_reopened_when_the_answer_bounces(team: Team) -> None:
    servers, word = team.servers, uuid4().hex
    address = team.address
    # The customer's server takes no mail for them: what we send there comes back.
    send(servers, letter(f"Down {word}", "The core is down.", by=f"{word}@gone.example", to=address))
    (notice,) = team.until(lambda: _notices(team, word))
    ticket = _case_of(team, word)
    case = team.case(ticket)
    (clock,) = case["clocks"]
    assert (case["severity"], clock["state"], clock["target"]) == ("1", "running", "4 elapsed hours")
    assert notice["Auto-Submitted"] == "auto-generated"
    assert notice["Return-Path"] == "<>"
    assert parse_instant(clock["due"]) - parse_instant(case["opened_at"]) == 240 * MINUTE
    send(servers, letter(f"Re: Down {word}", "It works again.", by=f"{word}@gone.example", to=address,
                         References=_first_id(team, word)))  # fmt: skip
    team.until(lambda: team.case(ticket)["status"] == "closed")
    team.until(lambda: team.case(ticket)["status"] == "open")
    bounce = next(one for one in _events(team, ticket) if one.data.get("bounced"))
    assert (bounce.by, bounce.data["automatic"], bounce.data["to"]) == ("automation", True, f"{word}@gone.example")
    ours = [one for one in _events(team, ticket) if one.by == "ourselves"]
    assert bounce.data["about"] in {one.key for one in ours}


def test_a_mail_is_lowered_when_health_recovers_and_answered_by_an_agent(team: Team) -> None:
    servers, word = team.servers, uuid4().hex
    send(servers, letter(f"Down {word}", "The core is down.", to=team.address))
    team.until(lambda: _notices(team, word))
    ticket = _case_of(team, word)
    team.health("available", 20)
    (reply,) = team.until(lambda: arrived(servers, "kim@customer.example", word))
    assert reply["Subject"].startswith(f"Re: Down {word} [")
    assert reply.get_body(("plain",)).get_content().split() == ["The", "core", "is", "back."]
    assert team.case(ticket)["severity"] == "3"
    # An agent answers from the team's own mailbox: the answer lies in the folder of sent mails.
    mine = letter(f"Re: Down {word}", "We have found it.", by=team.address, to="kim@customer.example",
                  References=_first_id(team, word))  # fmt: skip
    with servers.imap_client(team.address) as imap:
        imap.append("Sent", "", "", mine.as_bytes())
    team.until(lambda: team.case(ticket)["clocks"][0]["state"] == "met")


def _events(team: Team, ticket: str) -> list[Any]:
    with closing(connect(team.servers, team.address)) as connector:
        return list(connector.fetch(ticket).events)


def _case_of(team: Team, word: str) -> str:
    with closing(connect(team.servers, team.address)) as connector:
        opened = [event for event in all_events(connector) if event.kind == "opened"]
    return next(event.subject for event in opened if word in str(event.data["facts"])).partition(":")[2]


def _first_id(team: Team, word: str) -> str:
    return str(arrived(team.servers, team.address, f"Down {word}")[0]["Message-ID"])


def _notices(team: Team, word: str) -> list[Any]:
    ticket = eventually(lambda: _case_of_or_none(team, word))
    return arrived(team.servers, "alice@desk.example", ticket)


def _case_of_or_none(team: Team, word: str) -> str | None:
    try:
        return _case_of(team, word)
    except StopIteration:
        return None
