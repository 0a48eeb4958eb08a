"""Parts of the settings, each with its place: what is wrong is told with that place and what would be right."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NoReturn, TypeVar

from casewarden.model.event import Json
from casewarden.ruleset.diagnostics import did_you_mean

_T = TypeVar("_T")
_MOST_TOLD: Final = 20


class MappingError(ValueError):
    """A mapping that cannot be used; each line of the text names a place, what is wrong there, and what is right."""


@dataclass(frozen=True, slots=True)
class Part:
    """A value among the settings, and where it stands (`mapping.fields.case.core.values`)."""

    place: str
    value: Json

    def problem(self, message: str, fix: str | None = None) -> MappingError:
        """What is wrong here, as an error."""
        return MappingError(f"{self.place}: {message}" + (f"; {fix}" if fix else ""))

    def fail(self, message: str, fix: str | None = None) -> NoReturn:
        """Raise what is wrong here."""
        raise self.problem(message, fix)

    def at(self, key: str | int, value: Json) -> "Part":
        """The part of this one that stands under a key."""
        return Part(f"{self.place}.{key}", value)

    def entries(self) -> Iterator[tuple[str, "Part"]]:
        """The keys and parts of a mapping."""
        if not isinstance(self.value, dict):
            self.fail("is a mapping", "write `name: value` on lines below it")
        for key, value in self.value.items():
            yield key, self.at(key, value)

    def keys(self, known: Iterable[str], required: Iterable[str] = ()) -> dict[str, "Part"]:
        """The parts of a mapping that may have these keys and no others."""
        known = tuple(known)
        found = dict(self.entries())
        for key, part in found.items():
            if key not in known:
                near = did_you_mean(key, known)
                fix = f"did you mean `{near}`?" if near else f"known are {', '.join(f'`{one}`' for one in known)}"
                part.fail("there is no such key", fix)
        for key in required:
            if key not in found:
                self.fail(f"`{key}` is missing", f"add `{key}: ...`")
        return found

    def text(self) -> str:
        """A text that is not empty; a whole number is taken as its digits, since ids are written without quotes."""
        match self.value:
            case str() as text if text.strip():
                return text
            case int() as number if not isinstance(number, bool):
                return str(number)
            case float():
                raise self.problem("is a text and not a number with a fraction", "quote it")
            case bool():
                raise self.problem("is a text and neither true nor false", "quote it")
            case _:
                raise self.problem("is a text", "write a word, or quote it")

    def texts(self) -> tuple[str, ...]:
        """A text, or a list of them."""
        if not isinstance(self.value, list):
            return (self.text(),)
        if not self.value:
            self.fail("is empty", "name at least one, or leave it out")
        return tuple(self.at(number, item).text() for number, item in enumerate(self.value, 1))

    def options(self) -> tuple[str, ...]:
        """One value of a helpdesk's field, or several, in the form in which values are compared."""
        items = self.value if isinstance(self.value, list) else [self.value]
        for item in items:
            if isinstance(item, float | list | dict):
                self.fail("is a value of a field", "write it as a text, quoted where it looks like a number")
        return tuple(map(text_of, items))

    def one_of(self, words: Iterable[str]) -> str:
        """One of these words."""
        words = tuple(words)
        text = self.value
        if not isinstance(text, str) or text not in words:
            near = did_you_mean(str(text), words)
            self.fail(
                f"cannot be `{str(text)[:60]}`",
                f"did you mean `{near}`?" if near else f"known are {', '.join(f'`{word}`' for word in words)}",
            )
        return text

    def yes_no(self) -> bool:
        """True or false; the words `yes` and `no` as well."""
        match self.value:
            case bool() as value:
                return value
            case "yes" | "no":
                return self.value == "yes"
            case _:
                raise self.problem("is `true` or `false`")


def text_of(raw: Json) -> str:
    """The form in which values of a field are compared: true as `true`, 5 and 5.0 as `5`, null as nothing."""
    match raw:
        case None:
            return ""
        case bool():
            return "true" if raw else "false"
        case float() if raw.is_integer() and abs(raw) < 2**53:
            return str(int(raw))
        case str():
            return raw
        case int() | float():
            return str(raw)
        case list():
            return ", ".join(map(text_of, raw))
        case dict():
            return next((text_of(raw[key]) for key in ("value", "name", "id") if key in raw), "")


def each(part: Part | None, read: Callable[[str, Part], _T], told: list[str]) -> dict[str, _T]:
    """What is read of each entry; problems are added to what is told, so that one run shows all of them."""
    found: dict[str, _T] = {}
    if part is None:
        return found
    try:
        entries = list(part.entries())
    except MappingError as problem:
        told.append(str(problem))
        return found
    for key, entry in entries:
        try:
            found[key] = read(key, entry)
        except MappingError as problem:
            told.append(str(problem))
    return found


def raise_told(told: list[str]) -> None:
    """Raise what was told, if anything was."""
    if told:
        more = [f"and {len(told) - _MOST_TOLD} more"] if len(told) > _MOST_TOLD else []
        raise MappingError("\n".join([*told[:_MOST_TOLD], *more]))


def values_by_text(table: Mapping[str, Json]) -> dict[str, list[str]]:
    """The keys of a table by the text of their values: more than one cannot be told apart on the way back."""
    back: dict[str, list[str]] = {}
    for raw, value in table.items():
        back.setdefault(text_of(value), []).append(raw)
    return back
