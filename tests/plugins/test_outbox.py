"""The outbox of the files connector: a line for each action, on the disk, and no key twice."""

import json
import os
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from casewarden.model.event import Json
from casewarden.model.instants import parse_instant
from casewarden.plugin import AlreadyApplied, Answer, Applied, Attempt, Connector, Rejected, Retry
from casewarden_files.outbox import Outbox
from casewarden_files.plugin import ACTIONS, Files

NOW = parse_instant("2026-03-02T12:00:00Z")
TESTS = Path(__file__).parents[1]


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "outbox.jsonl"


def connector(outbox: Path) -> Connector:
    return Files(lambda: NOW).connect("out", {"inbox": str(outbox.parent / "in.jsonl"), "outbox": str(outbox)})


def attempt(key: object, kind: str = "note", /, *, again: bool = False, **content: Any) -> Attempt:
    return Attempt(f"case:1/rule/{key}/0/0", "case:1", "1", kind, content or {"text": "well"}, again=again)


def lines(outbox: Path) -> list[dict[str, Any]]:
    """What a reader makes of it: torn lines are skipped."""
    found = []
    for raw in outbox.read_bytes().split(b"\n"):
        try:
            value = json.loads(raw)
        except ValueError:
            continue
        found.append(value)
    return found


def keys(outbox: Path) -> list[str]:
    return [line["key"].split("/")[2] for line in lines(outbox)]


def test_an_action_is_one_line(outbox: Path) -> None:
    answer = connector(outbox).apply(attempt(1, "reply", text="Grüße\u2028zwei\nZeilen", message="hello"))
    line: dict[str, Json] = {
        "key": "case:1/rule/1/0/0",
        "subject": "case:1",
        "ticket": "1",
        "kind": "reply",
        "content": {"text": "Grüße\u2028zwei\nZeilen", "message": "hello"},
        "at": "2026-03-02T12:00:00Z",
    }
    assert answer == Applied({}, line)
    raw = outbox.read_bytes()
    assert (raw.count(b"\n"), raw.isascii()) == (1, True)
    assert json.loads(raw) == line
    assert outbox.stat().st_mode & 0o007 == 0


def test_every_kind_of_action_is_taken_and_no_other(outbox: Path) -> None:
    files = connector(outbox)
    for place, kind in enumerate(sorted(ACTIONS)):
        assert isinstance(files.apply(attempt(place, kind, text="x", kind="defect")), Applied)
    assert [line["kind"] for line in lines(outbox)] == sorted(ACTIONS) == sorted(files.spec().actions)
    answer = files.apply(attempt("x", "explode"))
    assert answer == Rejected("the files connector knows no action `explode`")


def test_a_ticket_that_is_made_has_its_id_from_the_key(outbox: Path) -> None:
    files = connector(outbox)
    made = files.apply(attempt(1, "link", kind="defect", create={"title": "x"}))
    other = files.apply(attempt(2, "link", kind="defect", create={"title": "x"}))
    assert isinstance(made, Applied)
    assert isinstance(other, Applied)
    assert str(made.details["id"]).startswith("defect-")
    assert made.details != other.details
    again = connector(outbox).apply(attempt(1, "link", again=True, kind="defect", create={"title": "x"}))
    assert again == AlreadyApplied(made.details)
    assert [line["id"] for line in lines(outbox)] == [made.details["id"], other.details["id"]]
    assert files.apply(attempt(3, "link", kind="defect", id="defect-7")) == Applied({}, lines(outbox)[-1])


def test_again_finds_what_is_there_and_writes_what_is_not(outbox: Path) -> None:
    connector(outbox).apply(attempt(1))
    later = connector(outbox)
    assert later.apply(attempt(1, again=True)) == AlreadyApplied()
    assert isinstance(later.apply(attempt(2, again=True)), Applied)
    assert later.apply(attempt(2, again=True)) == AlreadyApplied()
    assert keys(outbox) == ["1", "2"]


def test_lines_of_another_process_are_found(outbox: Path) -> None:
    one, other = connector(outbox), connector(outbox)
    one.apply(attempt(1))
    other.apply(attempt(2))
    assert one.apply(attempt(2, again=True)) == AlreadyApplied()
    assert other.apply(attempt(1, again=True)) == AlreadyApplied()


def test_a_key_that_is_quoted_elsewhere_is_not_there(outbox: Path) -> None:
    connector(outbox).apply(attempt(1, text='{"key": "case:1/rule/2/0/0"}', key="case:1/rule/2/0/0"))
    later = Outbox(outbox, tail=10)
    assert later.append("case:1/rule/2/0/0", {}, search=True)
    assert not later.append("case:1/rule/1/0/0", {}, search=True)


