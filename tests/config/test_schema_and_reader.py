"""Reader and schema judge alike: values that are known to be right or wrong, and whatever else is put anywhere."""

import copy
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from casewarden.config import keys
from casewarden.config.amounts import BODY, KEEP, POLL, SIZES, UNITS
from casewarden.config.read_settings import read_settings
from casewarden.config.schema import between, config_schema
from casewarden.config.settings import Settings
from casewarden.ruleset.diagnostics import Diagnostics
from support.editor_view import YAMLError, editor_view

VALIDATOR = Draft7Validator(config_schema())
SECRETS = [{"env": "DESK_TOKEN"}, {"file": "desk.token"}]
NO_SECRETS = ["hunter2", {}, {"env": "desk-token"}, {"env": "A", "file": "b"}, {"fil": "b"}, ["A"], {"env": ["A"]}]
NAMES = [["one"], ["one", "two_2"]]
NO_NAMES = [[], ["One"], ["one", "one"], "one", [["one"]], {"one": 1}, ["x" * 65]]

# For each key values that are right, and values that are wrong by themselves.
VALUES: dict[str, tuple[list[Any], list[Any]]] = {
    "casewarden": ([1, "1"], [2, "one", [1], True]),
    "store": (
        [
            "sqlite:///casewarden.db",
            "sqlite:////var/lib/case warden/x.db",
            "postgresql://db/cw",
            "postgresql://cw@db.example:5432/cw",
            "postgresql:///cw?host=/run/postgresql",
            "postgresql://cw@[::1]/cw",
            *SECRETS,
        ],
        [
            "casewarden.db",
            "sqlite://",
            "sqlite:///",
            "sqlite:///folder/",
            "sqlite:///:memory:",
            "sqlite:///x.db?mode=ro",
            "sqlite:///file:x",
            "mysql://db/cw",
            "postgres://db/cw",
            "postgresql+psycopg://db/cw",
            "postgresql://cw:hunter2@db/cw",
            "postgresql://db/cw?password=hunter2",
            "postgresql://db",
            "postgresql://db/",
            17,
            *NO_SECRETS,
        ],
    ),
    "go_live": (
        ["2026-12-01T08:00:00+01:00", "2026-12-01 08:00Z", "1970-01-01T00:00:00.5-05:30"],
        ["2026-12-01", "2026-12-01T08:00", "2026-13-01T08:00Z", "1969-12-31T00:00Z", "2026-12-01T25:00Z", "now", 2026],
    ),
    "rulesets": (
        [
            ["a.yaml"],
            ["a.yaml", {"git": "r", "path": "b/c.yaml"}],
            [{"git": "/r", "path": "c.yaml", "revision": "v1.2~3"}, "c.yaml"],
        ],
        [
            "a.yaml",
            [],
            ["a.yaml", "a.yaml"],
            [{"git": "r"}],
            [{"git": "r", "path": "../c.yaml"}],
            [{"git": "r", "path": "/c.yaml"}],
            [{"git": "r", "path": "a/.."}],
            [{"git": "r", "path": "c.yaml", "revision": "--all"}],
            [{"git": "r", "path": "c.yaml", "branch": "main"}],
            [["a.yaml"]],
        ],
    ),
    "personal_data": (
        [{"key": secret} for secret in SECRETS] + [{"key": SECRETS[0], "paths": ["customer.email", "a.b.c_1"]}],
        [{"key": secret} for secret in NO_SECRETS]
        + [{}, {"paths": ["a.b"]}, {"key": SECRETS[0], "paths": ["email"]}, {"key": SECRETS[0], "path": ["a.b"]}],
    ),
    "connectors": (
        [
            {"desk": {"plugin": "files"}},
            {
                "desk": {
                    "plugin": "my-desk_2",
                    "poll_every": "1 second",
                    "rate": "1 per hour",
                    "actions": ["set", "note"],
                }
            },
            {"a": {"plugin": "a", "settings": {"x": [1, {"y": {"env": "A_1"}}], "z": {"file": "f"}, "w": {}}}},
        ],
        [
            {},
            ["desk"],
            {"Desk": {"plugin": "files"}},
            {"desk": {}},
            {"desk": {"plugin": "Files"}},
            {"desk": {"plugin": "files", "poll_every": 10}},
            {"desk": {"plugin": "files", "poll_every": "2 days"}},
            {"desk": {"plugin": "files", "rate": "0 per second"}},
            {"desk": {"plugin": "files", "rate": "1001 per second"}},
            {"desk": {"plugin": "files", "rate": "5 per day"}},
            {"desk": {"plugin": "files", "actions": ["classify"]}},
            {"desk": {"plugin": "files", "actions": []}},
            {"desk": {"plugin": "files", "settings": {}}},
            {"desk": {"plugin": "files", "settings": {"token": {"env": "hunter2"}}}},
            {"desk": {"plugin": "files", "settings": {"deep": [{"url": "https://joe:hunter2@desk.example"}]}}},
        ],
    ),
    "http": (
        [
            {"listen": "0.0.0.0:0"},
            {"listen": "[::1]:65535", "max_body": "100 MB"},
            {"listen": "web-1.example:80", "max_body": "1 kB", "ingest": {"shop": {"secret": {"env": "SHOP"}}}},
        ],
        [
            {},
            {"listen": "8420"},
            {"listen": "localhost:65536"},
            {"listen": "local host:80"},
            {"max_body": "101 MB"},
            {"max_body": "1 mb"},
            {"max_body": 1000000},
            {"ingest": {}},
            {"ingest": {"Shop": {"secret": {"env": "SHOP"}}}},
            {"ingest": {"shop": {"secret": "hunter2"}}},
            {"ingest": {"shop": {}}},
            {"port": 80},
        ],
    ),
    "shadow": (["everything", *NAMES], ["all", True, *(one for one in NO_NAMES)]),
    "caps": (
        [{"per_rule": 1}, {"per_case": 20, "in_all": 1_000_000, "ping_pong": 1000}],
        [{}, {"per_rule": 0}, {"in_all": 1_000_001}, {"ping_pong": 1001}, {"per_case": "many"}, {"per_day": 5}, 500],
    ),
    "retention": (
        [{"decisions": "forever"}, {"dull_decisions": "1 day", "delivered": "36500 days"}, {"decisions": "24 hours"}],
        [{}, {"decisions": "23 hours"}, {"decisions": "never"}, {"delivered": "36501 days"}, {"delivered": "1 days"}],
    ),
    "customers": (["customers.yaml", "folder"], [[], ["a"], {"a": "b"}, " "]),
    "partitions": ([1, 16, 4096], [0, 4097, "many", [16]]),
    "log_level": (sorted(keys.LOG_LEVELS), ["loud", True, ["info"]]),
}
REQUIRED = keys.FILE.required


