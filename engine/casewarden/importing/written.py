"""Lines of YAML with comments between them: every text of an export goes through `flow` or `remark`."""

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from casewarden.importing.export import shorten
from casewarden.ruleset.characters import with_replacements
from casewarden.scenario.fresh.written import scalar

Data = str | list["Data"] | dict[str, "Data"]

_WIDTH: Final = 112
_LONGEST_REMARK: Final = 700


@dataclass(frozen=True, slots=True)
class Noted:
    """A value and the comments that stand above it; without a value only they are left."""

    data: Data | None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Conditions of which one must hold, with comments between them."""

    branches: tuple[Noted, ...]
    remarks: tuple[str, ...] = ()


def flow(data: Data) -> str:
    """The value on one line, in brackets where it is a list or mapping."""
    match data:
        case str():
            return scalar(with_replacements(data.replace("\r\n", "\n").replace("\r", "\n")))
        case list():
            return f"[{', '.join(flow(item) for item in data)}]"
        case dict():
            return f"{{{', '.join(f'{flow(key)}: {flow(value)}' for key, value in data.items())}}}"


def remark(text: str, indent: str = "") -> Iterator[str]:
    """Comment lines; whatever stands in the text, it stays one comment."""
    plain = with_replacements(shorten(text, _LONGEST_REMARK))
    for line in textwrap.wrap(plain, _WIDTH - len(indent), break_on_hyphens=False) or [""]:
        yield f"{indent}# {line}".rstrip()


def remarks(texts: Iterable[str], indent: str = "") -> Iterator[str]:
    """The comment lines of several remarks."""
    for text in texts:
        yield from remark(text, indent)


def listed(items: Iterable[Noted | AnyOf], indent: str) -> Iterator[str]:
    """A list in block form, each item below its comments."""
    for item in items:
        yield from remarks(item.remarks, indent)
        match item:
            case AnyOf(branches):
                yield f"{indent}- any:"
                yield from listed(branches, f"{indent}    ")
            case Noted(data) if data is not None:
                yield f"{indent}- {flow(data)}"
            case _:
                pass


def commented(lines: Iterable[str], indent: str) -> Iterator[str]:
    """Lines as comments, further in than `indent` by what they were."""
    for line in lines:
        yield f"{indent}# {line.removeprefix(indent)}".rstrip()
