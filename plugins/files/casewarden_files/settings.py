"""What the files connector is told: where events come from and where actions go."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from casewarden.model.event import Json
from casewarden_files.listing import is_part_of

SCHEMA: Final[Mapping[str, Json]] = MappingProxyType(
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "inbox": {
                "type": "string",
                "minLength": 1,
                "format": "path",
                "description": "A file of events, one JSON object on each line, or a folder of such files (*.jsonl).",
            },
            "outbox": {
                "type": "string",
                "minLength": 1,
                "format": "path",
                "description": "The file to which actions are appended, one JSON object on each line.",
            },
            "complete": {
                "type": "boolean",
                "default": False,
                "description": "Whether all that happened until now is in the inbox: absence is then known, too.",
            },
        },
        "required": ["inbox", "outbox"],
        "additionalProperties": False,
    }
)

EXPORT_SCHEMA: Final[Mapping[str, Json]] = MappingProxyType(
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "file": {
                "type": "string",
                "minLength": 1,
                "format": "path",
                "description": "The export: a file of events, one JSON object on each line, or a folder of such files.",
            },
            "as_if_now": {
                "type": "boolean",
                "default": False,
                "description": "Play it as if it had begun within the last week, each event when its time has come.",
            },
        },
        "required": ["file"],
        "additionalProperties": False,
    }
)


@dataclass(frozen=True, slots=True)
class FilesSettings:
    """The settings, checked. `complete`: what is in the inbox is everything up to now."""

    inbox: Path
    outbox: Path
    complete: bool = False


def read_settings(settings: Mapping[str, Json]) -> FilesSettings:
    """The settings of one instance; ValueError says in plain words what is wrong with them."""
    known = ("inbox", "outbox", "complete")
    for name in settings:
        if name not in known:
            raise ValueError(f"there is no setting `{name}`; known are {', '.join(known)}")
    inbox, outbox = as_path(settings, "inbox"), as_path(settings, "outbox")
    complete = settings.get("complete", False)
    if not isinstance(complete, bool):
        raise ValueError("`complete` is true or false")  # noqa: TRY004 - the contract names ValueError
    if outbox.is_dir():
        raise ValueError(f"`outbox` is a folder: {outbox}; name a file")
    if is_part_of(outbox, inbox) or outbox.resolve() == inbox.resolve():
        raise ValueError(f"`outbox` belongs to the inbox: {outbox}; actions would be read as events, name another file")
    return FilesSettings(inbox, outbox, complete)


def as_path(settings: Mapping[str, Json], name: str) -> Path:
    """A setting that names a file or a folder; ValueError."""
    value = settings.get(name)
    if value is None:
        raise ValueError(f"`{name}` is missing; name a file" + ("" if name == "outbox" else " or a folder"))
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError(f"`{name}` is the name of a file as a text")
    return Path(value).absolute()
