"""The real incident log: every row accounted for, clocks for every incident, nothing read from the future."""

import csv
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from casewarden.decide import compile_ruleset
from casewarden.model.instants import iso, parse_instant
from casewarden.report.summary import agreements
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.load import load
from casewarden.scenario.history import Extent
from casewarden.scenario.mapping_reader import load_mapping
from casewarden.scenario.replay import Part, Replay, Setting
from casewarden.scenario.rows import Fate
from casewarden.scenario.table import open_table

HERE = Path(__file__).parent
FINAL = ("made_sla", "resolved_at", "resolved_by", "closed_at", "closed_code")
READ = ("number", "incident_state", "impact", "urgency", "priority")
HELD = dict.fromkeys(("Awaiting Problem", "Awaiting Vendor", "Awaiting Evidence"), "on hold")
Row = dict[str, str]


@dataclass(frozen=True)
class Result:
    """What a replay came to, with its decisions by incident."""

    part: Part
    text: str
    decisions: dict[str, list[dict[str, Any]]]


def play(history: Path, until: int | None = None, jobs: int = 1) -> Result:
    """Replay a log with the mapping and the ruleset beside this file."""
    ruleset, problems = load(HERE / "ruleset.yaml")
    found = Diagnostics()
    mapping = load_mapping(HERE / "mapping.yaml", found)
    assert ruleset is not None, problems.items
    assert mapping is not None, found.items
    setting = Setting(until=until, compared={record.name: record.clocks for record in mapping.recorded})
    source = open_table(history, mapping, "log.csv", until=until)
    total, text = Part(), ""
    for part in Replay(compile_ruleset(ruleset), HERE / "ruleset.yaml", source, setting, jobs).parts(Extent()):
        total.absorb(part)
        text += part.lines
    decisions: dict[str, list[dict[str, Any]]] = {}
    for line in text.splitlines():
        decision = json.loads(line)
        decisions.setdefault(decision["subject"].removeprefix("case:"), []).append(decision)
    return Result(total, text, decisions)


@pytest.fixture(scope="session")
def log(shared_dir: Path) -> Path:
    return shared_dir / "data" / "incident_event_log.csv"


@pytest.fixture(scope="session")
def rows(log: Path) -> dict[str, list[Row]]:
    """The rows of each incident in the order of time, rows of one instant in the order of the file."""
    found: dict[str, list[Row]] = {}
    with log.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            found.setdefault(row["number"], []).append(row)
    return {number: sorted(own, key=lambda row: when(row["sys_updated_at"])) for number, own in found.items()}


@pytest.fixture(scope="session")
def result(log: Path) -> Result:
    return play(log)


def when(text: str) -> datetime:
    """A time of the log, read as UTC."""
    return datetime.strptime(text, "%d-%m-%Y %H:%M").replace(tzinfo=UTC)


def office_minutes(start: datetime, end: datetime) -> int:
    """Minutes in [start, end) on weekdays from 08:00 to 18:00, date by date."""
    total = 0
    day = start.replace(hour=0, minute=0)
    while day < end:
        if day.weekday() < 5:
            first, last = max(start, day.replace(hour=8)), min(end, day.replace(hour=18))
            total += max(0, int((last - first) / timedelta(minutes=1)))
        day += timedelta(days=1)
    return total


def test_every_row_is_accounted_for(result: Result, rows: dict[str, list[Row]]) -> None:
    expected: Counter[Fate] = Counter()
    for own in rows.values():
        before: Sequence[str] = ()
        for row in own:
            now = [HELD.get(row[column], row[column]) for column in READ]
            expected[Fate.UNCHANGED if now == before else Fate.USED] += 1
            before = now
    assert result.part.rows.fates == expected
    assert result.part.rows.total == sum(len(own) for own in rows.values()) == 5_998
    assert not result.part.rows.has_errors


def test_every_incident_has_a_finished_response_and_resolution_clock(result: Result) -> None:
    assert len(result.decisions) == 890
    for decisions in result.decisions.values():
        states = {clock["clock"]: clock["state"] for clock in decisions[-1]["clocks"]}
        assert states["response"] in {"met", "missed"}
        assert states["resolution"] in {"met", "missed"}


def test_severity_is_the_priority_that_the_source_computed(result: Result, rows: dict[str, list[Row]]) -> None:
    for number, own in rows.items():
        assert result.decisions[number][-1]["severity"] == own[-1]["priority"][0]


