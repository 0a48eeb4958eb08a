"""Mapping files: what they refuse, and how rows become events."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from casewarden.model.event import Event
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.nodes import read_yaml
from casewarden.scenario.dates import DateFormat, FormatError
from casewarden.scenario.grouping import grouped
from casewarden.scenario.history import Extent, HistoryError
from casewarden.scenario.mapping import TableMapping
from casewarden.scenario.mapping_reader import mapping_of
from casewarden.scenario.rows import Fate, RowReport
from casewarden.scenario.schema import mapping_schema
from casewarden.scenario.table import open_table
from support.editor_view import editor_view, editor_view_of

MAPPING = """\
casewarden_mapping: 1
format: csv
source: desk
case: id
written: changed
dates: {format: YYYY-MM-DD HH:mm, zone: Europe/Zurich}
missing: ["?"]
opened: {at: opened, facts: {case.status: new}}
fields:
  case.status: {column: state, type: choice, values: {New: new, Work: open, Done: resolved}}
  case.vip: {column: vip, type: yes_no, values: {"Y": yes, "N": no}}
  case.size: {column: size, type: integer}
  case.tags: {column: tags, type: set, separator: "|"}
entries:
  - {kind: resolved, column: state, to: [Done]}
  - {kind: reopened, column: state, from: [Done], to: [New, Work]}
final: [verdict]
recorded: {verdict: {column: verdict, clocks: [fix], met: [ok], missed: [late]}}
"""
HEADING = "id,changed,opened,state,vip,size,tags,verdict\n"
ROWS = """\
1,2026-03-02 09:05,2026-03-02 09:00,New,Y,3,a|b,late
1,2026-03-02 09:30,2026-03-02 09:00,Work,Y,3,a|b,late
1,2026-03-02 09:30,2026-03-02 09:00,Work,Y,3,a|b,late
1,2026-03-02 10:00,2026-03-02 09:00,Done,Y,?,b,late
1,2026-03-02 11:00,2026-03-02 09:00,Work,Y,?,b,late
1,2026-03-02 12:00,2026-03-02 09:00,Done,Y,?,b,ok
"""


def mapping(text: str = MAPPING) -> tuple[TableMapping | None, list[str]]:
    """The mapping and the codes of what is wrong with it."""
    found = Diagnostics()
    node = read_yaml(text, "map.yaml", found)
    result = None if node is None else mapping_of(node, found)
    return result, [problem.code for problem in found.items]


def events(tmp_path: Path, table: str, text: str = MAPPING, name: str = "t.csv") -> tuple[list[Event], RowReport]:
    """The events of the table's only case."""
    read, codes = mapping(text)
    assert read is not None, codes
    (tmp_path / name).write_text(table, encoding="utf-8")
    report = RowReport()
    source = open_table(tmp_path / name, read, "t.csv")
    found = [source.read(group, report) for group in grouped(source.rows(report, Extent()))]
    return [event for history in found for event in history.events], report


def test_rows_become_what_changed(tmp_path: Path) -> None:
    found, report = events(tmp_path, HEADING + ROWS)
    assert [(event.kind, dict(event.data)) for event in found] == [
        ("opened", {"facts": {"case.status": "new"}}),
        ("observed", {"facts": {"case.vip": True, "case.size": 3, "case.tags": ["a", "b"]}}),
        ("observed", {"facts": {"case.status": "open"}}),
        ("resolved", {}),
        ("observed", {"facts": {"case.status": "resolved", "case.size": None, "case.tags": ["b"]}}),
        ("reopened", {}),
        ("observed", {"facts": {"case.status": "open"}}),
        ("resolved", {}),
        ("observed", {"facts": {"case.status": "resolved"}}),
    ]
    assert report.fates == {Fate.USED: 5, Fate.DUPLICATE: 1}
    assert (found[0].at, found[0].seen_at) == (1_772_438_400_000_000, 1_772_438_700_000_000)
    assert [event.order for event in found] == sorted(event.order for event in found)


def test_the_source_s_verdict_is_that_of_the_last_row_and_in_no_event(tmp_path: Path) -> None:
    read, _ = mapping()
    assert read is not None
    (tmp_path / "t.csv").write_text(HEADING + ROWS, encoding="utf-8")
    source = open_table(tmp_path / "t.csv", read)
    (group,) = grouped(source.rows(RowReport(), Extent()))
    assert source.read(group, RowReport()).recorded == {"verdict": "met"}


