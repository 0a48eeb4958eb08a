"""The ruleset and the cases of the figures: N rules of three conditions each over a case of 21 fields.

Everything comes from seeds, so each run and each peer sees the same.
"""

import random
from dataclasses import dataclass

LETTERS = "abcde"
CHOICES = [f"f{index}" for index in range(16)]
NUMBERS = [f"n{index}" for index in range(5)]


@dataclass(frozen=True)
class Drawn:
    """One rule: two choices, each with the values that it accepts, and a number with its lower bound."""

    choices: tuple[tuple[str, tuple[str, ...]], ...]
    number: str
    at_least: int


def drawn(count: int) -> list[Drawn]:
    rules = []
    for index in range(count):
        pick = random.Random(index)
        fields = pick.sample(CHOICES, 2)
        wanted = [tuple(pick.sample(LETTERS, 1 if pick.random() < 0.6 else 2)) for _ in fields]
        rules.append(Drawn(tuple(zip(fields, wanted, strict=True)), pick.choice(NUMBERS), pick.randrange(60, 100)))
    return rules


def case(seed: int) -> dict[str, str | int]:
    pick = random.Random(seed)
    return {**{name: pick.choice(LETTERS) for name in CHOICES}, **{name: pick.randrange(100) for name in NUMBERS}}


def ruleset(rules: list[Drawn], clocks: int = 0) -> str:
    """The text of a ruleset with these rules and so many clocks, which run in business hours by severity."""
    choices = "".join(f"    {name}: {{type: choice, of: [{', '.join(LETTERS)}]}}\n" for name in CHOICES)
    numbers = "".join(f"    {name}: {{type: integer}}\n" for name in NUMBERS)
    return "".join([_HEAD, choices, numbers, _SECTIONS, _clocks(clocks), "rules:\n", *map(_rule, range(10**6), rules)])


def _rule(index: int, rule: Drawn) -> str:
    tests = [f"case.{name}: [{', '.join(wanted)}]" for name, wanted in rule.choices]
    tests.append(f"case.{rule.number}: {{at_least: {rule.at_least}}}")
    then = "[notify: {who: team, message: found}]"
    return f"  r{index}: {{clause: [C-1], when: {{{', '.join(tests)}}}, then: {then}}}\n"


def _clocks(count: int) -> str:
    lines = []
    for index in range(count):
        hours = {level: level * (index + 2) for level in (1, 2, 3)}
        targets = ", ".join(f"{level}: {number} business hours" for level, number in hours.items())
        stops = "agent_reply" if index % 2 else "case_resolved"
        lines.append(
            f"  c{index}: {{clause: [C-1], starts: case_opened, stops: {stops}, targets_by_severity: {{{targets}}}}}\n"
        )
    return "clocks:\n" + "".join(lines) if lines else ""


_HEAD = """\
casewarden: 1
ruleset: generated
revision: {from: 2020-01-01, binds: new_cases}
defaults:
  calendar: office
  language: en
  plan: standard
  days: {mode: end_of_day, origin: next_opening}
  boundary: closing
  on_change: {severity: keep, plan: keep, contract: keep}
people: [team]
calendars:
  office: {clause: [C-1], zone: Europe/Zurich, open: {mon-fri: 08:00-17:00}, holidays: none}
fields:
  case:
"""
_SECTIONS = """\
severity:
  clause: [C-1]
  levels: {1: One, 2: Two, 3: Three}
  until_classified: reported
  hit: unique
  table:
    - {when: {case.f0: a}, gives: 1}
    - {when: {case.f0: [b, c]}, gives: 2}
    - {when: {case.f0: [d, e]}, gives: 3}
plans:
  standard: {calendar: office, commitment: slo}
messages:
  found: {en: "See {{ case.number }}."}
"""
