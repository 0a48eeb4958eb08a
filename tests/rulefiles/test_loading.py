"""Reading whole files: examples, includes, places, digests, and mistakes that must not hide each other."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casewarden.ruleset.diagnostics import Diagnostics, Level
from casewarden.ruleset.load import check_file, load, load_text
from casewarden.ruleset.syntax import FromPath, Ruleset, SetFact
from casewarden.ruleset.terms import All, Duration, FactTest, Is, PerContract, Unit, Within
from support.rulefiles import sketch

GOOD = Path(__file__).parent / "good"
EVERYTHING = (GOOD / "everything.yaml").read_text(encoding="utf-8")
MESSAGES = (GOOD / "included" / "messages.yaml").read_text(encoding="utf-8")
SMALL = """\
casewarden: 1
ruleset: small
revision: {from: 2026-01-01, binds: new_cases}
defaults:
  calendar: office
  language: en
  days: {mode: end_of_day, origin: next_opening}
  boundary: closing
  on_change: {severity: keep, plan: keep, contract: keep}
calendars:
  office: {zone: Europe/Zurich, open: {mon-fri: 08:00-17:00}, holidays: none}
fields:
  case:
    core: {type: choice, of: [down, degraded, available]}
rules:
  first: {clause: [X-1], when: {case.core: down}, then: [note: hello]}
messages:
  hello: {en: "Hello {{ case.number }}"}
