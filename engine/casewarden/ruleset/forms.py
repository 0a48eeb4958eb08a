"""The forms in which anything is written: mappings with known keys, lists, words, names, numbers, yes and no.

Every function reports what is wrong and returns None, so that reading goes on with the next element.
"""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from casewarden.ruleset.diagnostics import Diagnostics, Place, did_you_mean
from casewarden.ruleset.names import SECTION_OF, Names, Sort
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.syntax import Cited, Field

T = TypeVar("T")

CITED_KEYS: Final = ("clause", "interpretation", "note")
_WHOLE: Final = re.compile(r"[+-]?[0-9]+")
_YES: Final = frozenset({"true", "on", "1", "y"})
_NO: Final = frozenset({"false", "off", "0", "n"})
LARGEST: Final = 10**15
MAX_COMPARISONS: Final = 50_000
"""Names compared with mistyped ones in one file: more than any author needs, and a second's work at most."""


@dataclass(frozen=True, slots=True)
class Citation:
    """The clauses and interpretations that one element cites."""

    key: Scalar
    clauses: tuple[Scalar, ...]
    interpretations: tuple[str, ...]


@dataclass(slots=True)
class Context:
    """What reading needs everywhere, and what it leaves for the checks after it.

    `zone` is the default calendar's; `required_paths` the values of `case.missing`; `known_clauses` the ids of the
    clause file (None: there is none); `citations` collects what elements cite.
    """

    diagnostics: Diagnostics
    names: Names
    fields: dict[str, Field] = field(default_factory=dict)
    zone: str | None = None
    required_paths: tuple[str, ...] = ()
    known_clauses: frozenset[str] | None = None
    citations: list[Citation] = field(default_factory=list)
    comparisons: int = MAX_COMPARISONS

    def error(self, code: str, at: Place | Node, message: str, fix: str | None = None) -> None:
        """Report an error."""
        self.diagnostics.error(code, at, message, fix)

    def nearest(self, word: str, candidates: Collection[str]) -> str | None:
        """What a mistyped word was probably meant to be; None once so many were asked for that it would take long."""
        self.comparisons -= len(candidates)
        return did_you_mean(word, candidates) if self.comparisons >= 0 else None

    def suggest(self, word: str, candidates: Collection[str], otherwise: str | None = None) -> str | None:
        """The fix for a mistyped word: the nearest candidate, else the candidates themselves where they are few."""
        if near := self.nearest(word, candidates):
            return f"did you mean `{near}`?"
        if otherwise is not None:
            return otherwise
        return f"known here: {', '.join(f'`{one}`' for one in candidates)}" if 0 < len(candidates) <= 12 else None


def is_empty(node: Node) -> bool:
    """Whether nothing was written; that is reported when the file is read."""
    return isinstance(node, Scalar) and not node.text and not node.quoted


def as_map(context: Context, node: Node, what: str, example: str | None = None) -> Map | None:
    """A mapping with something in it."""
    if isinstance(node, Map):
        if len(node):
            return node
        context.error("CW206", node, f"{what} is empty", _example(example))
    elif not is_empty(node):
        context.error("CW203", node, f"{what} is a mapping", _example(example))
    return None


def as_list(context: Context, node: Node, what: str) -> Seq | None:
    """A list with something in it."""
    if isinstance(node, Seq):
        if node.items:
            return node
        context.error("CW206", node, f"{what} is empty")
    elif not is_empty(node):
        context.error(
            "CW203", node, f"{what} is a list", f"write `[{node.text}]`" if isinstance(node, Scalar) else None
        )
    return None


def as_text(context: Context, node: Node, what: str) -> str | None:
    """A text with something in it."""
    if isinstance(node, Scalar):
        if node.text.strip():
            return node.text
        if not is_empty(node):
            context.error("CW206", node, f"{what} is empty")
        return None
    context.error("CW203", node, f"{what} is a single value", "take the brackets or the dashes away")
    return None


def check_keys(
    context: Context,
    node: Map,
    what: str,
    allowed: Collection[str],
    required: Iterable[str] = (),
    *,
    at: Node | None = None,
) -> bool:
    """Report unknown and missing keys; whether all required ones are there. `at` is where a missing one is told."""
    missing = [key for key in required if node.get(key) is None]
    meant: set[str | None] = set()
    for key, _ in node:
        if key.text not in allowed:
            context.error("CW201", key, f"{what} has no key `{key.text}`", context.suggest(key.text, allowed))
            meant.add(context.nearest(key.text, allowed))
    untold = [key for key in missing if key not in meant]
    if untold:
        keys = " and ".join(f"`{key}`" for key in untold)
        context.error("CW202", node if at is None else at, f"{what} lacks {keys}")
    return not missing


def exclusive(context: Context, node: Map, what: str, keys: Collection[str]) -> str | None:
    """The one of these keys that is there; several, or none, are reported."""
    there = [key for key, _ in node if key.text in keys]
    if not there:
        context.error("CW202", node, f"{what} says none of {', '.join(f'`{key}`' for key in keys)}", "say one of them")
        return None
    for other in there[1:]:
        context.error("CW207", other, f"{what} says `{there[0].text}` and `{other.text}`", "say one of them")
    return there[0].text


def one_of(context: Context, node: Node, what: str, words: Collection[str]) -> str | None:
    """One of a closed list of words."""
    text = as_text(context, node, what)
    if text is None:
        return None
    if text in words:
        return text
    known = (
        f"write one of {', '.join(f'`{word}`' for word in words)}" if len(words) > 1 else f"write `{next(iter(words))}`"
    )
    context.error("CW204", node, f"{what} cannot be `{text}`", context.suggest(text, words, known))
    return None


