"""Running the command line on hostile input, and what must hold of every answer whatever the input was."""

import os
import re
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from click.testing import CliRunner

from casewarden.cli import app

PATIENCE = 60
"""Seconds after which a command counts as hanging: a detector, a hundred times what the slowest one takes."""

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

RULESET = """\
casewarden: 1
ruleset: tiny
revision: {from: 2020-01-01, binds: all_cases}
defaults:
  calendar: office
  language: en
  days: {mode: end_of_day, origin: date}
  boundary: closing
  on_change: {severity: keep, plan: keep, contract: keep}
calendars:
  office: {zone: UTC, open: {mon-fri: 09:00-17:00}, holidays: none}
fields:
  case:
    core: {type: choice, of: [down, degraded, available]}
    words: {type: text}
clocks:
  response: {clause: [T-1], starts: case_opened, stops: agent_reply, target: 4 business hours}
rules:
  greet: {clause: [T-1], when: {case.core: down}, then: [reply: hello]}
messages:
  hello: {en: "Hello {{ case.number }}"}
"""

SCENARIOS = """\
casewarden_test: 1
ruleset: tiny.yaml
zone: UTC
tests:
  answered:
    given: {case.core: down, case.number: T-7}
    timeline:
      - at: Mon 2026-03-02 10:00
        opened: {by: customer}
        expect: {clocks: {response: {state: running, due: Mon 2026-03-02 14:00}}}
      - at: Mon 2026-03-02 11:00
        message: {by: agent}
        expect: {clocks: {response: met}}
"""

HISTORY = """\
{"subject":"case:1","kind":"opened","at":"2026-03-02T10:00:00Z","by":"customer","key":"a","data":{"facts":{"case.core":"down","case.number":"T-7"}}}
{"subject":"case:1","kind":"message","at":"2026-03-02T11:00:00Z","by":"agent","key":"b","data":{"public":true}}
"""

MAPPING = """\
casewarden_mapping: 1
format: csv
source: desk
case: id
written: changed
dates: {format: YYYY-MM-DD HH:mm, zone: Europe/Zurich}
missing: ["?"]
opened: {at: opened, facts: {case.status: new}}
fields:
  case.status: {column: state, type: choice, values: {New: new, Work: open, Done: resolved}}
  case.number: number
entries:
  - {kind: resolved, column: state, to: [Done]}
final: [verdict]
recorded: {verdict: {column: verdict, clocks: [response], met: [ok], missed: [late]}}
"""

TABLE = """\
id,changed,opened,state,number,verdict
1,2026-03-02 09:05,2026-03-02 09:00,New,7,late
1,2026-03-02 10:00,2026-03-02 09:00,Done,7,ok
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command printed, on both streams, and its exit code."""

    code: int
    text: str


class HangsError(Exception):
    """A command took longer than anybody would wait."""


@contextmanager
def impatiently(seconds: int = PATIENCE) -> Iterator[None]:
    """Break off what hangs, also in a system call that waits for ever."""

    def ring(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        raise HangsError(f"longer than {seconds} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def casewarden(*arguments: str | Path, stdin: bytes | None = None) -> Answer:
    """Run a command in this process as on a terminal, and assert what every answer owes its reader.

    An exit code of the convention, no exception, and no character that steers a terminal.
    """
    with impatiently():
        result = CliRunner().invoke(app, [str(one) for one in arguments], input=stdin, color=True)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise AssertionError(f"{arguments}: {type(result.exception).__name__}") from result.exception
    answer = Answer(result.exit_code, result.output)
    decent(answer, arguments)
    return answer


def decent(answer: Answer, arguments: Sequence[str | Path]) -> None:
    """Assert what holds of every answer."""
    assert answer.code in {0, 1, 2}, (arguments, answer)
    assert "Traceback" not in answer.text, (arguments, answer.text[-2000:])
    found = _CONTROLS.search(answer.text)
    assert found is None, (arguments, answer.text[max(0, found.start() - 80) : found.end() + 80])


@contextmanager
def inside(folder: Path) -> Iterator[Path]:
    """Run what follows in a folder with a sound file of every kind."""
    before = Path.cwd()
    furnish(folder)
    os.chdir(folder)
    try:
        yield folder
    finally:
        os.chdir(before)


def furnish(folder: Path) -> None:
    """Write a sound file of every kind."""
    for name, text in (
        ("tiny.yaml", RULESET),
        ("tiny.test.yaml", SCENARIOS),
        ("history.jsonl", HISTORY),
        ("mapping.yaml", MAPPING),
        ("table.csv", TABLE),
    ):
        (folder / name).write_text(text, encoding="utf-8")
