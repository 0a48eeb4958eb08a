"""The inbox of the files connector: whole lines, once each, whatever is done to the files."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from casewarden.model.event import Event, Json
from casewarden.model.instants import parse_instant
from casewarden.plugin import Connector, Page
from casewarden_files.inbox import MAX_EVENTS
from casewarden_files.plugin import Files

NOW = parse_instant("2026-03-02T12:00:00Z")


def line(key: object, **more: Any) -> str:
    """A sound line, unless told otherwise."""
    return (
        json.dumps(
            {"subject": "case:1", "kind": "message", "at": "2026-03-02T10:00:00Z", "by": "agent", "key": str(key)}
            | more
        )
        + "\n"
    )


def connector(inbox: Path, *, complete: bool = False) -> Connector:
    settings: dict[str, Json] = {"inbox": str(inbox), "outbox": str(inbox.parent / "out" / "outbox.jsonl")}
    return Files(lambda: NOW).connect("mail", settings | ({"complete": True} if complete else {}))


def keys(page: Page) -> list[str]:
    return [event.key for event in page.events]


def append(path: Path, *texts: str) -> None:
    with path.open("a", encoding="utf-8") as stream:
        stream.write("".join(texts))


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return tmp_path / "inbox.jsonl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "in"
    path.mkdir()
    return path


def test_lines_become_events_of_the_instance(inbox: Path) -> None:
    append(inbox, line("a", seen_at="2026-03-02T10:00:01Z", who=["ann"], data={"public": True}))
    page = connector(inbox).changes(None)
    at = parse_instant("2026-03-02T10:00:00Z")
    assert page.events == [
        Event("case:1", "message", at, at + 1_000_000, "agent", "mail", "a", who=("ann",), data={"public": True})
    ]
    assert (page.refused, page.more, page.complete_through) == ([], False, None)


def test_a_line_may_name_its_source_if_it_is_the_instance(inbox: Path) -> None:
    append(inbox, line("a", source="mail"), line("b", source="crm"))
    page = connector(inbox).changes(None)
    assert [event.source for event in page.events] == ["mail"]
    assert page.refused == ["inbox.jsonl:2: CW850 `source` is `crm`, and this is `mail`; leave `source` out"]


def test_each_line_comes_once_and_a_half_written_one_waits(inbox: Path) -> None:
    files = connector(inbox)
    append(inbox, line("a"), line("b")[:30])
    page = files.changes(None)
    assert keys(page) == ["a"]
    again = files.changes(page.cursor)
    assert (keys(again), again.refused, again.cursor) == ([], [], page.cursor)
    append(inbox, line("b")[30:], line("c"))
    assert keys(files.changes(page.cursor)) == ["b", "c"]


def test_a_page_has_500_lines_and_says_that_there_are_more(inbox: Path) -> None:
    append(inbox, *(line(number) for number in range(MAX_EVENTS + 1)))
    files = connector(inbox, complete=True)
    first = files.changes(None)
    assert (len(first.events), first.more, first.complete_through) == (500, True, None)
    second = files.changes(first.cursor)
    assert (keys(second), second.more, second.complete_through) == (["500"], False, NOW)


def test_a_full_page_at_the_very_end_says_that_there_is_no_more(inbox: Path) -> None:
    append(inbox, *(line(number) for number in range(MAX_EVENTS)))
    page = connector(inbox, complete=True).changes(None)
    assert (len(page.events), page.more, page.complete_through) == (500, False, NOW)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{not json", "column 2: Expecting property name enclosed in double quotes"),
        ("[1]", "an event is a JSON object; write"),
        (line("x", kind="massage").strip(), "`kind` cannot be `massage`; did you mean `message`?"),
        (line("x", at="2026-03-02T10:00:00").strip(), "`at`: "),
        (line("x", kind="decided").strip(), "`decided` is written by the engine alone"),
        (
            line("x", kind="granted", data={"quota": "q", "occurrence": "o", "word": "over"}).strip(),
            "`granted` is written",
        ),
        (line("x", seen_at="2026-03-02T09:00:00Z").strip(), "seen 2026-03-02T09:00:00Z, before it happened"),
        (line("x" * 600).strip(), "`key` has more than 512 bytes"),
        (line("x", subject="case:1\u0007").strip(), "`subject` has a control character in it"),
        (line("x", data={"text": "a\0b"}).strip(), "the character U+0000 stands in a text"),
        (line("x", source="").strip(), "`source` is a text that is not empty"),
        (line("x", source=7).strip(), "`source` is a text that is not empty, not 7"),
        ("x" * 1_000_001, "this line has more than 1 MB; put one event on a line"),
    ],
)
def test_a_bad_line_is_refused_with_its_place_and_the_rest_goes_on(inbox: Path, bad: str, reason: str) -> None:
    append(inbox, line("a"), "\n", bad + "\n", line("b"))
    page = connector(inbox).changes(None)
    assert keys(page) == ["a", "b"]
    (said,) = page.refused
    assert said.startswith("inbox.jsonl:3: CW8")
    assert reason in said


def test_bytes_that_are_not_utf_8_cost_their_line_only(inbox: Path) -> None:
    inbox.write_bytes(b"\xef\xbb\xbf" + line("a").encode() + b'{"subject": "caf\xe9"}\r\n' + line("b").encode())
    page = connector(inbox).changes(None)
    assert keys(page) == ["a", "b"]
    assert page.refused == ["inbox.jsonl:2: CW816 this line is not UTF-8; save the file as UTF-8"]


def test_bad_lines_count_into_a_page(inbox: Path) -> None:
    append(inbox, "{\n" * 1_200)
    files = connector(inbox)
    cursor: Json = None
    seen = []
    for _ in range(3):
        page = files.changes(cursor)
        cursor = page.cursor
        seen.append((len(page.refused), page.more))
    assert seen == [(500, True), (500, True), (200, False)]


def test_a_line_without_an_end_is_refused_once_and_skipped_as_it_grows(inbox: Path) -> None:
    files = connector(inbox)
    append(inbox, line("a"), "x" * 2_500_000)
    page = files.changes(None)
    assert keys(page) == ["a"]
    assert page.refused == ["inbox.jsonl:2: CW813 this line has more than 1 MB; put one event on a line"]
    append(inbox, "x" * 1_500_000)
    page = files.changes(page.cursor)
    assert (keys(page), page.refused) == ([], [])
    append(inbox, "x\n", line("b"), "{\n")
    page = files.changes(page.cursor)
    assert keys(page) == ["b"]
    assert [said.partition(": ")[0] for said in page.refused] == ["inbox.jsonl:4"]


def test_long_lines_end_a_page_before_memory_does(inbox: Path) -> None:
    append(inbox, *(line(number, data={"text": "x" * 900_000}) for number in range(12)))
    files = connector(inbox)
    page = files.changes(None)
    assert (len(page.events), page.more) == (9, True)
    assert keys(files.changes(page.cursor)) == ["9", "10", "11"]


def test_a_folder_is_all_its_files_and_those_that_come_later(folder: Path) -> None:
    files = connector(folder)
    append(folder / "a.jsonl", line("a1"))
    append(folder / "notes.txt", "no events\n")
    append(folder / ".hidden.jsonl", line("h"))
    page = files.changes(None)
    assert keys(page) == ["a1"]
    append(folder / "b.jsonl", line("b1"))
    append(folder / "a.jsonl", line("a2"))
    assert sorted(keys(files.changes(page.cursor))) == ["a2", "b1"]


def test_a_rotated_file_is_read_to_its_end(inbox: Path) -> None:
    files = connector(inbox)
    append(inbox, line("a"))
    page = files.changes(None)
    append(inbox, line("b"), line("c")[:20])
    inbox.rename(f"{inbox}.1")
    append(inbox, line("d"))
    page = files.changes(page.cursor)
    assert sorted(keys(page)) == ["b", "d"]
    append(Path(f"{inbox}.1"), line("c")[20:])  # its writer had it open still
    page = files.changes(page.cursor)
    assert keys(page) == ["c"]
    Path(f"{inbox}.1").rename(f"{inbox}.2")
    assert files.changes(page.cursor).events == []


def test_generations_that_came_and_went_between_two_looks_are_read(inbox: Path) -> None:
    files = connector(inbox)
    page = files.changes(None)
    for number in range(3):
        append(inbox, line(number))
        inbox.rename(f"{inbox}-2026030{number + 1}")
    append(inbox, line(3))
    assert sorted(keys(files.changes(page.cursor))) == ["0", "1", "2", "3"]


def test_a_file_that_was_copied_and_emptied_goes_on_in_the_copy(inbox: Path) -> None:
    files = connector(inbox)
    append(inbox, line("a"), line("b"))
    page = files.changes(None)
    append(inbox, line("c"))
    Path(f"{inbox}.1").write_bytes(inbox.read_bytes())
    os.truncate(inbox, 0)
    append(inbox, line("d"))
    assert sorted(keys(files.changes(page.cursor))) == ["c", "d"]


@pytest.mark.parametrize("grown", [0, 1, 50])
def test_a_truncated_file_begins_anew(inbox: Path, grown: int) -> None:
    files = connector(inbox)
    append(inbox, *(line(f"old {number}") for number in range(10)))
    page = files.changes(None)
    os.truncate(inbox, 0)
    append(inbox, *(line(f"new {number}") for number in range(grown)))
    page = files.changes(page.cursor)
    assert keys(page) == [f"new {number}" for number in range(grown)]
    append(inbox, line("last"))
    assert keys(files.changes(page.cursor)) == ["last"]


def test_a_file_that_was_replaced_begins_anew(inbox: Path) -> None:
    files = connector(inbox)
    append(inbox, line("a"), line("b", kind="massage"), line("c"))
    page = files.changes(None)
    assert (keys(page), len(page.refused)) == (["a", "c"], 1)
    mended = inbox.with_name("mended")
    mended.write_text(inbox.read_text(encoding="utf-8").replace("massage", "message"), encoding="utf-8")
    mended.replace(inbox)
    page = files.changes(page.cursor)
    assert (keys(page), page.refused) == (["a", "b", "c"], [])


def test_links_lead_nowhere_outside(folder: Path, tmp_path: Path) -> None:
    append(tmp_path / "secret.jsonl", line("secret"))
    append(folder / "a.jsonl", line("a"))
    append(folder / "kept", line("kept"))
    (folder / "out.jsonl").symlink_to(tmp_path / "secret.jsonl")
    (folder / "up.jsonl").symlink_to("../secret.jsonl")
    (folder / "gone.jsonl").symlink_to("nothing")
    (folder / "round.jsonl").symlink_to("round.jsonl")
    (folder / "same.jsonl").symlink_to("a.jsonl")
    (folder / "inside.jsonl").symlink_to("kept")
    os.mkfifo(folder / "pipe.jsonl")
    (folder / "folder.jsonl").mkdir()
    files = connector(folder)
    page = files.changes(None)
    assert sorted(keys(page)) == ["a", "kept"]
    outside = "is a link out of its folder; name the file itself in the settings, or copy it"
    assert page.refused == [
        "folder.jsonl is no ordinary file",
        "gone.jsonl is a link that leads nowhere",
        f"out.jsonl {outside}",
        "pipe.jsonl is no ordinary file",
        "round.jsonl is a link that leads nowhere",
        f"up.jsonl {outside}",
    ]
    page = files.changes(page.cursor)
    assert page.refused == []  # it was told
    (folder / "gone.jsonl").unlink()
    page = files.changes(page.cursor)
    (folder / "gone.jsonl").symlink_to("nothing again")
    assert files.changes(page.cursor).refused == ["gone.jsonl is a link that leads nowhere"]


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder of a user who may not read everything, also where the tests run as root."""
    with TemporaryDirectory() as name:
        if os.geteuid() != 0:
            yield Path(name)
            return
        os.chown(name, 65534, -1)
        os.seteuid(65534)
        try:
            yield Path(name)
        finally:
            os.seteuid(0)


