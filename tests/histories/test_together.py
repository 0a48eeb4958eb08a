"""A replay over subjects that have to do with each other: services that cases watch, quotas that cases share."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from casewarden.decide import Compiled, compile_ruleset
from casewarden.model.instants import parse_instant
from casewarden.ruleset.load import load
from casewarden.scenario.grouping import grouped
from casewarden.scenario.history import Extent, JsonLines
from casewarden.scenario.linked import LinkedSubjects
from casewarden.scenario.record import decision_line
from casewarden.scenario.replay import Part, Replay, Setting
from casewarden.scenario.rows import Fate, RowReport
from casewarden.scenario.run import Mode

RULESET = Path(__file__).parents[1] / "linked" / "linked.yaml"
END = parse_instant("2026-07-31T00:00:00Z")


def opened(case: str, at: str, customer: str | None, plan: str = "basic", **more: Any) -> dict[str, Any]:
    facts = {"case.plan": plan} if customer is None else {"case.plan": plan, "customer.id": customer}
    return {"subject": case, "kind": "opened", "at": at, "by": "customer", "key": "1", "data": {"facts": facts}} | more


def health(at: str, word: str, service: str = "service:core", **more: Any) -> dict[str, Any]:
    facts = {f"{service.replace(':', '.')}.health": word}
    row = {"subject": service, "kind": "observed", "at": at, "by": "automation", "key": at, "data": {"facts": facts}}
    return row | more


HISTORY = [
    opened("case:1", "2026-07-06T08:00:00Z", "acme"),
    opened("case:2", "2026-07-20T08:00:00Z", "acme"),
    opened("case:3", "2026-07-06T08:15:00Z", "zeta"),
    opened("case:4", "2026-07-06T09:00:00Z", None),
    opened("case:5", "2026-07-06T12:00:00Z", "mond", "gold"),
    health("2026-07-06T08:30:00Z", "down"),
    health("2026-07-06T09:30:00Z", "available"),
    health("2026-07-07T09:30:00Z", "down", "service:other"),
]


@pytest.fixture
def ruleset(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The ruleset of the linked subjects, or the same without its quota."""
    if getattr(request, "param", True):
        return RULESET
    text = RULESET.read_text(encoding="utf-8")
    text = text[: text.index("quotas:")] + text[text.index("clocks:") :]
    rule = text[text.index("  tell_over_quota:") : text.index("  tell_of_outage:")]
    (tmp_path / "alone.yaml").write_text(
        text.replace(rule, "").replace(text[text.index("  over_quota:") : text.index("  outage:")], ""),
        encoding="utf-8",
    )
    return tmp_path / "alone.yaml"


def compiled(path: Path) -> Compiled:
    read, found = load(path)
    assert read is not None, found.items
    return compile_ruleset(read)


def written(folder: Path, rows: list[dict[str, Any]]) -> JsonLines:
    (folder / "h.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return JsonLines(folder / "h.jsonl")


def replay(ruleset: Path, source: JsonLines, jobs: int = 1, mode: Mode = Mode.KNOWN, **more: Any) -> tuple[str, Part]:
    total, lines = Part(), []
    for part in Replay(compiled(ruleset), ruleset, source, Setting(mode, END), jobs, **more).parts(Extent()):
        lines.append(part.lines)
        total.absorb(part)
    return "".join(lines), total


def decisions(lines: str) -> Iterator[dict[str, Any]]:
    return map(json.loads, lines.splitlines())


def notes(lines: str, rule: str) -> list[tuple[str, str]]:
    found = ((one["subject"], one["at"], one.get("actions", ())) for one in decisions(lines))
    return [(subject, at) for subject, at, actions in found if any(action["rule"] == rule for action in actions)]


@pytest.mark.parametrize("ruleset", [True, False], indirect=True)
def test_an_outage_is_told_to_each_case_that_was_open_or_opened_during_it(tmp_path: Path, ruleset: Path) -> None:
    lines, _ = replay(ruleset, written(tmp_path, HISTORY))
    assert sorted(notes(lines, "tell_of_outage")) == [
        ("case:1", "2026-07-06T08:30:00Z"),
        ("case:3", "2026-07-06T08:30:00Z"),
        ("case:4", "2026-07-06T09:00:00Z"),
    ]


@pytest.mark.parametrize("mode", list(Mode))
def test_no_case_is_decided_before_it_begins(tmp_path: Path, mode: Mode) -> None:
    lines, _ = replay(RULESET, written(tmp_path, HISTORY), mode=mode)
    first: dict[str, str] = {}
    for one in decisions(lines):
        first.setdefault(one["subject"], one["at"])
    assert {row["subject"]: row["at"] for row in HISTORY if row["kind"] == "opened"}.items() <= first.items()


def test_what_is_not_declared_is_brought_to_no_case(tmp_path: Path) -> None:
    lines, _ = replay(RULESET, written(tmp_path, HISTORY))
    assert {one["subject"] for one in decisions(lines) if one["at"] == "2026-07-07T09:30:00Z"} == {"service:other"}


def test_the_second_case_of_a_customer_is_over_its_quota(tmp_path: Path) -> None:
    lines, total = replay(RULESET, written(tmp_path, HISTORY))
    assert notes(lines, "tell_over_quota") == [("case:2", "2026-07-20T08:00:00Z")]
    last = {one["subject"]: one for one in decisions(lines)}
    assert last["case:1"]["clocks"][0]["target"] == last["case:3"]["clocks"][0]["target"] == "4 business hours"
    assert last["case:2"]["clocks"][0]["target"] == "best_effort"
    assert (total.tally.cases, total.tally.subjects) == (5, 5 + 2 + 3)


def test_a_grant_that_the_history_states_is_not_claimed_again(tmp_path: Path) -> None:
    data = {"quota": "incidents", "occurrence": "1", "place": 1, "word": "within", "window_ends": END}
    grant = {"subject": "case:2", "kind": "granted", "at": "2026-07-20T08:01:00Z", "by": "ourselves", "key": "g"}
    lines, _ = replay(RULESET, written(tmp_path, [*HISTORY, grant | {"data": data}]))
    assert notes(lines, "tell_over_quota") == []


@pytest.mark.parametrize("mode", list(Mode))
def test_it_is_what_comes_of_all_subjects_in_one_virtual_time(tmp_path: Path, mode: Mode) -> None:
    late = health("2026-07-06T11:00:00Z", "down", seen_at="2026-07-06T13:00:00Z")
    source = written(tmp_path, [row for row in [*HISTORY, late] if row["subject"] != "service:other"])
    lines, _ = replay(RULESET, source, mode=mode)
    groups = grouped(source.rows(RowReport(), Extent()))
    logs = {group.subject: source.read(group, RowReport()).events for group in groups}
    expected = [decision_line(one) for run in LinkedSubjects(compiled(RULESET), logs, mode).runs(END)
                for one in run.decisions]  # fmt: skip
    assert sorted(lines.splitlines(keepends=True)) == sorted(expected)


@pytest.mark.parametrize("ruleset", [True, False], indirect=True)
def test_neither_processes_nor_order_nor_memory_change_a_byte(tmp_path: Path, ruleset: Path) -> None:
    one, total = replay(ruleset, written(tmp_path, HISTORY), batch=1)
    assert replay(ruleset, written(tmp_path, HISTORY), jobs=2, batch=1)[0] == one
    assert replay(ruleset, written(tmp_path, HISTORY[::-1]), run_bytes=300, batch=1)[0] == one
    assert total.rows.fates == {Fate.USED: len(HISTORY)}
    assert total.rows.events == len(HISTORY)
