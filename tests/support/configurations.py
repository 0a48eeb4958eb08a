"""Plugins and surroundings for configurations under test."""

import shutil
from pathlib import Path
from types import MappingProxyType

from casewarden.plugin import Spec

GOOD_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
BAD = Path(__file__).parents[1] / "config" / "bad"

PLUGINS = MappingProxyType(
    {
        "broken": Spec("broken", "1", {"type": "object", "properties": {"url": {"type": "txet"}}}, frozenset({"set"})),
        "desk": Spec(
            "desk",
            "1",
            {
                "type": "object",
                "properties": {
                    "url": {"type": "string", "pattern": "^https://"},
                    "token": {"type": "string", "secret": True},
                    "pin": {"type": "string", "secret": True, "minLength": 20},
                    "pages": {"type": "integer", "minimum": 1, "maximum": 100},
                    "region": {"enum": ["emea", "apac"]},
                    "retries": {"type": "integer"},
                    "hosts": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                    "login": {
                        "anyOf": [
                            {"type": "object", "required": ["code"], "properties": {"code": {"secret": True}}},
                            {"type": "boolean"},
                        ]
                    },
                },
                "required": ["url", "token"],
                "additionalProperties": False,
            },
            frozenset({"set", "reply", "close", "notify"}),
        ),
    }
)
ENVIRON = MappingProxyType({"DESK_TOKEN": "t0ken-for-the-desk"})


def copy_bad(folder: Path) -> None:
    """All files of tests/config/bad, with modes as a careful author would have set them, but for one."""
    for path in BAD.iterdir():
        shutil.copy(path, folder / path.name)
    for path in [*folder.glob("*.key"), *folder.glob("*.secret")]:
        path.chmod(0o600)
    (folder / "open.secret").write_text("s3cret-of-the-shop\n", encoding="utf-8")
    (folder / "open.secret").chmod(0o644)
