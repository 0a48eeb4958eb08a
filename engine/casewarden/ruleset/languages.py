"""Language codes as BCP 47 (RFC 5646) writes them: their shape, which languages and regions there are, near ones."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from casewarden.ruleset.diagnostics import did_you_mean

_FILE: Final = "language_subtags.txt"
_SHAPE: Final = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-[A-Za-z]{3}){0,3}(?:-[A-Za-z]{4})?(?:-(?P<region>[A-Za-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(?:-[A-WY-Za-wy-z0-9](?:-[A-Za-z0-9]{2,8})+)*"
    r"(?:-[Xx](?:-[A-Za-z0-9]{1,8})+)?"
)
# Codes for whoever wants a language of their own (`qaa` to `qtz`), and such regions.
_PRIVATE_LANGUAGE: Final = re.compile(r"q[a-t][a-z]")
_PRIVATE_REGION: Final = re.compile(r"AA|Q[M-Z]|X[A-Z]|ZZ")
# Countries whose two letters stand for no language, and are written for theirs.
_COUNTRIES: Final = {"cn": "zh", "cz": "cs", "dk": "da", "gb": "en", "gr": "el", "jp": "ja", "us": "en"}
# What languages call themselves, where that is nearer to the English name of another one, or to none.
_OWN_NAMES: Final = {
    "castellano": "es", "dansk": "da", "deutsch": "de", "espanol": "es", "español": "es", "francais": "fr",
    "français": "fr", "italiano": "it", "nederlands": "nl", "polski": "pl", "portugues": "pt", "português": "pt",
    "suomi": "fi", "svenska": "sv",
}  # fmt: skip
_REGIONS: Final = {"UK": "GB", "EN": "GB"}


@dataclass(frozen=True, slots=True)
class Subtags:
    """What the registry lists.

    `names` has the languages of two letters with their names in English, in small letters; `same` the two letters for
    codes of three letters that mean the same; `languages` all first parts that are right; `regions` in capitals.
    """

    names: Mapping[str, str]
    same: Mapping[str, str]
    languages: frozenset[str]
    regions: frozenset[str]


@cache
def subtags() -> Subtags:
    """The registry as it comes along, with its date and source at its head."""
    text = resources.files("casewarden.ruleset").joinpath(_FILE).read_text(encoding="utf-8")
    head, further, regions = re.split(r"^# (?:Codes|Regions).*\n", text, flags=re.MULTILINE)
    names: dict[str, str] = {}
    same: dict[str, str] = {}
    for line in head.splitlines():
        if not line.startswith("#"):
            code, longer, name = line.split(" ", 2)
            names[code] = name.casefold()
            same.update(dict.fromkeys(longer.split("/"), code))
    return Subtags(names, same, frozenset(names).union(further.split()), frozenset(regions.split()))


def is_language(code: str) -> bool:
    """Whether this is a code of a language that exists, in the right shape, its first part in small letters."""
    match = _SHAPE.fullmatch(code)
    return match is not None and _is_known(match["language"]) and _is_region(match["region"] or "")


def nearest_language(text: str) -> str | None:
    """The code that was probably meant: `en-GB` for `en_UK`, `de` for `german` or `ger`; None where none is near."""
    first, *rest = text.strip().replace("_", "-").split("-")
    language = _nearest_first(first.casefold())
    if language is None:
        return None
    regions = [_REGIONS.get(part.upper(), part.upper()) if len(part) == 2 else part for part in rest]
    whole = "-".join([language, *regions])
    return whole if is_language(whole) else language


def _is_known(language: str) -> bool:
    return language in subtags().languages or _PRIVATE_LANGUAGE.fullmatch(language) is not None


def _is_region(region: str) -> bool:
    return not region or region.upper() in subtags().regions or bool(_PRIVATE_REGION.fullmatch(region.upper()))


def _nearest_first(word: str) -> str | None:
    known = subtags()
    if _is_known(word):
        return word
    if word in known.same or word in _COUNTRIES:
        return known.same.get(word) or _COUNTRIES[word]
    if len(word) > 3:
        by_name = {name: code for code, name in known.names.items()} | _OWN_NAMES
        name = word if word in by_name else did_you_mean(word, by_name)
        return None if name is None else by_name[name]
    return did_you_mean(word, known.names)
