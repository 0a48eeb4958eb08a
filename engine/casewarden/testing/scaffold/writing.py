"""The files of a new plugin: those of `acme`, under another name."""

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

_HERE: Final = "casewarden.testing.scaffold"
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
_MODULES: Final = ("__init__", "connector", "fake", "mapping", "plugin", "settings", "webhooks")
_IMPORTS: Final = re.compile(r"(?:^from casewarden\S* import (?:[^(\n]+|\([^)]*\))\n)+", re.MULTILINE)


class NameUnfitError(ValueError):
    """A name that no connector can have; the message says which ones can."""


def scaffold(name: str) -> Mapping[str, str]:
    """The files of a plugin with a connector of this name, by their paths; NameUnfitError."""
    if not _NAME.fullmatch(name) or len(name) > 40:
        raise NameUnfitError(
            f"`{name[:60]}` cannot name a connector: it has small letters and digits, with - or _ between words, and"
            " begins with a letter"
        )
    plain = name.replace("-", "_")
    package = f"casewarden_{plain}"
    texts = {
        **{f"{package}/{module}.py": _text(f"acme/{module}.py") for module in _MODULES},
        f"{package}/py.typed": "",
        f"tests/test_{plain}.py": _text("test_acme.py.txt"),
        "pyproject.toml": _text("pyproject.toml.txt"),
        "README.md": _text("README.md.txt"),
    }
    return {path: _renamed(text, name, package) for path, text in texts.items()}


def _text(path: str) -> str:
    return (files(_HERE) / path).read_text(encoding="utf-8")


def _renamed(text: str, name: str, package: str) -> str:
    """A text of acme as one of another connector, its imports in order."""
    title = "".join(part.capitalize() for part in re.split("[-_]", name))
    for before, after in (
        (f"{_HERE}.acme", package),
        ("casewarden_acme", package),
        ("casewarden-acme", f"casewarden-{name}"),
        ("test_acme", f"test_{package.removeprefix('casewarden_')}"),
        ("ACME", package.removeprefix("casewarden_").upper()),
        ("Acme", title),
        ("acme", name),
    ):
        text = text.replace(before, after)
    return _IMPORTS.sub(_sorted, text)


def _sorted(found: re.Match[str]) -> str:
    """Imports in the order of their modules: those of the engine, an empty line, the plugin's own."""
    lines = sorted(re.findall(r"from (casewarden\S*) (import (?:[^(\n]+|\([^)]*\))\n)", found[0]))
    own = [line for line in lines if line[0].startswith("casewarden_")]
    others = [line for line in lines if line not in own]
    gap = "\n" if own and others else ""
    return gap.join("".join(f"from {module} {rest}" for module, rest in some) for some in (others, own))