def test_the_same_rows_as_json_lines(tmp_path: Path) -> None:
    columns = HEADING.strip().split(",")
    lines = [dict(zip(columns, row.split(","), strict=True)) for row in ROWS.splitlines()]
    text = "\n".join(str(line).replace("'", '"') for line in lines)
    as_lines, _ = events(tmp_path, text, MAPPING.replace("format: csv", "format: json_lines"))
    as_array, _ = events(tmp_path, f"[{text.replace(chr(10), ',')}]", MAPPING.replace("format: csv", "format: json"))
    assert as_lines == as_array == events(tmp_path, HEADING + ROWS)[0]


BAD_ROWS = [
    ("1,2026-03-02 09:05,,New,Y\n", "CW827", Fate.REFUSED),
    ("?,2026-03-02 09:05,,New,Y,3,a,ok\n", "CW828", Fate.REFUSED),
    ("1,?,,New,Y,3,a,ok\n", "CW831", Fate.REFUSED),
    ("1,02.03.2026,,New,Y,3,a,ok\n", "CW826", Fate.REFUSED),
    ("1,2026-02-30 09:05,,New,Y,3,a,ok\n", "CW826", Fate.REFUSED),
    ("1,2026-03-02 09:05,2026-03-02 09:06,New,Y,3,a,ok\n", "CW829", Fate.USED),
    ("1,2026-03-02 09:05,,Wrok,Y,3,a,ok\n", "CW825", Fate.USED),
    ("1,2026-03-02 09:05,,New,Y,many,a,ok\n", "CW804", Fate.USED),
]


@pytest.mark.parametrize(("row", "code", "fate"), BAD_ROWS)
def test_a_bad_row_is_told_with_its_line(tmp_path: Path, row: str, code: str, fate: Fate) -> None:
    _, report = events(tmp_path, HEADING + row + "1,2026-03-02 13:00,,Work,Y,3,a,ok\n")
    assert report.total == 2
    assert report.fates[fate] >= 1
    problem = next(one for one in report.diagnostics() if one.code == code)
    assert problem.place.line == 2


def test_a_value_that_the_table_lacks_is_kept_as_it_is(tmp_path: Path) -> None:
    found, _ = events(tmp_path, HEADING + "1,2026-03-02 09:05,,Wrok,Y,3,a,ok\n")
    facts = found[1].data["facts"]
    assert isinstance(facts, dict)
    assert facts["case.status"] == "Wrok"


def test_a_column_of_the_end_cannot_become_a_fact() -> None:
    assert mapping(MAPPING.replace("column: size", "column: verdict"))[1] == ["CW823"]


def test_a_column_that_the_table_lacks_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(HistoryError) as caught:
        events(tmp_path, HEADING.replace("state", "sate") + ROWS)
    assert (caught.value.code, caught.value.fix) == ("CW822", "did you mean `sate`?")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("case: id\n", "", "CW202"),
        ("case: id", "cases: id", "CW201"),
        ("format: csv", "format: excel", "CW204"),
        ("zone: Europe/Zurich", "zone: CET", "CW824"),
        ("YYYY-MM-DD", "YY-MM-DD", "CW824"),
        ("type: integer", "type: whole", "CW204"),
        ("kind: resolved", "kind: solved", "CW204"),
        ("case.size:", "size:", "CW204"),
        ("entries:", "entries: {}\nelse:", "CW201"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(old: str, new: str, code: str) -> None:
    read, codes = mapping(MAPPING.replace(old, new, 1))
    assert read is None
    assert code in codes


def test_the_schema_takes_the_mapping() -> None:
    validator = Draft202012Validator(mapping_schema())
    assert not list(validator.iter_errors(editor_view(MAPPING)))
    own = Path(__file__).parents[1] / "incident_log" / "mapping.yaml"
    assert not list(validator.iter_errors(editor_view_of(own)))
    assert list(validator.iter_errors(editor_view(MAPPING) | {"cases": "id"}))


def test_local_times_in_gaps_and_folds() -> None:
    form = DateFormat("DD.MM.YYYY HH:mm:ss", "Europe/Zurich")
    assert form.read("29.03.2026 02:30:00") == form.read("29.03.2026 03:30:00")
    first = form.read("25.10.2026 02:30:00")
    assert first is not None
    assert form.read("25.10.2026 03:30:00") == first + 2 * 3_600_000_000
    assert form.read("25.10.2026 24:00:00") is None


@pytest.mark.parametrize("form", ["DD-MM", "YYYY-MM-DD mm", "YYYY-YYYY-MM-DD", "YYYY-MM-DD hh:mm", "%Y-%m-%d"])
def test_a_date_format_that_cannot_be_understood(form: str) -> None:
    with pytest.raises(FormatError):
        DateFormat(form, "UTC")
