"""Loops between rules of ours and those that the helpdesk runs by itself, which are only read."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from casewarden.analysis.deep import check_deep
from casewarden.cli import app
from casewarden.ruleset.diagnostics import Diagnostic, Diagnostics
from casewarden.ruleset.load import load_text
from casewarden.ruleset.syntax import Ruleset
from support.small import text_of

CORE = "fields: {case: {core: {type: choice, of: [down, up]}, note: {type: text}}}\n"
OURS = "rules: {ours: {clause: [O], when: {case.core: down}, then: [set: {case.core: up}]}}"
RISES = "events: {rises: {becomes: {case.core: up}}}\n"


def ruleset(sections: str, name: str = "small") -> Ruleset:
    found, diagnostics = load_text(text_of(sections).replace("ruleset: small", f"ruleset: {name}"), f"{name}.yaml")
    assert found is not None, [item.message for item in diagnostics.items]
    return found


def found(ours: str, theirs: str) -> list[Diagnostic]:
    diagnostics = Diagnostics()
    check_deep(ruleset(ours), diagnostics, neighbours=[ruleset(theirs, "helpdesk")])
    return [item for item in diagnostics.items if item.code in ("CW622", "CW626", "CW627")]


@pytest.mark.parametrize(
    "theirs",
    [
        "rules: {back: {clause: [T], when: {case.core: up}, then: [set: {case.core: down}]}}",
        RISES + "rules: {back: {clause: [T], each: rises, then: [set: {case.core: down}]}}",
    ],
)
def test_a_rule_that_sets_back_what_ours_set_is_a_loop(theirs: str) -> None:
    [finding] = found(CORE + OURS, CORE + theirs)
    assert finding.code == "CW627"
    assert "`ours` -> `helpdesk/back` -> `ours`" in finding.message
    assert finding.place.file == "small.yaml"
    assert [place.file for place, _ in finding.related] == ["helpdesk.yaml"]


@pytest.mark.parametrize(
    "theirs",
    [
        "rules: {other: {clause: [T], when: {case.core: up}, then: [set: {case.note: seen}]}}",
        "rules: {same: {clause: [T], when: {case.core: up}, then: [set: {case.core: up}]}}",
        "rules: {told: {clause: [T], each: agent_reply, then: [set: {case.core: down}]}}",
    ],
)
def test_a_rule_that_sets_nothing_back_is_none(theirs: str) -> None:
    assert [item.code for item in found(CORE + OURS, CORE + theirs) if item.code == "CW627"] == []


def test_a_field_of_another_type_there_is_not_decided() -> None:
    theirs = "fields: {case: {core: {type: text}}}\n"
    rule = "rules: {back: {clause: [T], when: {case.core: up}, then: [set: {case.core: down}]}}"
    [finding] = found(CORE + OURS, theirs + rule)
    assert finding.code == "CW626"
    assert "`case.core` has another type there" in finding.message


def test_a_guard_of_ours_does_not_hold_the_helpdesk_back() -> None:
    guard = "guards: {open: {clause: [G], forbids: close, while: {case.core: up}}}\nclose_reasons: [over]\n"
    ours = "rules: {ours: {clause: [O], when: {case.status: closed}, then: [reopen: same_ticket_only]}}"
    theirs = "close_reasons: [over]\nrules: {shut: {clause: [T], when: {case.status: open}, then: [close: over]}}"
    codes = [item.code for item in found(CORE + guard + ours, CORE + theirs)]
    assert "CW627" in codes


def test_neighbours_go_with_deep_and_must_be_sound(tmp_path: Path) -> None:
    ours, broken = tmp_path / "ours.yaml", tmp_path / "broken.yaml"
    ours.write_text(text_of(CORE + OURS), encoding="utf-8")
    broken.write_text("casewarden: 1\n", encoding="utf-8")
    alone = CliRunner().invoke(app, ["check", str(ours), "--neighbours", str(ours)])
    assert alone.exit_code == 2
    assert "--neighbours goes with --deep" in alone.output
    told = CliRunner().invoke(app, ["check", "--deep", str(ours), "--neighbours", str(broken)])
    assert told.exit_code == 2
    assert "broken.yaml" in told.output
