"""One bad ruleset for each code that checking can find, and the exact text that its author sees.

`CASEWARDEN_UPDATE_SNAPSHOTS=1 pytest tests/rulefiles` writes the texts anew; the difference is for the reviewer.
"""

import os
from pathlib import Path

import pytest

from casewarden.analysis.deep import check_deep
from casewarden.report.diagnostics import render_text
from casewarden.ruleset.codes import CATALOGUE
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.load import check_file, load
from casewarden.ruleset.lock import tzdata_version
from casewarden.ruleset.syntax import Ruleset

BAD = Path(__file__).parent / "bad"
FILES = sorted(path.name for path in BAD.glob("CW*_*.yaml"))
UPDATE = os.environ.get("CASEWARDEN_UPDATE_SNAPSHOTS") == "1"
NOT_FILES = {
    "CW100": "there is no file",
    "CW101": "the file would have 5 MB",
    "CW125": "the file would have 500 mistakes",
    "CW126": "would be a mistake of ours",
    "CW612": "asked for by an option; its texts are in tests/durable",
}
DEEP = ("CW51", "CW62")
"""Found by analysis only (`casewarden check --deep`), in rulesets that are sound otherwise."""
ELSEWHERE = ("CW8", "CW90", "CW91", "CW92", "CW93", "CW94", "CW96")
"""Histories, mappings, tests and customer directories are no rulesets: their bad files stand beside their own tests."""


@pytest.mark.parametrize("name", FILES)
@pytest.mark.states("G2")
def test_a_bad_ruleset_shows_what_its_author_needs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    _, diagnostics = check_file(Path(name))
    if name.startswith(DEEP):
        ruleset, _ = load(Path(name))
        assert ruleset is not None
        check_deep(ruleset, diagnostics, neighbours=_neighbours(name, diagnostics))
    shown = render_text(diagnostics).replace(tzdata_version(), "INSTALLED")
    snapshot = BAD / f"{Path(name).stem}.txt"
    if UPDATE:
        snapshot.write_text(shown, encoding="utf-8")
    assert name.partition("_")[0] in {item.code for item in diagnostics.items}
    assert shown == snapshot.read_text(encoding="utf-8")


def _neighbours(name: str, diagnostics: Diagnostics) -> list[Ruleset]:
    """The rules of the helpdesk itself, where the bad file is about them."""
    if not name.startswith("CW627"):
        return []
    ruleset, found = load(Path("parts/helpdesk.yaml"))
    assert ruleset is not None
    diagnostics.extend(found)
    return [ruleset]


@pytest.mark.states("G2")
def test_every_code_has_a_bad_file() -> None:
    having = {path.name[:5] for path in BAD.glob("CW*.yaml")}
    wanted = {code for code in CATALOGUE if code not in NOT_FILES and not code.startswith(ELSEWHERE)}
    assert wanted - having == set()
    assert having - set(CATALOGUE) == set()


def test_every_snapshot_has_its_file() -> None:
    assert {path.stem for path in BAD.glob("*.txt")} == {path.stem for path in BAD.glob("CW*.yaml")}
