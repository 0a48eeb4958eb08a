"""Rulesets, includes, clause files and locks made to hurt, through every command that reads them."""

import os
from pathlib import Path

import pytest

from support.hostile import RULESET, casewarden, inside

CONDITION = "{case.core: down}"
HOURS = "{mon-fri: 09:00-17:00}"
STEERS = "\\e]0;owned\\a\\e[2J\\u009b31m\\u202e"  # as YAML writes a window title, a cleared screen, a turned direction
COMMANDS = (
    ("check", "tiny.yaml"),
    ("check", "--format", "json", "tiny.yaml"),
    ("check", "--format", "sarif", "tiny.yaml"),
    ("fmt", "tiny.yaml"),
    ("lock", "tiny.yaml"),
    ("schema", "tiny.yaml"),
    ("test", "tiny.test.yaml"),
    ("replay", "--ruleset", "tiny.yaml", "--history", "history.jsonl", "--jobs", "1"),
    ("explain", "1", "--ruleset", "tiny.yaml", "--history", "history.jsonl"),
    ("worktime", "add", "2026-03-02T10:00Z", "8 hours", "--calendar", "tiny.yaml"),
    ("worktime", "open", "2026-03-02T10:00Z", "--calendar", "tiny.yaml"),
)


def instead(old: str, new: str) -> str:
    assert old in RULESET
    return RULESET.replace(old, new)


def when(condition: str) -> str:
    return instead(f"when: {CONDITION}", f"when: {condition}")


def matching(pattern: str) -> str:
    return when(f"{{case.words: {{matches: '{pattern}'}}}}")


def hello(text: str) -> str:
    return instead("{{ case.number }}", text)


