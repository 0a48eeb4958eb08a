"""The ruleset of a case that was opened under an older revision: its terms as they were, all else as it is now.

Terms bind at opening, operations are the newest. Which is which:

- **Terms** are `calendars`, `plans`, `severity`, `clocks`, `credits`, `quotas`, `revision`, and of `defaults` all but
  the language of messages. What they rest on belongs to them, or they would promise something else: the events by which
  clocks start and stop, the fields that severity, pauses and quotas look at, and where they ask for them guards,
  channels, the scope or the intake. Where the newer revision says such a thing otherwise, the older one holds for the
  case as a whole, and where it no longer has it, it is kept.
- **Operations** are all else: rules, messages, other events and fields, guards, channels, intake, scope, queue, people,
  close reasons, the default language, and `applies_to`, since of two rulesets never both may govern a case.

A term that only the newer revision has is no promise of this case: it is left out, with whatever of the newer
operations cannot stand without it. Nothing is cut down: a rule with a part of its condition gone would do something
else. Where the older revision has an element of that name, that one goes on as it did.

A revision that binds all cases brings its own terms, and nothing is composed.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from casewarden.ruleset.diagnostics import Diagnostic
from casewarden.ruleset.digest import digest, meaning
from casewarden.ruleset.needs import TERMS, Ref, closure, element_of
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.partly import partly
from casewarden.ruleset.parts import Part, errors_in, in_file, parts_of, read_parts
from casewarden.ruleset.syntax import Ruleset
from casewarden.ruleset.written import Written

__all__ = ["Composed", "LeftOut", "compose", "partly"]

_SHORT: Final = 8
_STAYS: Final = frozenset({"ruleset", "applies_to"})
"""Sections without which the ruleset would be another one altogether; an older `applies_to` may stand in."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An element of the newer revision that a case of the older one has not, and why.

    `instead`: the older revision's element of that name stands in its place.
    """

    section: str
    name: str
    why: str
    instead: bool = False


@dataclass(frozen=True, slots=True)
class Composed:
    """The ruleset of a case, and how it differs from the newer revision.

    `kept` are the elements other than terms that are the older revision's because its terms rest on them, where the
    newer says them otherwise or not at all. `refused` is why the two do not go together in any way: the ruleset is then
    the older one as it is.
    """

    ruleset: Ruleset
    left_out: tuple[LeftOut, ...] = ()
    kept: tuple[Ref, ...] = ()
    refused: Diagnostic | None = None


def compose(terms: Written, operations: Written) -> Composed:
    """The ruleset with the terms of one revision and the operations of another; ValueError for different rulesets.

    Its digest depends on both digests. It cites clauses of both, and no clause file is looked at.
    """
    if terms.ruleset.name != operations.ruleset.name:
        raise ValueError(f"`{terms.ruleset.name}` and `{operations.ruleset.name}` are no revisions of one ruleset")
    if terms.digest == operations.digest or operations.ruleset.revision.binds == "all_cases":
        return Composed(operations.ruleset)
    mixing = _Mixing(terms, operations)
    refused = mixing.settle()
    if refused is not None:
        return Composed(terms.ruleset, refused=refused)
    return mixing.result()


class _Origin(Enum):
    """Where an element of the mixture comes from."""

    TERMS = auto()
    NEWER = auto()
    INSTEAD = auto()
    """The older revision's, since the newer one of that name cannot stand."""


