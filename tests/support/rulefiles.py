"""The ruleset files that are there: shipped ones, those of the tests, and the design's sketches."""

from pathlib import Path

from casewarden.ruleset.load import load

ROOT = Path(__file__).resolve().parents[2]
SKETCHES = ROOT.parent / "shared" / "design" / "examples"
BAD = ROOT / "tests" / "rulefiles" / "bad"
GOOD = ROOT / "tests" / "rulefiles" / "good"


def is_ruleset(path: Path) -> bool:
    """Whether the file says that it is a ruleset."""
    return path.read_bytes().startswith(b"casewarden:") or b"\ncasewarden:" in path.read_bytes()


def shipped() -> list[Path]:
    """Every ruleset that ships, those for tests among them; included files too."""
    places = (ROOT / "rules", GOOD, ROOT / "examples", ROOT / "tests" / "incident_log")
    found = (path for place in places for path in place.rglob("*.yaml"))
    return sorted(path for path in found if not path.name.endswith(".test.yaml") and is_ruleset(path))


def main_files() -> list[Path]:
    """Those of the shipped files that load by themselves, not by being included."""
    return [path for path in shipped() if b"\nruleset:" in path.read_bytes()]


def clean_sketches() -> list[Path]:
    """The sketches beside this checkout that load without an error; none where they are not there."""
    return [path for path in sorted(SKETCHES.glob("*.yaml")) if load(path)[0] is not None]
