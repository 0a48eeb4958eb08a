"""Files of tests that were damaged: read with diagnostics or played to an end, never an exception."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.report.scenarios import render_file
from casewarden.scenario.suite import Suite

HERE = Path(__file__).resolve().parent
TEXT = (HERE / "timelines" / "timelines.test.yaml").read_text(encoding="utf-8")
LINES = TEXT.splitlines()
WORDS = sorted({word for line in LINES for word in line.replace("{", " ").replace("}", " ").split() if len(word) > 1})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("damaged")
    (made / "timelines.yaml").write_text((HERE / "timelines" / "timelines.yaml").read_text(encoding="utf-8"))
    return made


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """The timelines with a few lines taken away, doubled or exchanged, and words put in the place of others."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(5, len(lines) - 1))
        match draw(st.sampled_from(["drop", "double", "swap", "word", "cut"])):
            case "drop":
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "swap":
                other = draw(st.integers(5, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case "word":
                words = lines[at].split(" ")
                words[draw(st.integers(0, len(words) - 1))] = draw(st.sampled_from(WORDS))
                lines[at] = " ".join(words)
            case _:
                lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
    return "\n".join(lines) + "\n"


@settings(max_examples=120, deadline=None)
@given(text=damaged())
def test_a_damaged_file_is_told_or_played(text: str, folder: Path) -> None:
    path = folder / "damaged.test.yaml"
    path.write_text(text, encoding="utf-8")
    suite = Suite(with_coverage=True)
    found = suite.run(path)
    assert (found.file is None) == suite.diagnostics.has_errors
    assert render_file(found, verbose=True)
