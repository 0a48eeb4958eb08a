"""Which rules clash, which loop, and which only look so."""

from pathlib import Path
from typing import cast

import pytest

from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.load import load_text
from casewarden.ruleset.nodes import Node, read_yaml
from casewarden.ruleset.plain import plain

FILE = Path(__file__).parent / "together.yaml"
CASES = cast("dict[str, list[str]]", plain(cast("Node", read_yaml(FILE.read_bytes(), FILE.name, Diagnostics()))))
HEAD = """\
casewarden: 1
ruleset: together
revision: {from: 2026-01-01, binds: new_cases}
defaults:
  calendar: office
  language: en
  days: {mode: end_of_day, origin: next_opening}
  boundary: closing
  on_change: {severity: keep, plan: keep, contract: keep}
people: [support, desk]
close_reasons: [solved, deferred]
calendars:
  office: {zone: UTC, open: 24x7, holidays: none}
plans:
  silver: {calendar: office, commitment: slo}
  gold: {calendar: office, commitment: slo}
fields:
  case:
    x: {type: choice, of: [a, b, c]}
    y: {type: choice, of: [a, b, c]}
    n: {type: integer}
    sure: {type: yes_no}
  links.defect:
    status: {type: choice, of: [filed, resolved, deferred]}
events:
  mail: {kind: message, by: customer}
  answer: {kind: message, by: agent}
  by_desk: {kind: message, by: desk}
  call: {kind: call, by: customer}
  x_is_a: {becomes: {case.x: a}}
guards:
  open_defect: {clause: [X], forbids: close, while: {links.defect: {some: {status: {not: [resolved, deferred]}}}}}
rules:
"""


def codes(rules: str) -> list[str]:
    text = HEAD + "".join(f"  r{n}: {{clause: [X], {rule}}}\n" for n, rule in enumerate(rules.strip().splitlines()))
    return [item.code for item in load_text(text)[1].items if item.level == "error"]


@pytest.mark.parametrize("rules", CASES["clash"])
def test_rules_that_can_clash(rules: str) -> None:
    assert codes(rules) == ["CW601"]


@pytest.mark.parametrize("rules", CASES["no_clash"])
def test_rules_that_cannot_clash(rules: str) -> None:
    assert codes(rules) == []


@pytest.mark.parametrize("rules", CASES["never_end"])
def test_rules_that_never_end(rules: str) -> None:
    assert "CW602" in codes(rules)


@pytest.mark.parametrize("rules", CASES["come_to_rest"])
def test_rules_that_come_to_rest(rules: str) -> None:
    assert "CW602" not in codes(rules)