@pytest.mark.parametrize(("max_keys", "tail"), [(3, 16_000_000), (100_000, 50), (2, 300)])
def test_what_is_not_remembered_is_searched_for(outbox: Path, max_keys: int, tail: int) -> None:
    first = Outbox(outbox)
    for number in range(20):
        assert first.append(f"k-{number}", {"n": number}, search=False)
    later = Outbox(outbox, max_keys, tail)
    known = set(range(20))
    for number in Random(7).choices(range(25), k=60):
        assert later.append(f"k-{number}", {"n": number}, search=True) is (number not in known)
        known.add(number)
    assert Counter(line["n"] for line in lines(outbox)) == Counter(known)


def test_rotated_files_are_looked_into(outbox: Path) -> None:
    files = connector(outbox)
    files.apply(attempt(1))
    outbox.rename(f"{outbox}.1")
    files.apply(attempt(2))
    outbox.rename(f"{outbox}-20260302")
    later = connector(outbox)
    assert later.apply(attempt(1, again=True)) == AlreadyApplied()
    assert later.apply(attempt(2, again=True)) == AlreadyApplied()
    assert isinstance(later.apply(attempt(3, again=True)), Applied)
    assert keys(outbox) == ["3"]


def test_an_outbox_that_was_emptied_goes_on(outbox: Path) -> None:
    files = connector(outbox)
    files.apply(attempt(1))
    os.truncate(outbox, 0)
    files.apply(attempt(2))
    assert keys(outbox) == ["2"]
    assert files.apply(attempt(1, again=True)) == AlreadyApplied()  # it had gone out


@pytest.mark.parametrize("left", [1, 20, 40, -2])
def test_a_torn_line_is_closed_and_its_action_done_again(outbox: Path, left: int) -> None:
    connector(outbox).apply(attempt(1))
    connector(outbox).apply(attempt(2))
    first, second = outbox.read_bytes().splitlines(keepends=True)
    outbox.write_bytes(first + second[:left])
    later = connector(outbox)
    assert isinstance(later.apply(attempt(2, again=True)), Applied)
    assert isinstance(later.apply(attempt(3)), Applied)
    assert outbox.read_bytes().splitlines(keepends=True)[1] == second[:left] + b"\n"
    assert keys(outbox) == ["1", "2", "3"]


def test_a_line_that_lacks_only_its_newline_counts(outbox: Path) -> None:
    connector(outbox).apply(attempt(1))
    outbox.write_bytes(outbox.read_bytes().rstrip(b"\n"))
    assert connector(outbox).apply(attempt(1, again=True)) == AlreadyApplied()
    assert keys(outbox) == ["1"]


@contextmanager
def full_at(size: int) -> Iterator[None]:
    """No file of this process can grow beyond a size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_line_that_does_not_fit_is_taken_back(outbox: Path) -> None:
    files = connector(outbox)
    files.apply(attempt(1))
    before = outbox.read_bytes()
    with full_at(len(before) + 60):
        answer = files.apply(attempt(2))
    assert answer == Retry(f"the outbox {outbox} cannot be written: File too large")
    assert outbox.read_bytes() == before
    assert isinstance(files.apply(attempt(2)), Applied)
    assert keys(outbox) == ["1", "2"]


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda outbox: outbox.parent.rmdir(), "No such file or directory"),
        (lambda outbox: outbox.mkdir(), "Is a directory"),
        (os.mkfifo, "is no ordinary file"),
    ],
)
def test_an_outbox_that_cannot_be_opened_is_tried_again_later(tmp_path: Path, prepare: Any, reason: str) -> None:
    outbox = tmp_path / "out" / "outbox.jsonl"
    outbox.parent.mkdir()
    files = connector(outbox)
    prepare(outbox)
    answer: Answer = files.apply(attempt(1))
    assert isinstance(answer, Retry)
    assert answer.reason.startswith(f"the outbox {outbox} cannot be written: ")
    assert reason in answer.reason
    assert not answer.reached


def appending(outbox: Path, first: int, last: int, stdin: int = subprocess.DEVNULL) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "support.appending", str(outbox), str(first), str(last)]
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    return subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, text=True, env=environment)


def test_killed_processes_lose_nothing_and_double_nothing(outbox: Path) -> None:
    random = Random(11)
    begun = 0
    for _ in range(6):
        with appending(outbox, begun, begun + 1_000) as process:
            assert process.stdout is not None
            upto = begun + random.randrange(1, 40)
            begun = next(number for number in map(int, process.stdout) if number >= upto)
            process.kill()
    with appending(outbox, 0, begun) as process:
        process.communicate()
        assert process.returncode == 0
    counted = Counter(int(key) for key in keys(outbox))
    assert set(counted.values()) == {1}
    assert set(counted) >= set(range(begun + 1))


def test_processes_at_once_do_each_action_once(outbox: Path) -> None:
    processes = [appending(outbox, 0, 150, stdin=subprocess.PIPE) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "0\n"  # all have come to the first action
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    assert sorted(map(int, keys(outbox))) == list(range(151))
    assert len(lines(outbox)) == len(outbox.read_bytes().splitlines())