def test_a_file_that_may_not_be_read_is_told_once_and_goes_on_where_it_was_left(unprivileged: Path) -> None:
    path = unprivileged / "a.jsonl"
    append(path, line("a"))
    files = connector(unprivileged, complete=True)
    page = files.changes(None)
    append(path, line("b"))
    path.chmod(0)
    page = files.changes(page.cursor)
    assert (page.refused, page.complete_through) == (["a.jsonl cannot be read: Permission denied"], None)
    (trouble, *_) = files.check().findings
    assert (trouble.level, trouble.message) == ("error", f"{path} cannot be read: Permission denied")
    page = files.changes(page.cursor)
    assert page.refused == []
    path.chmod(0o600)
    assert keys(files.changes(page.cursor)) == ["b"]


def test_the_watermark_waits_for_whole_lines(inbox: Path) -> None:
    files = connector(inbox, complete=True)
    assert files.changes(None).complete_through is None  # no file yet: nothing is known
    append(inbox, line("a"), line("b")[:10])
    page = files.changes(None)
    assert page.complete_through is None
    append(inbox, line("b")[10:])
    assert files.changes(page.cursor).complete_through == NOW


def test_a_torn_line_in_a_rotated_file_holds_nothing_up(inbox: Path) -> None:
    append(Path(f"{inbox}.1"), line("a"), line("b")[:10])
    append(inbox, line("c"))
    assert connector(inbox, complete=True).changes(None).complete_through == NOW


