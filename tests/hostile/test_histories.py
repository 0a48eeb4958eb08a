"""Histories, tables, mappings and scenario tests made to hurt: told, bounded, never obeyed by a terminal or page."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from support.hostile import HISTORY, MAPPING, RULESET, SCENARIOS, TABLE, casewarden, inside

STEERS = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e"
WRITTEN = "\\e]0;owned\\a\\e[2J\\u009b31m\\u202e"
MARKUP = "<script>alert(1)</script>"
REPLAY = ("replay", "--ruleset", "tiny.yaml", "--jobs", "1")
EXPLAIN = ("--ruleset", "tiny.yaml")
LINES = ("--history", "history.jsonl")
ROWS = ("--history", "table.csv", "--map", "mapping.yaml")


def event(**more: Any) -> str:
    sound = {"subject": "case:1", "kind": "message", "at": "2026-03-02T12:00:00Z", "by": "agent", "key": "z"}
    return json.dumps(sound | more) + "\n"


def observed(**facts: Any) -> str:
    return event(kind="observed", data={"facts": {f"case.{name}": value for name, value in facts.items()}})


HISTORIES: dict[str, tuple[str | bytes, int]] = {
    "steering_subject": (event(kind="opened", subject=f"case:{STEERS}"), 0),
    "steering_source": (event(source=STEERS), 0),
    "steering_key": (event(key=STEERS) + event(key=STEERS, kind="resolved"), 0),
    "steering_person": (event(who=[STEERS]), 0),
    "steering_kind": (event(kind=STEERS), 1),
    "steering_instant": (event(at=STEERS), 1),
    "steering_field": (event(**{STEERS: 1}), 1),
    "steering_fact": (observed(number=STEERS, words=STEERS), 0),
    "surrogate_subject": (event(subject="case:\ud800"), 1),
    "surrogate_fact": (observed(number="\udfff"), 1),
    "surrogate_pair": (observed(number="\U0001f600"), 0),
    "nul_bytes": (b"\0\0\0\n", 1),
    "year_0": (event(at="0000-01-01T00:00:00Z"), 1),
    "year_1": (event(at="0001-01-01T00:00:00+14:00"), 1),
    "year_9999": (event(at="9999-12-31T23:59:59Z"), 1),
    "no_such_date": (event(at="2026-02-30T11:00:00Z"), 1),
    "naive": (event(at="2026-03-02T11:00:00"), 1),
    "no_such_offset": (event(at="2026-03-02T11:00:00+99:99"), 1),
    "deep": ("[" * 100_000 + "\n", 1),
    "deep_fact": (event(data={"x": 0}).replace("0}", "[" * 50_000 + "]" * 50_000 + "}"), 1),
    "digits": (f'{{"n": {"9" * 5_000}}}\n', 1),
    "infinite": (event(sequence=0).replace(": 0", ": 1e999"), 1),
    "long_line": ('{"a": "' + "x" * 3_000_000 + '"}\n', 1),
    "many_bad_lines": ("{\n" * 20_000, 1),
    "latin_1": (b'{"a": "\xe9"}\n', 1),
    "markup": (observed(number=MARKUP, words=MARKUP), 0),
    "template": (observed(number="{{ 7*7 }}{% for %}"), 0),
    "rich_markup": (event(kind="[/nope]"), 1),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_a_hostile_line_costs_no_more_than_itself(name: str, tmp_path: Path) -> None:
    extra, code = HISTORIES[name]
    with inside(tmp_path):
        data = extra if isinstance(extra, bytes) else extra.encode()
        Path("history.jsonl").write_bytes(HISTORY.encode() + data)
        answer = casewarden(*REPLAY, *LINES)
        assert answer.code == code, answer.text
        assert code == 0 or "history.jsonl:3:" in answer.text
        summary = json.loads(Path("out/summary.json").read_text(encoding="utf-8"))
        assert summary["clocks"][0]["met"] == 1
        assert MARKUP not in Path("out/report.html").read_text(encoding="utf-8")
        assert casewarden(*REPLAY, *LINES, "--format", "json", "--mode", "happened").code == code
        for more in ((), ("--clock", "response"), ("--rule", "greet", "--format", "json")):
            assert casewarden("explain", "1", *EXPLAIN, *LINES, *more).code == 0
        assert casewarden("explain", STEERS, *EXPLAIN, *LINES).code in {0, 2}
        assert casewarden("explain", "none", *EXPLAIN, *LINES).code == 2


def test_what_is_inserted_into_a_message_is_plain_text(tmp_path: Path) -> None:
    with inside(tmp_path):
        Path("history.jsonl").write_text(HISTORY.replace("T-7", "{{ 7*7 }}"), encoding="utf-8")
        assert casewarden(*REPLAY, *LINES).code == 0
        assert "49" not in Path("out/decisions.jsonl").read_text(encoding="utf-8").replace("149", "")


TABLES: dict[str, tuple[str, str | bytes, int]] = {
    "no_such_zone": (MAPPING.replace("Europe/Zurich", "Moon/Sea"), TABLE, 2),
    "percent_format": (MAPPING.replace("YYYY-MM-DD HH:mm", '"%s%n"'), TABLE, 2),
    "steering_column": (MAPPING.replace("case: id", f'case: "{WRITTEN}"'), TABLE, 2),
    "steering_heading": (MAPPING, TABLE.replace("id,", "\x1b[31mid,"), 2),
    "steering_cell": (MAPPING, TABLE.replace("10:00,2026", f"{STEERS},2026"), 1),
    "twice": (MAPPING, TABLE.replace("id,changed", "id,id"), 2),
    "short_row": (MAPPING, f"{TABLE}1\n", 1),
    "open_quotes": (MAPPING, TABLE + '"1,2026\n' * 1_000, 1),
    "no_such_date": (MAPPING, TABLE.replace("2026-03-02 10:00", "2026-02-30 10:00"), 1),
    "in_the_gap": (MAPPING, TABLE.replace("2026-03-02 10:00", "2026-03-29 02:30"), 0),
    "utf_16": (MAPPING, TABLE.encode("utf-16"), 2),
    "utf_16_without_mark": (MAPPING, TABLE.encode("utf-16-be"), 2),
    "empty": (MAPPING, "", 2),
    "huge_cell": (MAPPING, TABLE.replace("7,late", "9" * 3_000_000 + ",late"), 1),
    "carriage_returns": (MAPPING, TABLE.replace("\n", "\r"), 2),
    "markup": (MAPPING, TABLE.replace("1,2026-03-02 10", f"{MARKUP},2026-03-02 10"), 0),
    "no_array": (MAPPING.replace("csv", "json"), "{}", 2),
    "deep_array": (MAPPING.replace("csv", "json"), "[" * 100_000, 2),
    "wrong_rows": (MAPPING.replace("csv", "json"), '[1, null, {"id": [1]}, {"id": {}, "changed": 7}]', 1),
    "surrogates": (MAPPING.replace("csv", "json"), '[{"id": "\\ud800"}]', 2),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_hostile_table_or_mapping_is_told(name: str, tmp_path: Path) -> None:
    mapping, table, code = TABLES[name]
    with inside(tmp_path):
        Path("mapping.yaml").write_text(mapping, encoding="utf-8")
        Path("table.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
        answer = casewarden(*REPLAY, *ROWS)
        assert answer.code == code, answer.text
        assert code == 0 or "table.csv" in answer.text or "mapping.yaml" in answer.text
        if code != 2:
            assert MARKUP not in Path("out/report.html").read_text(encoding="utf-8")
        casewarden("explain", "1", *EXPLAIN, *ROWS)
        assert casewarden("explain", "none", *EXPLAIN, *ROWS).code == 2
        assert casewarden("check", "mapping.yaml").code in {0, 1}


TESTS = {
    "steering_name": SCENARIOS.replace("answered:", f'"{WRITTEN}":'),
    "steering_value": SCENARIOS.replace("case.core: down", f'case.words: "{WRITTEN}"').replace(
        "{clocks: {response: met}}", "{case.words: x}"
    ),
    "ruleset_is_a_pipe": SCENARIOS.replace("tiny.yaml", "pipe"),
    "ruleset_is_a_device": SCENARIOS.replace("tiny.yaml", "/dev/zero"),
    "ruleset_is_itself": SCENARIOS.replace("tiny.yaml", "tiny.test.yaml"),
    "no_such_zone": SCENARIOS.replace("zone: UTC", "zone: Moon/Sea"),
    "no_such_date": SCENARIOS.replace("Mon 2026-03-02 10:00", "2026-02-30 10:00"),
    "year_1": SCENARIOS.replace("Mon 2026-03-02 10:00", "0001-01-01 00:00"),
    "year_9999": SCENARIOS.replace("Mon 2026-03-02 11:00", "9999-12-31 23:59"),
    "deep": SCENARIOS.replace("{by: agent}", "[" * 200),
}


@pytest.mark.parametrize("name", TESTS)
def test_a_hostile_scenario_test_fails_or_is_refused(name: str, tmp_path: Path) -> None:
    with inside(tmp_path):
        os.mkfifo("pipe")
        Path("tiny.test.yaml").write_text(TESTS[name], encoding="utf-8")
        for more in (("-v",), ("--format", "json", "--junit", "j.xml"), ("--coverage",)):
            assert casewarden("test", "tiny.test.yaml", *more).code in {1, 2}
        casewarden("check", "tiny.test.yaml")
        casewarden("fmt", "--diff", "tiny.test.yaml")


@pytest.mark.parametrize("name", ["pipe", "/dev/zero", "."])
def test_a_history_that_never_ends_is_refused(name: str, tmp_path: Path) -> None:
    with inside(tmp_path):
        os.mkfifo("pipe")
        assert casewarden(*REPLAY, "--history", name).code == 2
        assert casewarden("explain", "1", *EXPLAIN, "--history", name).code == 2
        assert casewarden(*REPLAY, "--history", name, "--map", "mapping.yaml").code == 2
        assert casewarden("test", name).code == (0 if name == "." else 2)  # a folder is searched for tests


EVERY_MINUTE = "when: {case.core: down}, repeat: {every: 1 minute, first: at_once},"
"""What a rule says that wakes more often than anything needs."""


def restless(folder: Path) -> None:
    text = RULESET.replace("when: {case.core: down},", EVERY_MINUTE)
    (folder / "tiny.yaml").write_text(text, encoding="utf-8")


def test_a_repeat_every_minute_of_a_day_comes_to_an_end(tmp_path: Path) -> None:
    with inside(tmp_path):
        restless(tmp_path)
        assert casewarden(*REPLAY, *LINES, "--until", "2026-03-03T10:00Z").code == 0


def test_a_repeat_every_minute_of_ten_years_is_cut_short_and_the_other_cases_go_on(tmp_path: Path) -> None:
    with inside(tmp_path):
        restless(tmp_path)
        other = HISTORY.replace("case:1", "case:2").replace("down", "available")
        Path("history.jsonl").write_text(HISTORY.replace("2026-", "2016-", 1) + other, encoding="utf-8")
        answer = casewarden(*REPLAY, *LINES)
        assert answer.code == 1
        assert "CW815" in answer.text
        assert "`case:1` is cut short at 2016-03-" in answer.text
        assert "for the rule `greet` (tiny.yaml:" in answer.text
        assert "let `greet` repeat less often than every 1 minute, or let its condition end" in answer.text
        assert "history.jsonl:1:1" in answer.text
        assert "1 case cut short" in answer.text
        summary = json.loads(Path("out/summary.json").read_text(encoding="utf-8"))
        assert (summary["cases"], summary["broken_off"], summary["clocks"][0]["met"]) == (2, 1, 1)


def test_a_scenario_test_over_ten_years_of_minutes_fails_with_the_rule_and_its_place(tmp_path: Path) -> None:
    with inside(tmp_path):
        restless(tmp_path)
        Path("tiny.test.yaml").write_text(SCENARIOS.replace("Mon 2026-03-02 11", "2036-03-02 11"), encoding="utf-8")
        answer = casewarden("test", "tiny.test.yaml")
        assert answer.code == 1
        assert "is cut short at 2026-03-" in answer.text
        assert "`greet` (tiny.yaml:" in answer.text
        assert "let `greet` repeat less often than every 1 minute" in answer.text