"""


def files(texts: dict[str, str]) -> Callable[[Path], bytes]:
    """A reader of files that exist in this dict only."""

    def read(path: Path) -> bytes:
        if path.as_posix() not in texts:
            raise FileNotFoundError(path)
        return texts[path.as_posix()].encode()

    return read


def errors(diagnostics: Diagnostics) -> list[tuple[str, int, int]]:
    return [(i.code, i.place.line, i.place.column) for i in diagnostics.items if i.level is Level.ERROR]


def loaded(text: str) -> Ruleset:
    ruleset, diagnostics = load_text(text)
    assert ruleset is not None, [(str(item.place), item.message) for item in diagnostics.items]
    return ruleset


def test_everything_loads_with_each_of_its_readings() -> None:
    readable, diagnostics = check_file(GOOD / "everything.yaml")
    assert readable
    assert [item.code for item in diagnostics.items] == ["CW705"]


@pytest.mark.parametrize("name", ["kissflow.yaml", "vendor.yaml"])
def test_the_sketches_of_policies_load(shared_dir: Path, tmp_path: Path, name: str) -> None:
    assert shared_dir.is_dir()
    readable, diagnostics = check_file(sketch(name, tmp_path))
    assert readable
    assert errors(diagnostics) == []


def test_the_third_sketch_sets_a_field_that_it_does_not_declare(shared_dir: Path, tmp_path: Path) -> None:
    assert shared_dir.is_dir()
    ruleset, diagnostics = load(sketch("workato.yaml", tmp_path))
    assert ruleset is None
    assert [code for code, _, _ in errors(diagnostics)] == ["CW304"]
    assert "`summary`" in diagnostics.items[0].message


def test_the_example_of_the_language_page_loads(shared_dir: Path) -> None:
    page = (shared_dir / "design" / "language.md").read_text(encoding="utf-8")
    ruleset = loaded(page.split("```yaml")[1].split("```")[0])
    response = ruleset.clocks["initial_response"]
    assert response.targets.at("extended_sla", "1") == Within(Duration(1, Unit.HOURS, "business"))
    assert response.targets.at("custom", "1") == PerContract(None)
    rule = ruleset.rules["lower_severity_when_core_recovers"]
    assert isinstance(rule.when, All)
    held = rule.when.parts[1]
    assert isinstance(held, FactTest)
    assert (held.path.text, held.test, held.held) == (
        "service.core.health",
        Is(("available",)),
        Duration(15, Unit.MINUTES),
    )
    assert ruleset.interpretations["A11"].others["started_quarters"] == {"credits/late_response/count": "started"}


def test_values_have_the_declared_types() -> None:
    ruleset, _ = load(GOOD / "everything.yaml")
    assert ruleset is not None
    values = {a.path.text: a.value for a in ruleset.rules["all_actions"].then if isinstance(a, SetFact)}
    assert values["case.reply_count"] == 4
    assert str(values["case.load"]) == "0.5"
    assert values["case.outage"] == 45 * 60_000_000
    assert values["case.event_date"] == 1_774_940_400_000_000  # 2026-03-31 07:00 UTC
    assert values["case.installed"] == "2.0"
    assert isinstance(values["case.opened_as"], FromPath)


def test_every_leaf_knows_its_place() -> None:
    ruleset = loaded(SMALL)
    when = ruleset.rules["first"].when
    assert isinstance(when, FactTest)
    assert when.place is not None
    assert (when.place.line, when.place.column) == (16, 33)


@pytest.mark.states("G1")
def test_one_bad_element_does_not_hide_another() -> None:
    text = SMALL.replace("case.core: down", "case.cor: down").replace("open: {mon-fri: 08:00-17:00}", "open: 24x8")
    text = text.replace("binds: new_cases", "binds: all").replace("case.number", "case.nmber")
    _, diagnostics = load_text(text)
    assert [code for code, _, _ in errors(diagnostics)] == ["CW204", "CW409", "CW304", "CW304"]


@pytest.mark.states("G6")
def test_an_include_adds_its_elements_and_keeps_its_places() -> None:
    main = SMALL.replace("messages:", "include: [parts/more.yaml]\nmessages:")
    more = "casewarden: 1\nrules:\n  second: {clause: [X-2], each: case_opened, then: [note: helo]}\n"
    ruleset, diagnostics = load(Path("a/main.yaml"), read=files({"a/main.yaml": main, "a/parts/more.yaml": more}))
    assert ruleset is None
    assert [str(item.place) for item in diagnostics.items] == ["a/parts/more.yaml:3:59"]
    fixed = more.replace("helo", "hello")
    ruleset, _ = load(Path("a/main.yaml"), read=files({"a/main.yaml": main, "a/parts/more.yaml": fixed}))
    assert ruleset is not None
    assert list(ruleset.rules) == ["first", "second"]
    assert ruleset.files == ("a/main.yaml", "a/parts/more.yaml")


def test_a_file_included_in_two_ways_is_read_once() -> None:
    main = SMALL.replace("messages:", "include: [b.yaml, ./x/../b.yaml]\nmessages:")
    ruleset, diagnostics = load(Path("m.yaml"), read=files({"m.yaml": main, "b.yaml": "casewarden: 1\n"}))
    assert ruleset is not None, diagnostics.items


def test_a_missing_include_is_told_where_it_is_named() -> None:
    main = SMALL.replace("messages:", "include: [gone.yaml]\nmessages:")
    _, diagnostics = load(Path("m.yaml"), read=files({"m.yaml": main}))
    assert errors(diagnostics) == [("CW100", 17, 11)]


def test_files_that_cannot_be_opened_are_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path, Path("nul\0.yaml")):
        readable, diagnostics = check_file(path)
        assert not readable
        assert [item.code for item in diagnostics.items] == ["CW100"]


def test_the_digest_is_of_the_meaning_alone() -> None:
    base = loaded(SMALL).digest
    assert loaded(SMALL.replace("rules:", "# a remark\n\nrules:")).digest == base
    assert loaded(SMALL.replace("{clause: [X-1],", "{note: a note, clause: [X-1],")).digest == base
    sections = SMALL.split("rules:\n")
    rules, messages = sections[1].split("messages:\n")
    assert loaded(f"{sections[0]}messages:\n{messages}rules:\n{rules}").digest == base
    assert loaded(SMALL.replace("down}, then", "degraded}, then")).digest != base
    assert loaded(SMALL.replace("Hello", "Good day")).digest != base
    assert loaded(SMALL.replace("X-1", "X-2")).digest != base


@pytest.mark.states("I3")
def test_other_readings_are_tried_on_request() -> None:
    ruleset, _ = load(GOOD / "everything.yaml", readings={"A11": "wall_clock", "A1": "utc"})
    assert ruleset is not None
    assert ruleset.credits["late_response"].for_each == Duration(15, Unit.MINUTES, "elapsed")
    assert ruleset.calendars["office"].spec.zone == "UTC"
    with pytest.raises(KeyError, match="no reading `none`"):
        load(GOOD / "everything.yaml", readings={"A11": "none"})


@pytest.mark.states("I2")
def test_an_element_on_an_open_reading_is_known_as_such() -> None:
    ruleset, _ = load(GOOD / "everything.yaml")
    assert ruleset is not None
    assert ruleset.is_open(ruleset.channels["forum"].cited)
    assert not ruleset.is_open(ruleset.channels["email"].cited)


LINES = EVERYTHING.splitlines()
TOKENS = [
    "yes",
    "no",
    "1",
    "75%",
    "case.core",
    "down",
    "2 business days",
    "{}",
    "[]",
    '""',
    "none",
    "{{ x }}",
    "ä",
    "all",
]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_damage_to_a_file_raises(data: st.DataObject) -> None:
    """Lines lost, repeated, exchanged, words replaced: always diagnostics, and a ruleset exactly without errors."""
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(1, len(lines) - 2))
        match data.draw(st.sampled_from(["lose", "repeat", "exchange", "token", "indent"])):
            case "lose":
                del lines[at]
            case "repeat":
                lines.insert(at, lines[data.draw(st.integers(1, len(lines) - 1))])
            case "exchange":
                other = data.draw(st.integers(1, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case "indent":
                lines[at] = "  " + lines[at]
            case _:
                head, colon, _ = lines[at].partition(": ")
                lines[at] = head + colon + data.draw(st.sampled_from(TOKENS))
    texts = {"everything.yaml": "\n".join(lines) + "\n", "included/messages.yaml": MESSAGES}
    ruleset, diagnostics = load(Path("everything.yaml"), read=files(texts))
    assert (ruleset is None) == diagnostics.has_errors
    again, twice = load(Path("everything.yaml"), read=files(texts))
    assert twice.items == diagnostics.items
    assert ruleset is None or again is None or ruleset.digest == again.digest


def test_a_field_may_have_the_name_of_a_remark() -> None:
    more = (
        "    note: {type: text}\n  customer:\n    note: what the directory says\n    clause: {type: yes_no}\nrules:\n"
    )
    text = SMALL.replace("rules:\n", more).replace("{case.core: down}", "{case.note: x, customer.clause: yes}")
    ruleset = loaded(text)
    assert list(ruleset.fields) == ["case.core", "case.note", "customer.clause"]


def test_what_a_record_cites_is_checked() -> None:
    _, diagnostics = load_text(SMALL.replace("  case:\n", "  case:\n    interpretation: [A1]\n    note: []\n"))
    assert [code for code, _, _ in errors(diagnostics)] == ["CW303", "CW203"]


def test_long_chains_of_events_are_no_problem() -> None:
    chain = "".join(f"  e{i}: {{any: [e{i + 1}]}}\n" for i in range(1500))
    text = SMALL.replace("messages:", f"events:\n{chain}  e1500: {{any: [e0]}}\nmessages:")
    _, diagnostics = load_text(text)
    assert [code for code, _, _ in errors(diagnostics)] == ["CW307"]


def test_names_are_the_same_whatever_the_order_of_sections() -> None:
    head, rules = SMALL.split("rules:\n")
    for order in itertools.permutations(
        ["rules:\n" + rules.split("messages:")[0], "messages:" + rules.split("messages:")[1]]
    ):
        loaded(head + "".join(order))
