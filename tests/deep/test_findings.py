"""What `casewarden check --deep` says of small rulesets whose faults are known, and how it ends."""

import json
from itertools import combinations, product
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.analysis.deep import check_deep
from casewarden.cli import app
from casewarden.ruleset.diagnostics import Diagnostic, Diagnostics, Level
from casewarden.ruleset.load import load_text
from support.rulefiles import ROOT
from support.small import text_of

BAD = ROOT / "tests" / "rulefiles" / "bad"
STARTER = ROOT / "rules" / "starter" / "starter.yaml"


def found(sections: str, code: str) -> list[Diagnostic]:
    """The findings with a code on a small ruleset, which must be sound otherwise."""
    ruleset, loaded = load_text(text_of(sections))
    assert ruleset is not None, [item.message for item in loaded.items]
    diagnostics = Diagnostics()
    check_deep(ruleset, diagnostics)
    return [item for item in diagnostics.items if item.code == code]


ENTERPRISE = """
fields:
  case:
    affected: {type: choice, of: [majority, some, few]}
    workaround: {type: yes_no}
    business_hit: {type: yes_no}
    revenue_hit: {type: yes_no}
severity:
  clause: [V]
  levels: {1: Urgent, 2: High, 3: Normal, 4: Low}
  until_classified: reported
  hit: unique
  otherwise: person
  table:
    - {when: {case.affected: majority, case.workaround: no, case.business_hit: yes}, gives: 1}
    - {when: {case.affected: majority, case.workaround: yes, case.revenue_hit: yes}, gives: 2}
    - {when: {case.affected: majority, case.workaround: yes, case.revenue_hit: no}, gives: 3}
"""
# whether an impact on the business that is limited leaves out one on revenue too
LIMITED = {
    16: "    - {when: {case.affected: few, case.business_hit: no, case.revenue_hit: no}, gives: 4}\n",
    14: "    - {when: {case.affected: few, case.business_hit: no}, gives: 4}\n",
}


@pytest.mark.parametrize("gaps", [16, 14])
def test_the_combinations_that_four_definitions_leave_open_are_counted_in_both_readings(gaps: int) -> None:
    [finding] = found(ENTERPRISE + LIMITED[gaps], "CW510")
    assert finding.level is Level.NOTE
    assert finding.message.startswith(f"no row decides {gaps} of the 24 combinations")
    assert "For example {case.affected: some, " in finding.message


cells = st.fixed_dictionaries(
    {"case.core": st.lists(st.sampled_from(["down", "degraded", "available"]), min_size=1, max_size=3, unique=True)},
    optional={"case.workaround": st.sampled_from([["yes"], ["no"]]), "case.defect": st.sampled_from([["yes"], ["no"]])},
)
POOLS = {
    "case.core": ("down", "degraded", "available"),
    "case.workaround": ("yes", "no"),
    "case.defect": ("yes", "no"),
}


@settings(max_examples=40, deadline=None)
@given(st.lists(cells, min_size=1, max_size=3))
def test_gaps_are_counted_as_trying_all_counts_them(rows: list[dict[str, list[str]]]) -> None:
    table = "".join(
        "    - {when: {" + ", ".join(f"{path}: [{', '.join(v)}]" for path, v in row.items()) + "}, gives: 1}\n"
        for row in dict.fromkeys(map(json.dumps, rows))
        for row in [json.loads(row)]
    )
    paths = list(dict.fromkeys(path for row in rows for path in row))
    every = [dict(zip(paths, values, strict=True)) for values in product(*(POOLS[path] for path in paths))]
    open_ = [case for case in every if not any(all(case[p] in v for p, v in row.items()) for row in rows)]
    head = "severity:\n  clause: [X]\n  levels: {1: One}\n  until_classified: 1\n  hit: first\n  otherwise: person\n"
    ruleset, loaded = load_text(text_of(f"{head}  table:\n{table}"))
    if ruleset is None:  # a row that is never reached, which the plain check refuses
        assert {item.code for item in loaded.items if item.level is Level.ERROR} == {"CW502"}
        return
    diagnostics = Diagnostics()
    check_deep(ruleset, diagnostics)
    said = [item.message for item in diagnostics.items if item.code == "CW510"]
    assert len(said) == bool(open_)
    assert all(text.startswith(f"no row decides {len(open_)} of the {len(every)} combinations") for text in said)