REFUSED: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "CW123"),
    "nul": (b"\0" * 1_000, "CW106"),
    "any_bytes": (bytes(range(256)), "CW104"),
    "utf_16": (RULESET.encode("utf-16"), "CW104"),
    "twice": (f"{RULESET}rules: {{}}\n", "CW107"),
    "bomb": (
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)),
        "CW116",
    ),
    "holds_itself": (f"{RULESET}x: &x {{y: *x}}\n", "CW115"),
    "deep": (f"{RULESET}x: {'[' * 100_000}", "CW117"),
    "deep_condition": (when("{not: " * 3_000 + CONDITION + "}" * 3_000), "CW117"),
    "list": ("- a\n", "CW200"),
    "all_empty": ("casewarden:\nruleset:\nrules:\n", "CW108"),
    "merge": (f"{RULESET}<<: {{a: b}}\n", "CW113"),
    "tag": (f"{RULESET}x: !!python/object/apply:os.system [ls]\n", "CW201"),
    "two_documents": (f"{RULESET}---\n{RULESET}", "CW112"),
    "steering_key": (f'{RULESET}"{STEERS}": 1\n', "CW201"),
    "steering_zone": (instead("zone: UTC", f'zone: "{STEERS}"'), "CW406"),
    "surrogate": (instead("Hello", "\\ud800"), "CW102"),
    "no_such_zone": (instead("zone: UTC", "zone: Mars/Olympus"), "CW406"),
    "zone_as_path": (instead("zone: UTC", "zone: ../../etc/passwd"), "CW406"),
    "endless_zone": (instead("zone: UTC", f"zone: {'A' * 100_000}"), "CW406"),
    "no_such_date": (instead("2020-01-01", "2020-02-30"), "CW407"),
    "year_99999": (instead("2020-01-01", "99999-01-01"), "CW407"),
    "naive": (when("{case.opened_at: {at_least: 2026-01-01 10:00}}"), "CW412"),
    "endless_target": (instead("4 business", "1000000000000000000 business"), "CW410"),
    "endless_digits": (instead("4 business", f"{'9' * 5_000} business"), "CW410"),
    "negative_target": (instead("4 business", "-4 business"), "CW405"),
    "endless_for": (when("{case.core: {is: down, for: 999999999999999 hours}}"), "CW410"),
    "repeated_repeats": (matching("(a{1000}){1000}"), "CW413"),
    "nested_repeats": (matching("(((a{100}){100}){100}){100}"), "CW413"),
    "many_classes": (matching(r"\pN{1000}"), "CW413"),
    "long_pattern": (matching("a?" * 20_000), "CW413"),
    "deep_pattern": (matching("(" * 5_000 + ")" * 5_000), "CW413"),
    "look_ahead": (matching("(?=x)"), "CW413"),
    "attributes": (hello("{{ case.__class__.__mro__ }}"), "CW304"),
    "call": (hello("{{ case.number() }}"), "CW418"),
    "power": (hello("{{ 9**9**9 }}"), "CW418"),
    "loop_in_text": (hello("{% for x in range(10**10) %}x{% endfor %}"), "CW418"),
    "filter": (hello("{{ case.number|upper }}"), "CW418"),
    "no_hours": (instead(HOURS, "{mon: []}"), "CW409"),
    "never_open": (instead(HOURS, "{}"), "CW409"),
    "rules_are_a_number": (instead("rules:\n", "x:\n").replace("  greet", "y: 1\nrules: 7\n#"), "CW203"),
    "loop": (
        instead(
            "  greet: {clause: [T-1], when: {case.core: down}, then: [reply: hello]}",
            "  a: {clause: [T-1], when: {case.core: down}, then: [set: {case.core: degraded}]}\n"
            "  b: {clause: [T-1], when: {case.core: degraded}, then: [set: {case.core: down}]}",
        ),
        "CW602",
    ),
    "includes_itself": (f"{RULESET}include: [tiny.yaml]\n", "CW209"),
    "includes_a_password_file": (f"{RULESET}include: [/etc/passwd]\n", "CW127"),
    "includes_a_device": (f"{RULESET}include: [/dev/zero]\n", "CW127"),
    "includes_a_folder": (f"{RULESET}include: [.]\n", "CW100"),
    "includes_a_pipe": (f"{RULESET}include: [pipe.yaml]\n", "CW100"),
    "includes_a_loop": (f"{RULESET}include: [loop.yaml]\n", "CW100"),
    "includes_a_link_to_a_device": (f"{RULESET}include: [zero.yaml]\n", "CW127"),
    "includes_nul": (f'{RULESET}include: ["a\\0b"]\n', "CW100"),
    "includes_ten_thousand": (f"{RULESET}include: [{', '.join(f'i{n}.yaml' for n in range(10_000))}]\n", "CW210"),
    "clauses_in_a_pipe": (f"{RULESET}clauses: pipe.yaml\n", "CW709"),
    "clauses_in_a_device": (f"{RULESET}clauses: zero.yaml\n", "CW127"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a pipe that nobody writes to, a link to itself and a link to an endless device."""
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    return tmp_path


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_ruleset_is_refused_by_its_code_and_harms_no_command(name: str, folder: Path) -> None:
    text, code = REFUSED[name]
    data = text if isinstance(text, bytes) else text.encode()
    with inside(folder):
        for command in COMMANDS:
            Path("tiny.yaml").write_bytes(data)
            answer = casewarden(*command)
            assert len(answer.text) < 200_000 or command[0] == "schema"
            if command[0] == "check":
                assert answer.code in {1, 2}
                assert code in answer.text
                assert "tiny.yaml" in answer.text or "passwd" in answer.text


SOUND = {
    "regular_repeats": matching("(a+)+$"),
    "open_once": instead(HOURS, "{}, exceptions: {2026-12-24: 09:00-10:00}"),
    "open_no_more": instead(HOURS, "24x7, later: [{from: 2026-02-01, open: {}}]"),
    "a_minute_a_week": instead(HOURS, "{mon: 09:00-09:01}"),
    "through_the_night": instead("09:00-17:00", "17:00-09:00"),
    "thousand_ways": when("{any: [" + ", ".join([CONDITION] * 1_000) + "]}"),
}


@pytest.mark.parametrize("name", SOUND)
def test_an_odd_but_sound_ruleset_comes_to_an_end(name: str, folder: Path) -> None:
    with inside(folder):
        for command in COMMANDS:
            Path("tiny.yaml").write_text(SOUND[name], encoding="utf-8")
            casewarden(*command)


LOCKS = [b"", b"\0", b"{", b"[]", b"a: &a [*a]\n", b"casewarden_lock: 7\nholidays: [1]\n", b"x" * 6_000_000, None]


@pytest.mark.parametrize("data", LOCKS, ids=range(len(LOCKS)))
def test_a_damaged_lock_is_refused_and_written_anew(data: bytes | None, folder: Path) -> None:
    with inside(folder):
        if data is None:
            os.mkfifo("tiny.lock")
        else:
            Path("tiny.lock").write_bytes(data)
        answer = casewarden("check", "tiny.yaml")
        assert answer.code == 1
        assert "CW950" in answer.text
        assert casewarden("replay", *COMMANDS[7][1:]).code == 2
        assert casewarden("lock", "tiny.yaml").code == 0
        assert casewarden("check", "tiny.yaml").code == 0