def test_a_folder_that_is_not_there_is_an_error_and_a_file_is_waited_for(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"the inbox .*/mails cannot be listed: No such file or directory"):
        connector(tmp_path / "mails").changes(None)
    assert connector(tmp_path / "mails.jsonl").changes(None).events == []


@pytest.mark.parametrize("cursor", [7, "x", [], {}, {"files": [{}], "told": []}, {"files": 1, "told": 2}])
def test_a_cursor_of_another_connector_is_refused(inbox: Path, cursor: Json) -> None:
    with pytest.raises(ValueError, match="this cursor is not one of the files connector"):
        connector(inbox).changes(cursor)


def test_a_cursor_goes_through_the_store_as_json(inbox: Path) -> None:
    files = connector(inbox)
    append(inbox, line("a"))
    cursor = json.loads(json.dumps(files.changes(None).cursor))
    append(inbox, line("b"))
    assert keys(connector(inbox).changes(cursor)) == ["b"]


def test_one_ticket_is_fetched_whole(folder: Path) -> None:
    append(folder / "a.jsonl", line(1), line(2, subject="case:2"), "{\n", line(3))
    append(folder / "b.jsonl", line(4), line(1), line(5, subject="service:core"))
    files = connector(folder)
    assert sorted(keys(files.fetch("1"))) == ["1", "3", "4"]
    assert files.fetch("1") == files.fetch("case:1")
    assert keys(files.fetch("service:core")) == ["5"]
    assert files.fetch("9") == Page([], None)