LEVELS = """
severity:
  clause: [X]
  levels: {1: One, 2: Two, 3: Three}
  until_classified: 3
  hit: first
  otherwise: 3
  table:
    - {when: {case.core: down}, gives: 1}
    - {when: {case.core: degraded}, gives: 2}
clocks:
  answer: {clause: [X], starts: case_opened, stops: agent_reply, targets_by_severity: {TARGETS}}
"""


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ("1: 1 business hour, 2: 2 business hours, 3: best_effort", []),
        ("1: best_effort, 2: best_effort, 3: 24 business hours", ["1 has best_effort", "2 has best_effort"]),
        ("1: none, 2: best_effort, 3: none", ["1 has none, 2 has best_effort"]),
        ("1: 2 business hours, 2: 1 business hour, 3: 3 business hours", ["1 has 2 business hours, 2 has 1 business"]),
        # nine open hours are a day: 10 hours end a day later than one day does, if they begin late enough
        ("1: 9 business hours, 2: 1 business day, 3: 2 business days", []),
        ("1: 10 business hours, 2: 1 business day, 3: 3 business days", ["1 has 10 business hours, 2 has 1 business"]),
        ("1: 1 elapsed day, 2: 24 elapsed hours, 3: 2 elapsed days", []),
        ("1: per_contract, 2: 1 business hour, 3: 2 business hours", []),
        ("1: {per_contract: 3 business hours}, 2: 1 business hour, 3: 4 business hours", ["1 has 3 business hours"]),
    ],
)
def test_targets_that_get_worse(targets: str, said: list[str]) -> None:
    findings = found(LEVELS.replace("TARGETS", targets), "CW512")
    assert bool(findings) == bool(said)
    for finding in findings:
        assert [text in finding.message for text in said] == [True] * len(said)


def test_a_graver_case_that_is_served_round_the_clock_does_not_wait_longer() -> None:
    plans = """
plans:
  gold: {calendar: {1: always, 2: office, 3: office}, commitment: slo}
"""
    defaults = """
defaults:
  calendar: office
  language: en
  plan: gold
  days: {mode: end_of_day, origin: next_opening}
  boundary: closing
  on_change: {severity: keep, plan: keep, contract: keep}
"""
    targets = "1: 3 business hours, 2: 2 business hours, 3: 10 business hours"
    [finding] = found(plans + defaults + LEVELS.replace("TARGETS", targets), "CW512")
    assert "opened " in finding.message  # at nine in the morning, say, two office hours are over first
    targets = "1: 2 business hours, 2: 2 business hours, 3: 10 business hours"
    assert found(plans + defaults + LEVELS.replace("TARGETS", targets), "CW512") == []


CLOCK = """
events:
  recovers: {becomes: {case.core: available}}
  asked_then_told: {all: [customer_message, told]}
  told: {kind: message, by: automation, template: TEMPLATE}
  goes_on: {clock: answer, turns: resumed}
clocks:
  answer: {clause: [X], starts: case_opened, stops: agent_reply, target: 2 business hours}
  probe: {clause: [X], starts: STARTS, stops: STOPS, target: 2 business hours, applies_if: {case.core: APPLIES}}
rules:
  hears: {clause: [X], each: asked_then_told, then: [reply: hello]}
  sees: {clause: [X], each: recovers, then: [note: hello]}
  waits: {clause: [X], each: goes_on, then: [note: hello]}
"""


