"""What only a real process shows: huge files within bounded memory, a reader that goes away, folders not writable."""

import resource
import subprocess
import sys
from pathlib import Path

from support.hostile import PATIENCE, casewarden, furnish, inside

MEMORY = 1 << 30


def bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def process(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", "from casewarden.cli import main; main()", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=PATIENCE, check=False, preexec_fn=bounded)


def test_fifty_megabytes_are_refused_within_a_gigabyte(tmp_path: Path) -> None:
    furnish(tmp_path)
    (tmp_path / "huge.yaml").write_bytes(b"a: 1\n" * 10_000_000)
    done = process(tmp_path, "check", "huge.yaml")
    assert done.returncode == 2
    assert b"CW101" in done.stdout
    assert b"Traceback" not in done.stderr


def test_a_reader_that_goes_away_gets_no_traceback(tmp_path: Path) -> None:
    furnish(tmp_path)
    script = f"{sys.executable} -c 'from casewarden.cli import main; main()' schema | head -n 1"
    done = subprocess.run(["/bin/sh", "-c", script], cwd=tmp_path, capture_output=True, timeout=PATIENCE, check=False)
    assert done.stdout == b"{\n"
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with inside(tmp_path):
        history = ("--ruleset", "tiny.yaml", "--history", "history.jsonl")
        for command in (
            ("replay", *history, "--out", "tiny.yaml"),
            ("explain", "1", *history, "--out", "tiny.yaml/x"),
            ("schema", "--to", "tiny.yaml/x"),
            ("schema", "--all", "--to", "tiny.yaml"),
            ("test", "tiny.test.yaml", "--junit", "tiny.yaml/x"),
        ):
            answer = casewarden(*command)
            assert answer.code == 2
            assert "tiny.yaml" in answer.text


def test_hostile_arguments_are_not_obeyed(tmp_path: Path) -> None:
    with inside(tmp_path):
        at, calendar = "2026-03-02T10:00Z", ("--calendar", "tiny.yaml")
        for arguments in (
            ("\x1b[31m",),
            ("check", "\udcff.yaml"),
            ("check", "--format", "json", "\udcff.yaml"),
            *((command, "a" * 5_000) for command in ("check", "test", "cover", "lint")),
            ("new", "ruleset", "here", "--from", "a" * 5_000),
            ("backtest", "--base", "a" * 5_000, "--head", "tiny.yaml", "--history", "a" * 5_000),
            ("replay", "--ruleset", "tiny.yaml", "--history", "a" * 5_000),
            ("replay", "--ruleset", "tiny.yaml", "--history", "tiny.yaml", "--customers", "a" * 5_000),
            ("worktime", "add", at, "999999999999999 hours", *calendar),
            ("worktime", "add", at, "999999999999999 days", *calendar),
            ("worktime", "add", "\x1b[31m", "8 hours", *calendar),
            ("worktime", "elapsed", "0001-01-01T00:00Z", "9999-12-31T00:00Z", *calendar),
            ("worktime", "open", "0001-01-01T00:00+14:00", *calendar),
        ):
            assert casewarden(*arguments).code == 2


def test_batch_answers_whatever_stands_on_a_line() -> None:
    lines = [b"{", b"[]", b"\0", b"\xff", b"[" * 100_000, b'{"calendar": 1}', b'{"n": ' + b"9" * 5_000 + b"}"]
    answer = casewarden("worktime", "batch", stdin=b"\n".join(lines))
    assert answer.code == 0
    assert [line.startswith('{"error"') for line in answer.text.splitlines()] == [True] * len(lines)