@dataclass(slots=True)
class _Mixing:
    """The table of elements on its way from the two revisions to one ruleset without errors."""

    terms: Written
    operations: Written
    older: dict[Ref, Part] = field(init=False)
    newer: dict[Ref, Part] = field(init=False)
    parts: dict[Ref, Part] = field(init=False)
    origin: dict[Ref, _Origin] = field(init=False)
    kept: list[Ref] = field(default_factory=list)
    left_out: dict[Ref, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.newer = parts_of(self.operations.document)
        self.older = self._own_readings(parts_of(self.terms.document))
        bound = {ref: part for ref, part in self.older.items() if ref[0] in TERMS}
        rests_on = closure(self.terms.ruleset, bound, self.newer.__contains__)
        held = {ref for ref, means in rests_on.items() if means and ref[0] not in TERMS}
        self.parts = {ref: part for ref, part in self.newer.items() if ref[0] not in TERMS and ref not in held}
        self.origin = dict.fromkeys(self.parts, _Origin.NEWER)
        for ref in (*bound, *sorted(held)):
            self._put(ref, _Origin.TERMS)
        self.kept = sorted(ref for ref in held if self._differs(ref))
        self.parts["defaults", ""] = self._defaults()
        for ref in self.older:
            if ref[0] == "interpretations" and ref not in self.newer:
                self._put(ref, _Origin.TERMS)
        for ref in self.newer:
            if ref[0] in TERMS and ref not in self.older:
                self.left_out[ref] = "no promise of a case that was opened under the older revision"

    def _own_readings(self, older: Mapping[Ref, Part]) -> dict[Ref, Part]:
        """The older elements with readings of their own where one revision leaves open what the other decided."""
        before, now = self.terms.ruleset.interpretations, self.operations.ruleset.interpretations
        names = {name for name in before if name in now and before[name].is_open != now[name].is_open}
        found: dict[Ref, Part] = {}
        for (section, name), part in older.items():
            if section == "interpretations" and name in names:
                key = Scalar(self._mark(name), part.key.place, quoted=False)
                found[section, key.text] = Part(key, part.node)
            else:
                found[section, name] = Part(part.key, _citing(part.node, names, self._mark)) if names else part
        return found

    def _put(self, ref: Ref, origin: _Origin) -> None:
        self.parts[ref] = self.older[ref]
        self.origin[ref] = origin

    def _differs(self, ref: Ref) -> bool:
        now = element_of(self.operations.ruleset, ref)
        return now is None or meaning(now) != meaning(element_of(self.terms.ruleset, ref))

    def _defaults(self) -> Part:
        """The older defaults with the newer language."""
        before, now = self.older["defaults", ""], self.newer["defaults", ""].node
        language = now.get("language") if isinstance(now, Map) else None
        assert isinstance(before.node, Map)
        entries = tuple((k, language if k.text == "language" and language else v) for k, v in before.node)
        return Part(before.key, Map(entries, before.node.place))

    def settle(self) -> Diagnostic | None:
        """Take out what cannot stand until nothing is wrong; the error that nothing can be done about, if any."""
        while errors := errors_in(self.parts, self.terms.path, self.terms.lock):
            gone = {ref: error for error, refs in errors if (ref := self._to_go(refs)) is not None}
            if not gone:
                return errors[0][0]
            for ref, error in gone.items():
                self._take_out(ref, error)
        return None

    def _to_go(self, refs: tuple[Ref, ...]) -> Ref | None:
        """Which of the elements that an error is about can go: never a term, and what stays only for an older one."""
        for ref in refs:
            origin = self.origin.get(ref)
            if origin is _Origin.NEWER and (ref[0] not in _STAYS or ref in self.older):
                return ref
            if origin is _Origin.INSTEAD and ref[0] not in _STAYS:
                return ref
        return None

    def _take_out(self, ref: Ref, error: Diagnostic) -> None:
        self.left_out.setdefault(ref, error.message)
        if self.origin.pop(ref) is _Origin.NEWER and ref in self.older:
            self._put(ref, _Origin.INSTEAD)
            for needed in sorted(closure(self.terms.ruleset, [ref], self.parts.__contains__)):
                if needed not in self.parts and needed not in self.left_out:
                    self._put(needed, _Origin.INSTEAD)
        else:
            del self.parts[ref]

    def result(self) -> Composed:
        """The ruleset, read with the older revision's files marked by its digest."""
        marked = {
            ref: part if self.origin[ref] is _Origin.NEWER else self._marked(part) for ref, part in self.parts.items()
        }
        files = (*self.operations.document.files, *map(self._mark, self.terms.document.files))
        ruleset, errors = read_parts(marked, self.terms.path, self.terms.lock, files)
        assert not errors, errors[0].message
        left_out = tuple(
            LeftOut(section, name, why, instead=(section, name) in self.parts)
            for (section, name), why in sorted(self.left_out.items())
            if (section, name) in self.newer
        )
        both = f"{self.terms.digest} {self.operations.digest}"
        return Composed(digest(ruleset, both), left_out, tuple(self.kept))

    def _marked(self, part: Part) -> Part:
        return in_file(part, self._mark(part.key.place.file))

    def _mark(self, file: str) -> str:
        return f"{file}@{self.terms.digest[:_SHORT]}"


def _citing(node: Node, names: Collection[str], renamed: Callable[[str], str]) -> Node:
    """The element with other names of the interpretations that it rests on."""
    match node:
        case Seq(items):
            return Seq(tuple(_citing(item, names, renamed) for item in items), node.place)
        case Map():
            entries = ((key, _citing(value, names, renamed)) for key, value in node)
            return Map(
                tuple((k, _renamed(v, names, renamed) if k.text == "interpretation" else v) for k, v in entries),
                node.place,
            )
        case _:
            return node


def _renamed(node: Node, names: Collection[str], renamed: Callable[[str], str]) -> Node:
    if not isinstance(node, Seq):
        return node
    items = (
        Scalar(renamed(item.text), item.place, quoted=False)
        if isinstance(item, Scalar) and item.text in names
        else item
        for item in node.items
    )
    return Seq(tuple(items), node.place)