def test_clocks_agree_with_plain_arithmetic(result: Result, rows: dict[str, list[Row]]) -> None:
    """For the incidents whose priority never changed: each clock by dates, hours and minutes alone."""
    response = {"1": 60, "2": 120, "3": 240, "4": 600}
    resolution = {"1": 5 * 60, "2": 30, "3": 96 * 60, "4": 96 * 60}
    checked = 0
    for number, own in rows.items():
        if len({row["priority"] for row in own}) > 1:
            continue
        checked += 1
        severity = own[0]["priority"][0]
        opened = min(when(own[0]["opened_at"]), when(own[0]["sys_updated_at"]))
        answered = when(next(row["sys_updated_at"] for row in own if row["incident_state"] != "New"))
        resolved = when(next(row["sys_updated_at"] for row in own if row["incident_state"] == "Resolved"))
        clocks = {clock["clock"]: clock for clock in result.decisions[number][-1]["clocks"]}
        assert clocks["response"]["stopped"] == f"{answered:%Y-%m-%dT%H:%M:%SZ}", number
        assert clocks["resolution"]["stopped"] == f"{resolved:%Y-%m-%dT%H:%M:%SZ}", number
        in_time = office_minutes(opened, answered) <= response[severity]
        assert clocks["response"]["state"] == ("met" if in_time else "missed"), number
        in_time = resolved - opened <= timedelta(minutes=resolution[severity])
        assert clocks["resolution"]["state"] == ("met" if in_time else "missed"), number
    assert checked == 851


def rewritten(log: Path, to: Path, change: Callable[[Row], None]) -> Path:
    """The log with every row changed."""
    with log.open(newline="", encoding="utf-8") as stream, to.open("w", newline="", encoding="utf-8") as out:
        reader = csv.DictReader(stream)
        writer = csv.DictWriter(out, reader.fieldnames or ())
        writer.writeheader()
        for row in reader:
            change(row)
            writer.writerow(row)
    return to


def test_final_values_are_not_read(log: Path, result: Result, tmp_path: Path) -> None:
    def blank(row: Row) -> None:
        row.update(dict.fromkeys(FINAL, "?"))

    def invert(row: Row) -> None:
        row["made_sla"] = "FALSE" if row["made_sla"] == "TRUE" else "TRUE"
        row["resolved_at"] = row["closed_at"] = "01-01-2001 00:00"

    for change in (blank, invert):
        assert play(rewritten(log, tmp_path / "log.csv", change)).text == result.text


@pytest.mark.parametrize("cut", ["2016-03-01T12:00:00Z", "2016-03-10T09:00:00Z"])
def test_what_comes_later_changes_nothing_before(log: Path, result: Result, cut: str) -> None:
    """Decisions up to an instant are the same whether or not the log goes on after it."""
    known = [line for line in result.text.splitlines() if parse_instant(json.loads(line)["at"]) <= parse_instant(cut)]
    assert play(log, parse_instant(cut)).text.splitlines() == known


def test_what_the_source_recorded_is_compared(result: Result, rows: dict[str, list[Row]]) -> None:
    recorded = Counter(own[-1]["made_sla"] for own in rows.values())
    assert recorded == {"TRUE": 495, "FALSE": 395}
    by_clock = {one.clock: one for one in agreements(result.part)}
    for one in by_clock.values():
        assert one.total == 890
        assert one.both_met + one.only_recorded_met == recorded["TRUE"]
        assert one.both_missed + one.only_clock_met == recorded["FALSE"]
        assert one.no_answer == 0
    assert (by_clock["resolution"].agree, by_clock["work"].agree) == (876, 716)


def test_two_processes_give_the_same_bytes(log: Path, result: Result) -> None:
    both = play(log, jobs=2)
    assert both.text == result.text
    assert both.part.tally == result.part.tally
    assert both.part.stories == result.part.stories


def test_decisions_come_in_order_and_wake_when_they_asked_to(result: Result) -> None:
    for decisions in result.decisions.values():
        instants = [parse_instant(decision["at"]) for decision in decisions]
        assert instants == sorted(instants)
        for before, after in pairwise(decisions):
            due = before.get("next_wakeup")
            if due is not None and before["at"] != after["at"]:
                assert parse_instant(after["at"]) <= parse_instant(due), iso(instants[0])