def read(text: str) -> tuple[Settings | None, Diagnostics]:
    return read_settings(Path("casewarden.yaml"), read=lambda _: text.encode())


def agree(data: Any) -> bool:
    """Whether both accept it; they must not differ."""
    found, diagnostics = read(json.dumps(data))
    problems = list(VALIDATOR.iter_errors(data))
    assert (found is None) == bool(problems), (data, [item.message for item in diagnostics.items], problems)
    return found is not None


def sound() -> dict[str, Any]:
    return {key: copy.deepcopy(right[-1]) for key, (right, _) in VALUES.items()}


def test_every_key_has_values() -> None:
    assert set(VALUES) == set(keys.FILE.names)


@pytest.mark.parametrize("key", VALUES)
def test_right_values_are_taken_and_wrong_ones_refused(key: str) -> None:
    right, wrong = VALUES[key]
    for value in right:
        assert agree(sound() | {key: value}), value
    for value in wrong:
        assert not agree(sound() | {key: value}), value


@pytest.mark.parametrize("key", VALUES)
def test_what_may_be_left_out(key: str) -> None:
    data = sound()
    del data[key]
    assert agree(data) == (key not in REQUIRED)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_reader_schema_and_truth_agree(data: st.DataObject) -> None:
    chosen: dict[str, Any] = {}
    fine = True
    for key, (right, wrong) in VALUES.items():
        what = data.draw(st.sampled_from(["right"] * 8 + ["wrong", "absent"]), label=key)
        if what == "absent":
            fine = fine and key not in REQUIRED
            continue
        chosen[key] = data.draw(st.sampled_from(right if what == "right" else wrong))
        fine = fine and what == "right"
    if not chosen:
        return
    has_http = isinstance(chosen.get("http"), dict) and "ingest" in chosen["http"]
    assert agree(chosen) == (fine and ("connectors" in chosen or has_http))


ODD = st.one_of(
    st.sampled_from(
        ["", " ", "everything", "yes", "1", "forever", "10 seconds", "sqlite:///x", "set", "a.b", "x" * 70]
    ),
    st.integers(-5, 5_000),
    st.sampled_from(
        [[], {}, ["a"], {"env": "A"}, {"file": "f"}, {"a": "b"}, [["a"]], [1, "a"]]
    ),  # not 1 and "1": a name for both
)


