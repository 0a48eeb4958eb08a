"""Shipped files with bytes and lines exchanged: loaders and checkers answer with diagnostics and never raise."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.hostile import HISTORY, MAPPING, TABLE, casewarden, inside

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = (ROOT / "examples" / "history.jsonl").read_bytes().splitlines(keepends=True)
FILES = {
    "tiny.yaml": (ROOT / "rules" / "starter" / "starter.yaml").read_bytes(),
    "tiny.test.yaml": (ROOT / "rules" / "starter" / "starter.test.yaml").read_bytes()[:6_000],
    "mapping.yaml": MAPPING.encode(),
    "table.csv": TABLE.encode(),
    "history.jsonl": HISTORY.encode() + b"".join(EXAMPLE[:6]),
}
REPLAY = ("replay", "--ruleset", "tiny.yaml", "--jobs", "1", "--history")
COMMANDS = {
    "tiny.yaml": ("check", "tiny.yaml"),
    "tiny.test.yaml": ("check", "tiny.test.yaml"),
    "mapping.yaml": (*REPLAY, "table.csv", "--map", "mapping.yaml"),
    "table.csv": (*REPLAY, "table.csv", "--map", "mapping.yaml"),
    "history.jsonl": (*REPLAY, "history.jsonl"),
}
WORDS = [b"", b"\0", b"\xff", b"\x1b[2J", b"{", b"]", b": ", b"- ", b"&a ", b"*a", b"\t", b"9" * 40, b"-1", b'"', b"\r"]


@st.composite
def damaged(draw: st.DrawFn, sound: bytes) -> bytes:
    """A few places of a file overwritten, lines doubled, dropped or moved."""
    lines = sound.splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["drop", "double", "move", "bytes"])):
            case "drop":
                lines[at] = b""
            case "double":
                lines[at] *= 2
            case "move":
                other = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case _:
                cut = draw(st.integers(0, len(lines[at])))
                end = cut + draw(st.integers(0, 3))
                lines[at] = lines[at][:cut] + draw(st.sampled_from(WORDS)) + lines[at][end:]
    return b"".join(lines)


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_told_and_never_raises(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with inside(tmp_path_factory.mktemp("damaged")):
        Path(name).write_bytes(data.draw(damaged(FILES[name])))
        casewarden(*COMMANDS[name])
