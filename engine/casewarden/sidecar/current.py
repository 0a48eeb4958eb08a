"""What of the configuration may change while the sidecar runs, and what takes a restart."""

import logging
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from casewarden.config.settings import Caps, Settings

CHANGES_ALIVE: Final = frozenset({"file", "rulesets", "customers", "shadow", "caps", "log_level"})
"""All else is what the process was built of: store, connectors, doors, keys, partitions, what is kept."""


@dataclass(slots=True)
class Current:
    """The settings that hold now; exchanged as a whole, in the owner's thread."""

    settings: Settings

    @property
    def caps(self) -> Caps:
        """The caps that hold now."""
        return self.settings.caps

    def is_shadow(self, rule: str) -> bool:
        """Whether a rule only records."""
        shadow = self.settings.shadow
        return shadow if isinstance(shadow, bool) else rule in shadow

    def exchange(self, settings: Settings) -> None:
        """Let other settings hold, as far as they may change."""
        if settings.log_level != self.settings.log_level:
            logging.getLogger().setLevel(settings.log_level.upper())
        self.settings = settings


def needs_restart(before: Settings, after: Settings) -> list[str]:
    """The keys that say something else and take effect with the next start only."""
    names = (one.name for one in fields(Settings) if one.name not in CHANGES_ALIVE)
    return [name for name in names if getattr(before, name) != getattr(after, name)]


def mark_of(path: Path) -> tuple[int, int] | None:
    """What tells that a file is another than it was; None where it is not there."""
    try:
        found = os.stat(path)  # noqa: PTH116  # the file may be gone
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
