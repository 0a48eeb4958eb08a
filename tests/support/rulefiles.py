"""The ruleset files that are there: shipped ones, those of the tests, and the design's sketches."""

from pathlib import Path

from casewarden.ruleset.load import load

ROOT = Path(__file__).resolve().parents[2]
SKETCHES = ROOT.parent / "shared" / "design" / "examples"
BAD = ROOT / "tests" / "rulefiles" / "bad"
GOOD = ROOT / "tests" / "rulefiles" / "good"
BARE = """\
casewarden: 1
ruleset: bare
revision: {from: 2026-01-01, binds: new_cases}
defaults:
  calendar: office
  language: en
  days: {mode: end_of_day, origin: next_opening}
  boundary: closing
  on_change: {severity: keep, plan: keep, contract: keep}
calendars:
  office: {zone: Europe/Zurich, open: {mon-fri: 08:00-17:00}, holidays: none}
"""
"""A sound ruleset that promises nothing; tests add lines at its end."""


def is_ruleset(path: Path) -> bool:
    """Whether the file says that it is a ruleset."""
    return path.read_bytes().startswith(b"casewarden:") or b"\ncasewarden:" in path.read_bytes()


def shipped() -> list[Path]:
    """Every ruleset that ships, those for tests among them; included files too."""
    places = (ROOT / "rules", GOOD, ROOT / "examples", ROOT / "tests" / "incident_log")
    found = (path for place in places for path in place.rglob("*.yaml"))
    found = (path for path in found if not path.name.endswith(".test.yaml") and is_ruleset(path))
    return sorted(path for path in found if b"\nrulesets:" not in path.read_bytes())  # which a configuration names


def main_files() -> list[Path]:
    """Those of the shipped files that load by themselves, not by being included."""
    return [path for path in shipped() if b"\nruleset:" in path.read_bytes()]


def sketch(name: str, folder: Path) -> Path:
    """A copy of a sketch in a folder, without its clause file, which nobody wrote."""
    lines = (SKETCHES / name).read_text(encoding="utf-8").splitlines(keepends=True)
    copy = folder / name
    copy.write_text("".join(line for line in lines if not line.startswith("clauses:")), encoding="utf-8")
    return copy


def clean_sketches(folder: Path) -> list[Path]:
    """Copies of the sketches that load without an error; none where they are not beside this checkout."""
    copies = [sketch(path.name, folder) for path in sorted(SKETCHES.glob("*.yaml"))]
    return [path for path in copies if load(path)[0] is not None]
