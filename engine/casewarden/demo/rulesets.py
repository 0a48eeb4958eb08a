"""The shipped rulesets side by side in one sidecar: copies that say which cases they govern, by the case's brand."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from casewarden.scenario.fresh.copied import copied
from casewarden.shipped import shipped

_NAMED: Final = re.compile(r"^ruleset: \w+\n", re.MULTILINE)
_FIELDS: Final = "fields:\n  case:\n"


def write_rulesets(folder: Path, names: Iterable[str]) -> tuple[Path, ...]:
    """Write copies of shipped rulesets below a folder, each in one of its own; returns their main files.

    A case is governed by the ruleset that its field `case.brand` names. OSError where the folder cannot be written,
    SourceError (`casewarden.scenario.cover_sources`) where there is no such ruleset.
    """
    return tuple(_write(folder / name, name) for name in names)


def _write(folder: Path, name: str) -> Path:
    fresh = copied(shipped("rules") / name, None)
    for file, text in fresh.files.items():
        if file in fresh.tests or text.startswith("casewarden_customers:"):
            continue  # they say nothing of brands, and the customers are others
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(governing(text, name) if file == fresh.main else text, encoding="utf-8", newline="\n")
    return folder / fresh.main


def governing(text: str, name: str) -> str:
    """The text of a shipped main file, which from now on governs the cases whose brand is the name of its folder."""
    named = _NAMED.search(text)
    if named is None or _FIELDS not in text:
        raise ValueError(f"the ruleset {name} is not written as the shipped ones are: it has no line `ruleset: NAME`")
    text = text.replace(
        named[0], f"{named[0]}applies_to: {{case.brand: {name}}}  # one helpdesk, several policies\n", 1
    )
    return text.replace(_FIELDS, f"{_FIELDS}    brand: {{type: text}}\n", 1)