def word_at(context: Context, node: Map, key: str, words: Collection[str]) -> str | None:
    """The word at a key of a mapping, one of a closed list; None where the key is not there or the word is wrong."""
    value = node.get(key)
    return None if value is None else one_of(context, value, f"`{key}`", words)


def name_at(context: Context, node: Map, key: str, sort: Sort) -> str | None:
    """The declared name at a key of a mapping; None where the key is not there or nothing has that name."""
    value = node.get(key)
    return None if value is None else reference(context, value, sort)


def yes_no(context: Context, node: Node, what: str) -> bool | None:
    """`yes` or `no`."""
    text = as_text(context, node, what)
    if text is None:
        return None
    if text in ("yes", "no"):
        return text == "yes"
    folded = text.casefold()
    if folded in _YES or folded in _NO or folded in ("yes", "no"):
        right = "yes" if folded in _YES or folded == "yes" else "no"
        context.error("CW205", node, f"{what} is `{text}`", f"write `{right}`")
    else:
        context.error("CW205", node, f"{what} is `yes` or `no`, not `{text}`", "write `yes` or `no`")
    return None


def only_yes(context: Context, node: Node | None, what: str) -> bool:
    """`yes`; leaving the key out says no."""
    if node is None:
        return False
    said = yes_no(context, node, what)
    if said is False:
        context.error("CW204", node, f"{what} is `no` anyway", "leave the key out")
    return said is True


def whole(context: Context, node: Node, what: str, low: int = -LARGEST, high: int = LARGEST) -> int | None:
    """A whole number within bounds."""
    text = as_text(context, node, what)
    if text is None:
        return None
    if not _WHOLE.fullmatch(text) or len(text) > 16:
        context.error("CW410", node, f"{what} is a whole number, not `{text}`")
        return None
    number = int(text)
    if low <= number <= high:
        return number
    bound = f"at least {low}" if number < low else f"at most {high}"
    context.error("CW410", node, f"{what} is {number}", f"write a whole number of {bound}")
    return None


def reference(context: Context, node: Node, sort: Sort, extra: Collection[str] = ()) -> str | None:
    """A declared name of this sort, or one of the extra words."""
    text = as_text(context, node, f"a {sort}")
    if text is None:
        return None
    if text in extra or context.names.has(sort, text):
        context.names.use(sort, text)
        return text
    unknown_name(context, node, sort, text, extra)
    return None


def unknown_name(context: Context, node: Node, sort: Sort, text: str, extra: Collection[str] = ()) -> None:
    """Report a name that is not declared."""
    declare = f"declare it under `{SECTION_OF[sort]}`"
    near = context.nearest(text, [*context.names.all_of(sort), *extra])
    if near is not None:
        context.names.use(sort, near)  # most likely that is what refers to it
    context.error("CW303", node, f"there is no {sort} `{text}`", f"did you mean `{near}`?" if near else declare)


def references(context: Context, node: Node, what: str, sort: Sort, extra: Collection[str] = ()) -> tuple[str, ...]:
    """A list of declared names, each once."""
    return each(context, node, what, lambda item: reference(context, item, sort, extra))


def each(context: Context, node: Node, what: str, read: Callable[[Node], T | None]) -> tuple[T, ...]:
    """What `read` gives for each item of a list; items that cannot be read, or stand there twice, are left out."""
    items = as_list(context, node, what)
    result: dict[T, None] = {}
    for item in items.items if items else ():
        value = read(item)
        if value is None:
            continue
        if value in result:
            context.error("CW211", item, f"{what}: this stands there twice", "take one of them away")
        else:
            result[value] = None
    return tuple(result)


def texts(context: Context, node: Node, what: str) -> tuple[str, ...]:
    """A list of texts, each once."""
    return each(context, node, what, lambda item: as_text(context, item, f"an item of {what}"))


def cited(context: Context, node: Node, key: Scalar, needs_clause: str | None = None) -> Cited:
    """What an element cites; `needs_clause` is the element in the author's words where a clause must be cited."""
    if not isinstance(node, Map):
        return Cited(key.place)
    clauses_node, interpretations_node, note = (node.get(word) for word in CITED_KEYS)
    if clauses_node is None and needs_clause is not None:
        context.error("CW700", key, f"{needs_clause} cites no clause", "add `clause: [ID]`")
    clauses = () if clauses_node is None else _clauses(context, clauses_node)
    interpretations: tuple[str, ...] = ()
    if interpretations_node is not None:
        interpretations = references(context, interpretations_node, "`interpretation`", Sort.INTERPRETATION)
    if clauses or interpretations:
        context.citations.append(Citation(key, clauses, interpretations))
    return Cited(
        key.place,
        tuple(clause.text for clause in clauses),
        interpretations,
        None if note is None else as_text(context, note, "`note`"),
    )


def _clauses(context: Context, node: Node) -> tuple[Scalar, ...]:
    """The cited clauses as they stand in the file; those that the clause file lacks are reported."""
    items = as_list(context, node, "`clause`")
    found: dict[str, Scalar] = {}
    for item in items.items if items else ():
        text = as_text(context, item, "a clause")
        if text is None or not isinstance(item, Scalar):
            continue
        if text in found:
            context.error("CW211", item, f"`clause` says `{text}` twice", "take one of them away")
        elif context.known_clauses is not None and text not in context.known_clauses:
            context.error(
                "CW701",
                item,
                f"the clause file has no `{text}`",
                context.suggest(text, context.known_clauses, "add it there"),
            )
        found[text] = item
    return tuple(found.values())


def _example(example: str | None) -> str | None:
    return None if example is None else f"write for example `{example}`"