@given(st.integers(), st.lists(ODD, min_size=1, max_size=3))
@settings(max_examples=300, deadline=None)
def test_reader_and_schema_agree_on_anything_anywhere(seed: int, odd: list[Any]) -> None:
    """Values taken out, exchanged and put into places where they do not belong."""
    chance = random.Random(seed)
    data = {key: copy.deepcopy(chance.choice(right)) for key, (right, _) in VALUES.items()}
    for value in map(copy.deepcopy, odd):
        places = [place for place in _places(data) if place[1] != "ingest"]
        inside, key = chance.choice(places)
        if isinstance(inside, dict) and chance.random() < 0.2:
            inside[chance.choice(["plugin", "key", "env", "paths", "git", "extra"])] = value
        elif isinstance(inside, dict) and chance.random() < 0.2:
            del inside[key]
        else:
            inside[key] = value
    data.setdefault("casewarden", 1)
    agree(data)


def _places(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return [(value, key) for key in value] + [place for item in value.values() for place in _places(item)]
    if isinstance(value, list):
        return [(value, at) for at in range(len(value))] + [place for item in value for place in _places(item)]
    return []


@pytest.mark.parametrize(
    ("key", "units", "bounds"), [("poll_every", UNITS, POLL), ("kept", UNITS, KEEP), ("max_body", SIZES, BODY)]
)
def test_bounds_are_those_of_the_reader_to_the_last_digit(key: str, units: dict[str, int], bounds: Any) -> None:
    for unit, size in units.items():
        for limit in (bounds.low, bounds.high):
            for count in {max(0, limit // size + step) for step in (-1, 0, 1)}:
                plural = "" if key == "max_body" or count == 1 else "s"
                text = f"{count} {unit}{plural}"
                data = sound()
                match key:
                    case "poll_every":
                        data["connectors"] = {"desk": {"plugin": "files", "poll_every": text}}
                    case "kept":
                        data["retention"] = {"decisions": text}
                    case _:
                        data["http"] = {"max_body": text}
                assert agree(data) == (bounds.low <= count * size <= bounds.high), text


@given(st.integers(1, 20_000), st.integers(0, 20_000), st.integers(0, 60_000))
def test_a_pattern_for_numbers_holds_those_numbers(low: int, width: int, number: int) -> None:
    pattern = re.compile(between(low, low + width))
    for one in (low - 1, low, low + width, low + width + 1, number):
        assert (pattern.fullmatch(str(one)) is not None) == (low <= one <= low + width)


@pytest.mark.parametrize("seed", range(150))
def test_what_is_broken_is_told_and_where_nothing_is_told_the_schema_agrees(seed: int) -> None:
    """Lines of the example taken out, doubled, exchanged and cut."""
    chance = random.Random(seed)
    lines = EXAMPLE.splitlines()
    for _ in range(chance.randint(1, 3)):
        place, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        line = lines[place]
        match chance.randrange(4):
            case 0:
                lines[place] = line[: chance.randrange(len(line) + 1)]
            case 1:
                lines[place], lines[other] = lines[other], line
            case 2:
                lines.insert(other, line)
            case _:
                at = chance.randrange(len(line) + 1)
                lines[place] = line[:at] + chance.choice("{}[]:,-#'\" \t\0é%&*!|>") + line[at:]
    text = "\n".join(lines) + "\n"
    found, _ = read(text)
    if found is not None:
        try:
            view = editor_view(text)
        except YAMLError:
            return
        assert list(VALIDATOR.iter_errors(view)) == []


EXAMPLE = """\
casewarden: 1
store: sqlite:///casewarden.db
go_live: 2026-12-01T08:00:00+01:00
rulesets:
  - rules/acme/acme.yaml
  - {git: /srv/rules, revision: main, path: acme/acme.yaml}
connectors:
  desk:
    plugin: files
    poll_every: 10 seconds
    rate: 10 per second
    actions: [set, close, reply]
    settings: {inbox: inbox, outbox: outbox.jsonl}
http:
  listen: 127.0.0.1:8420
  max_body: 1 MB
  ingest:
    shop: {secret: {env: SHOP_SECRET}}
shadow: [rule_a, rule_b]      # or `everything`
caps: {per_rule: 500, per_case: 20, in_all: 5000, ping_pong: 5}
retention: {dull_decisions: 30 days, decisions: forever, delivered: 400 days, trials: 90 days}
personal_data: {key: {file: casewarden.key}, paths: [contact.email, contact.name]}
customers: customers.yaml
partitions: 16
log_level: info
"""


def test_the_example_is_sound_to_both() -> None:
    found, diagnostics = read(EXAMPLE)
    assert diagnostics.items == ()
    assert found is not None
    assert list(VALIDATOR.iter_errors(editor_view(EXAMPLE))) == []


def test_the_schema_explains_every_key() -> None:
    Draft7Validator.check_schema(VALIDATOR.schema)
    for known in keys.ALL:
        assert all(entry.about.endswith(".") for entry in known.entries)
        assert known.about.endswith((".", "`forever`."))
