"""The page on the language has every key and every closed word that the checker knows, and no type that it does not."""

import re

import pytest

from casewarden.ruleset import catalogue, keys, words
from casewarden.ruleset.syntax import FieldType
from support.pages import CHECKOUT

PAGE = (CHECKOUT / "docs" / "language.md").read_text(encoding="utf-8")
ELEMENTS = {name: value for name, value in vars(keys).items() if isinstance(value, keys.Keys)}
CLOSED = {name: list(value) for name, value in vars(words).items() if name.isupper() and isinstance(value, dict)}


def stands(word: str) -> bool:
    return re.search(rf"(?<![a-z_]){re.escape(word)}(?![a-z_])", PAGE) is not None


@pytest.mark.parametrize("name", ELEMENTS)
def test_every_key_is_on_the_page(name: str) -> None:
    assert [key for key in ELEMENTS[name].names if not stands(key)] == []


@pytest.mark.parametrize("name", CLOSED)
def test_every_closed_word_is_on_the_page(name: str) -> None:
    assert [word for word in CLOSED[name] if not stands(word.rpartition(".")[2])] == []


def test_every_attribute_given_name_and_reserved_word_is_on_the_page() -> None:
    given = [*catalogue.GIVEN_EVENTS, *(path.rpartition(".")[2] for path in catalogue.GIVEN_PATHS)]
    attributes = {name for kind in catalogue.ENTRY_KINDS.values() for name in kind}
    reserved = catalogue.RESERVED_PLANS | catalogue.RESERVED_VALUES | catalogue.RESERVED_CHANNELS
    others = catalogue.RESERVED_PEOPLE | {"business", "elapsed", *catalogue.UNITS, *catalogue.TARGET_WORDS}
    assert [word for word in (*given, *sorted(attributes | reserved | others)) if not stands(word)] == []


def test_the_types_of_fields_are_those_of_the_checker() -> None:
    listed = re.search(r"FIELD: \{type: ([a-z_| ]+),", PAGE)
    assert listed is not None
    assert listed[1].split(" | ") == [kind.value for kind in FieldType]
