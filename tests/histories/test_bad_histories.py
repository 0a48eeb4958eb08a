"""Bad histories: every line gets its fate, every problem its code and line; the rest is processed, nothing raises."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.cli import app
from casewarden.model.instants import parse_instant
from casewarden.ruleset.diagnostics import Level
from casewarden.scenario.grouping import grouped
from casewarden.scenario.history import Extent, HistoryError, JsonLines, parse
from casewarden.scenario.rows import Fate, RowReport
from casewarden.scenario.wire import EventError

PRESENT = parse_instant("2026-06-01T00:00:00Z")
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
calendars: {office: {zone: UTC, open: {mon-fri: 09:00-17:00}, holidays: none}}
clocks:
  response: {clause: [T-1], starts: case_opened, stops: agent_reply, target: 4 business hours}
"""


def line(key: str, kind: str = "message", at: str = "2026-03-02T10:00:00Z", **more: Any) -> str:
    """One sound line, unless told otherwise."""
    return json.dumps({"subject": "case:1", "kind": kind, "at": at, "by": "agent", "key": key} | more)


def read(path: Path) -> tuple[RowReport, list[tuple[str, list[str]]]]:
    """The report, and the keys of the events of each subject in their order."""
    report = RowReport()
    source = JsonLines(path, PRESENT, name="h.jsonl")
    groups = list(grouped(source.rows(report, Extent())))
    found = [source.read(group, report) for group in groups]
    return report, [(history.subject, [event.key for event in history.events]) for history in found]


OPENED = line("1", "opened")
CASES: list[tuple[str, str, Fate, Level]] = [
    ("{not json", "CW801", Fate.REFUSED, Level.ERROR),
    ("[1, 2]", "CW801", Fate.REFUSED, Level.ERROR),
    ('{"a": NaN}', "CW801", Fate.REFUSED, Level.ERROR),
    ("[" * 100_000, "CW801", Fate.REFUSED, Level.ERROR),
    ('{"subject": "case:1", "subject": "case:1"}', "CW801", Fate.REFUSED, Level.ERROR),
    ('{"n": ' + "9" * 5_000 + "}", "CW801", Fate.REFUSED, Level.ERROR),
    ('{"kind": "opened"}', "CW802", Fate.REFUSED, Level.ERROR),
    (line("2", extra=1), "CW803", Fate.REFUSED, Level.ERROR),
    (line("2", sequence="1"), "CW804", Fate.REFUSED, Level.ERROR),
    (line("2", "massage"), "CW805", Fate.REFUSED, Level.ERROR),
    (line("2", at="2026-03-02T10:00:00"), "CW806", Fate.REFUSED, Level.ERROR),
    (line("2", at="2026-13-02T10:00:00Z"), "CW807", Fate.REFUSED, Level.ERROR),
    (OPENED, "CW808", Fate.DUPLICATE, Level.NOTE),
    (line("1", "resolved"), "CW809", Fate.DUPLICATE, Level.WARNING),
    (line("2", at="2026-06-01T00:00:01Z"), "CW810", Fate.REFUSED, Level.ERROR),
    (line("2", seen_at="2026-03-02T09:59:59Z"), "CW810", Fate.REFUSED, Level.ERROR),
    (line("2", at="2026-03-01T10:00:00Z"), "CW811", Fate.USED, Level.NOTE),
    ("x" * 1_000_001, "CW813", Fate.REFUSED, Level.ERROR),
    (line("2", "decided"), "CW814", Fate.ENGINE, Level.NOTE),
]


