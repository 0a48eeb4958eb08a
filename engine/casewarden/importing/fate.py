"""What became of each part of an imported definition, and the words in which the ruleset and the terminal say it."""

from dataclasses import dataclass
from enum import StrEnum


class ImportProblem(Exception):  # noqa: N818  # as UnknownZone: it is the input that is wrong
    """An export that cannot be read at all; `fix` says what would be right."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


class Fate(StrEnum):
    """What became of a part."""

    SAME = "translated"
    DIFFERS = "translated with a difference"
    LEFT = "left as a comment"


@dataclass(frozen=True, slots=True)
class Part:
    """One condition, action, target or placeholder of an export.

    `what` shows it as the other system says it, `reason` why it is not the same here, `nearest` what comes nearest.
    """

    what: str
    fate: Fate = Fate.SAME
    reason: str = ""
    nearest: str = ""

    @property
    def remark(self) -> str | None:
        """The comment that stands where the part belongs; None for what is the same."""
        match self.fate:
            case Fate.SAME:
                return None
            case Fate.DIFFERS:
                return f"Differs: {self.what}: {self.reason}"
            case Fate.LEFT:
                nearest = f" Nearest: {self.nearest}" if self.nearest else ""
                return f"Not translated: {self.what}: {self.reason}.{nearest}"


@dataclass(frozen=True, slots=True)
class Left:
    """Why a part has no equal, and the nearest thing."""

    reason: str
    nearest: str = ""

    def part(self, what: str) -> Part:
        """The part of which this is said."""
        return Part(what, Fate.LEFT, self.reason, self.nearest)


def kept(what: str, differs: str | None = None) -> Part:
    """A part that was translated; `differs` says in what it is not the same."""
    return Part(what) if differs is None else Part(what, Fate.DIFFERS, differs)