@pytest.mark.parametrize(
    ("starts", "stops", "applies", "template", "said"),
    [
        ("case_opened", "recovers", "[down, available]", "hello", None),
        ("case_opened", "recovers", "down", "hello", "can never stop: wherever `recovers` happens its `applies_if`"),
        ("case_opened", "told", "down", "hello", None),
        ("case_opened", "told", "down", "bye", "can never stop: no rule sends the message that `told` waits for"),
        ("asked_then_told", "agent_reply", "down", "bye", "can never start: no rule sends"),
        ("case_opened", "goes_on", "down", "hello", "can never stop: `goes_on` waits for a pause of `answer`"),
        ("case_opened", "case_classified", "down", "hello", "can never stop: `case_classified` needs a severity"),
    ],
)
def test_clocks_that_cannot_run_their_course(
    starts: str, stops: str, applies: str, template: str, said: str | None
) -> None:
    words = {"STARTS": starts, "STOPS": stops, "APPLIES": applies, "TEMPLATE": template}
    text = CLOCK
    for word, value in words.items():
        text = text.replace(word, value)
    messages = [item.message for item in found(text, "CW623") if "`probe`" in item.message]
    assert len(messages) == (said is not None)
    assert said is None or said in messages[0]


GREETING = """
messages:
  hello: {en: Hello., de: Hallo.}
  bye: {en: Bye.}
rules:
  greets: {clause: [X], each: case_opened, then: [reply: hello]}
  parts: {clause: [X], each: case_resolved, then: [ACTION]}
"""


@pytest.mark.parametrize(("action", "count"), [("reply: bye", 1), ("note: bye", 0)])
def test_only_what_customers_read_needs_their_language(action: str, count: int) -> None:
    assert len(found(GREETING.replace("ACTION", action), "CW625")) == count


def test_what_takes_too_long_is_said_to_be_undecided() -> None:
    paths = ["case.a", "case.b", "case.c", "case.d", "case.e"]
    fields = "".join(f"    {path[5:]}: {{type: choice, of: [one, two, three, four]}}\n" for path in paths)
    same = ", ".join(f"{{{left}: {{same_as: {right}}}}}" for left, right in combinations(paths, 2))
    rules = f"rules:\n  probe: {{clause: [X], when: {{not: {{any: [{same}]}}}}, then: [note: hello]}}\n"
    ruleset, _ = load_text(text_of(f"fields:\n  case:\n{fields}{rules}"))
    assert ruleset is not None
    codes = []
    for steps in (10, 10_000):
        diagnostics = Diagnostics()
        check_deep(ruleset, diagnostics, steps)
        codes.append([item.code for item in diagnostics.items])
    assert codes == [["CW626"], ["CW624"]]  # four values cannot all differ at five paths


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["check", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--deep", str(STARTER)], 0),
        (["--deep", "--strict", str(STARTER)], 0),
        (["--deep", str(BAD / "CW620_overruled.yaml")], 0),
        (["--deep", "--strict", str(BAD / "CW620_overruled.yaml")], 1),
        (["--deep", "--strict", str(BAD / "CW626_too_many_combinations.yaml")], 0),
        (["--strict", str(BAD / "CW620_overruled.yaml")], 0),
        (["--deep", str(BAD / "CW303_unknown_name.yaml")], 1),
        (["--deep", str(BAD / "CW102.yaml")], 2),
    ],
)
def test_the_exit_code_of_deep_checks(arguments: list[str], code: int) -> None:
    assert run(*arguments)[0] == code


def test_json_and_sarif_carry_what_is_found() -> None:
    path = str(BAD / "CW622_ring.yaml")
    problems = json.loads(run("--deep", path, "--format", "json")[1])
    log = json.loads(run("--deep", path, "--format", "sarif")[1])
    assert [item["code"] for item in problems] == ["CW622"]
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == ["CW622"]
    assert Path(problems[0]["place"]["file"]).name == "CW622_ring.yaml"


def test_the_same_file_gives_the_same_text_twice() -> None:
    path = str(ROOT / "tests" / "rulefiles" / "good" / "everything.yaml")
    assert run("--deep", path) == run("--deep", path)