@pytest.mark.parametrize(
    ("bad", "code", "fate", "level"), CASES, ids=[f"{place}-{case[1]}" for place, case in enumerate(CASES)]
)
def test_a_bad_line_is_told_with_its_place_and_the_rest_is_processed(
    tmp_path: Path, bad: str, code: str, fate: Fate, level: Level
) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text(f"{OPENED}\n\n{bad}\n{line('9', at='2026-03-02T12:00:00Z')}\n", encoding="utf-8")
    report, found = read(path)
    assert report.total == 4
    assert report.fates[Fate.BLANK] == 1
    assert report.fates[fate] >= 1
    problem = next(one for one in report.diagnostics() if one.code == code)
    assert problem.level is level
    assert (problem.place.file, problem.place.line) == ("h.jsonl", 3)
    assert found[0][1][-1] == "9"
    assert "1" in found[0][1]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_history_of_another_encoding_is_refused_by_the_name_of_that(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "h.jsonl"
    path.write_bytes(f"{OPENED}\n{line('2')}\n".encode(encoding))
    with pytest.raises(HistoryError, match=f"^the file is {encoding[:6].upper()}, not UTF-8$") as caught:
        read(path)
    assert (caught.value.code, caught.value.fix) == ("CW816", "save it as UTF-8")


def test_bytes_that_are_not_utf_8_cost_their_line_only(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    path.write_bytes(OPENED.encode() + b'\n{"subject": "caf\xe9"}\n' + line("2").encode())
    report, found = read(path)
    assert report.by_reason == {"CW816": 1}
    assert found == [("case:1", ["1", "2"])]


def test_a_case_without_an_opening_is_told(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text(line("2"), encoding="utf-8")
    report, _ = read(path)
    assert [problem.code for problem in report.diagnostics()] == ["CW812"]


def test_order_of_the_file_makes_no_difference(tmp_path: Path) -> None:
    lines = [OPENED, line("2", at="2026-03-02T11:00:00Z"), line("3", at="2026-03-02T12:00:00Z")]
    path = tmp_path / "h.jsonl"
    orders = []
    for order in (lines, lines[::-1]):
        path.write_text("\n".join(order), encoding="utf-8")
        orders.append(read(path)[1])
    assert orders[0] == orders[1] == [("case:1", ["1", "2", "3"])]


def test_many_problems_are_counted_and_a_few_shown(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text("{\n" * 5_000, encoding="utf-8")
    report, _ = read(path)
    assert report.by_reason == {"CW801": 5_000}
    assert len(report.diagnostics()) == 12
    assert report.unshown() == {"CW801": 4_988}


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_a_history_that_cannot_be_opened_is_one_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(HistoryError) as caught:
        read(tmp_path / name)
    assert caught.value.code == "CW800"


@given(st.binary(max_size=300))
@settings(max_examples=200)
def test_any_bytes_are_read_or_refused_as_a_whole(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "h.jsonl"
    path.write_bytes(data)
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data
    with contextlib.suppress(*([HistoryError] if wide else [])):  # refused as a whole for its encoding
        report, _ = read(path)
        lines = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
        assert report.total == lines


def replay(tmp_path: Path, history: str, *more: str) -> tuple[int, str]:
    """The exit code and all that was printed."""
    (tmp_path / "r.yaml").write_text(RULESET, encoding="utf-8")
    (tmp_path / "h.jsonl").write_text(history, encoding="utf-8")
    arguments = ["replay", "--ruleset", str(tmp_path / "r.yaml"), "--history", str(tmp_path / "h.jsonl")]
    result = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "out"), *more])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_the_command_ends_with_1_where_rows_were_refused_and_with_0_where_none_was(tmp_path: Path) -> None:
    code, output = replay(tmp_path, f"{OPENED}\n{{\n{line('2', data={'public': True})}\n")
    assert code == 1
    assert "CW801" in output
    assert "h.jsonl:2:1" in output
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["rows"]["refused"] == 1
    assert summary["rows"]["used"] == 2
    assert summary["clocks"][0]["met"] == 1
    assert replay(tmp_path, f"{OPENED}\n")[0] == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--until", "tomorrow"), "is not an instant"),
        (("--until", "2026-03-02T10:00"), "has no offset"),
        (("--map", "nowhere.yaml"), "nowhere.yaml"),
        (("--history", "nowhere.jsonl"), "nowhere.jsonl"),
        (("--ruleset", "nowhere.yaml"), "nowhere.yaml"),
    ],
)
def test_what_cannot_be_read_ends_with_2(tmp_path: Path, more: tuple[str, ...], said: str) -> None:
    code, output = replay(tmp_path, OPENED, *more)
    assert code == 2
    assert said in output
    assert "Traceback" not in output


def test_a_folder_that_cannot_be_written_ends_with_2(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, output = replay(tmp_path, OPENED, "--out", str(tmp_path / "file"))
    assert code == 2
    assert "cannot be written" in output


def test_what_is_learnt_after_the_end_is_left_out(tmp_path: Path) -> None:
    reply = line("2", at="2026-03-02T12:00:00Z", data={"public": True})
    replay(tmp_path, f"{OPENED}\n{reply}\n", "--until", "2026-03-02T11:00:00Z")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["rows"]["later"] == 1
    assert summary["clocks"][0]["going_on"] == 1


def test_texts_of_a_history_are_never_markup(tmp_path: Path) -> None:
    nasty = '<script>alert("x")</script>'
    subject = f"case:{nasty}"
    opened = line("1", "opened", subject=subject, data={"facts": {"case.subject": nasty}})
    reply = line("2", at="2026-03-02T12:00:00Z", subject=subject, data={"public": True}, who=[nasty])
    replay(tmp_path, f"{opened}\n{reply}\n{line(nasty, nasty)}\n")
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http" not in page.replace("http-equiv", "")


def test_a_key_given_twice_among_very_many_is_found_at_once() -> None:
    many = ", ".join(f'"{number}": 0' for number in range(60_000))
    with pytest.raises(EventError, match="`59999` is given twice in one object"):
        parse(f'{{{many}, "59999": 1}}', strict=True)


def test_a_place_has_its_line_where_there_are_several() -> None:
    with pytest.raises(EventError, match=r"^line 2, column 3: "):
        parse('{"a": 1,\n  b}')
