"""Conditions as generated Python: one generator for every condition, plain or recording what each leaf said.

The source is built from typed nodes only; what authors wrote (values, patterns, names) comes in as constants of the
function's namespace, never as code. Truth is Kleene: for each condition the generator writes one expression that is
true when the condition is true and one that is true when it is false; where neither holds it is unknown. Leaves whose
truth can change with time are calls; they are not asked where the others already make the condition false, since then
nothing that they could say matters before an event.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from casewarden.decide.grouping import Indexed, grouped
from casewarden.decide.leaves import LeafFunction
from casewarden.decide.trilean import NEVER, Trilean
from casewarden.ruleset.terms import All, Any, Bounds, Condition, FactTest, Has, Is, Known, Leaf, Not, SetMode

if TYPE_CHECKING:
    from casewarden.decide.state import State

# What a rule's leaves said, in the order in which they stand in its condition.
Recorded = tuple[Trilean, tuple[Trilean, ...]]
RulesFunction = Callable[["State", int, Callable[[int], None]], int]
RecordingFunction = Callable[["State", int, Callable[[int], None], "dict[int, Recorded]"], int]


class Dynamic(Protocol):
    """Gives the function of a leaf that is not a plain test on a fact."""

    def __call__(self, leaf: Leaf) -> LeafFunction:
        """Return the leaf's function."""
        ...


def leaves_of(condition: Condition) -> list[Leaf]:
    """Return the leaves of a condition in the order in which they are written."""
    match condition:
        case All(parts) | Any(parts):
            return [leaf for part in parts for leaf in leaves_of(part)]
        case Not(part):
            return leaves_of(part)
        case _:
            return [condition]


@dataclass(slots=True)
class _Terms:
    """One condition in the making: the expressions for true and for false."""

    true: str
    false: str


@dataclass(slots=True)
class Generator:
    """Collects conditions and compiles them. `dynamic_paths` are facts that can turn stale by themselves."""

    dynamic: Dynamic
    dynamic_paths: frozenset[str]
    namespace: dict[str, object] = field(default_factory=lambda: {"NEVER": NEVER})
    _constants: dict[object, str] = field(default_factory=dict)
    _calls: dict[Leaf, str] = field(default_factory=dict)

    def condition(self, condition: Condition) -> LeafFunction:
        """Return the function of one condition: its truth and the instant at which it can change by itself."""
        paths: dict[str, str] = {}
        calls: dict[Leaf, str] = {}
        terms = self._terms(condition, paths, calls)
        static = self._terms(condition, paths, None)
        body = [f"{variable} = V.get({self._constant(path)})" for path, variable in paths.items()]
        body.append("w = NEVER")
        if calls:
            body.append(f"if {static.false}: return False, w")
            body.extend(self._asked(calls))
        body.append(f"return (True if {terms.true} else (False if {terms.false} else None)), w")
        source = "def condition(S, now):\n    V = S.values\n" + "".join(f"    {line}\n" for line in body)
        function: LeafFunction = self._compile(source)["condition"]  # type: ignore[assignment]
        return function

    def rules(self, conditions: Sequence[Condition]) -> RulesFunction:
        """Return the function that asks all these conditions: it calls `hit` with the index of each that is true.

        The indices come in any order. It returns the earliest instant at which one of them can change by itself.
        """
        return self._compile(self._rules_source(conditions, recording=False))["rules"]  # type: ignore[return-value]

    def recording(self, conditions: Sequence[Condition]) -> RecordingFunction:
        """Return the same function, which also notes the truth of every condition and of every leaf."""
        return self._compile(self._rules_source(conditions, recording=True))["rules"]  # type: ignore[return-value]

    def _rules_source(self, conditions: Sequence[Condition], *, recording: bool) -> str:
        paths: dict[str, str] = {}
        lines: list[str] = []
        settled: list[Indexed] = []
        for index, condition in enumerate(conditions):
            calls: dict[Leaf, str] = {}
            terms = self._terms(condition, paths, calls)
            if not recording and not calls:
                settled.append((index, condition))
                continue
            hit = f"if {terms.true}: hit({index})"
            static = self._terms(condition, paths, None)
            if recording:
                lines.extend(self._recorded(index, condition, terms, static, calls, paths))
                lines.append(hit)
            else:
                lines.append(f"if not ({static.false}):")
                lines.extend(f"    {line}" for line in [*self._asked(calls), hit])
        lines.extend(self._settled(settled, paths))
        head = ["V = S.values", "w = NEVER"]
        if paths:
            self.namespace["PATHS"] = tuple(paths)
            head.append(f"{', '.join(paths.values())}, = map(V.get, PATHS)")
        signature = "def rules(S, now, hit, said):" if recording else "def rules(S, now, hit):"
        return signature + "\n" + "".join(f"    {line}\n" for line in [*head, *lines, "return w"])

    def _settled(self, conditions: Sequence[Indexed], paths: dict[str, str]) -> list[str]:
        """Return the lines for conditions that only facts can change: those that share a path under its values."""
        groups, others = grouped(conditions, self._is_plain)
        lines: list[str] = []
        for group in groups:
            word = "if"
            for value, left in group.left.items():
                lines.append(f"{word} {paths[group.path]} == {self._constant(value)}:")
                lines.extend(f"    {self._hit(index, rest, paths)}" for index, rest in left)
                word = "elif"
        return [*lines, *(self._hit(index, condition, paths) for index, condition in others)]

    def _hit(self, index: int, condition: Condition, paths: dict[str, str]) -> str:
        true = self._terms(condition, paths, {}).true
        return f"hit({index})" if true == "True" else f"if {true}: hit({index})"

    def _recorded(
        self,
        index: int,
        condition: Condition,
        terms: _Terms,
        static: _Terms,
        calls: dict[Leaf, str],
        paths: dict[str, str],
    ) -> list[str]:
        lines = []
        for leaf, variable in calls.items():
            lines.append(f"{variable}, t = {self._call(leaf)}(S, now)")
            lines.append(f"if t < w and not ({static.false}): w = t")
        said = []
        for leaf in leaves_of(condition):
            each = self._terms(leaf, paths, calls)
            said.append(f"(True if {each.true} else (False if {each.false} else None))")
        truth = f"(True if {terms.true} else (False if {terms.false} else None))"
        lines.append(f"said[{index}] = ({truth}, ({', '.join(said)},))")
        return lines

    def _asked(self, calls: dict[Leaf, str]) -> list[str]:
        lines = []
        for leaf, variable in calls.items():
            lines.append(f"{variable}, t = {self._call(leaf)}(S, now)")
            lines.append("if t < w: w = t")
        return lines

    def _terms(self, condition: Condition, paths: dict[str, str], calls: dict[Leaf, str] | None) -> _Terms:
        """Return the expressions of a condition; with `calls` None, leaves that need asking count as unknown."""
        match condition:
            case All(parts):
                terms = [self._terms(part, paths, calls) for part in sorted(parts, key=_rarely_true)]
                return _Terms(_joined("and", [t.true for t in terms]), _joined("or", [t.false for t in terms]))
            case Any(parts):
                terms = [self._terms(part, paths, calls) for part in parts]
                return _Terms(_joined("or", [t.true for t in terms]), _joined("and", [t.false for t in terms]))
            case Not(part):
                inner = self._terms(part, paths, calls)
                return _Terms(inner.false, inner.true)
            case _:
                return self._leaf(condition, paths, calls)

    def _leaf(self, leaf: Leaf, paths: dict[str, str], calls: dict[Leaf, str] | None) -> _Terms:
        if self._is_plain(leaf):
            assert isinstance(leaf, FactTest)
            return self._plain(leaf, paths.setdefault(leaf.path.text, f"v{len(paths)}"))
        if calls is None:
            return _Terms("False", "False")
        variable = calls.setdefault(leaf, f"x{len(calls)}")
        return _Terms(f"{variable} is True", f"{variable} is False")

    def _is_plain(self, leaf: Leaf) -> bool:
        return (
            isinstance(leaf, FactTest)
            and leaf.held is None
            and isinstance(leaf.test, Is | Bounds | Has | Known)
            and leaf.path.root in ("case", "customer", "contract", "service")
            and leaf.path.text not in self.dynamic_paths
        )

    def _plain(self, leaf: FactTest, v: str) -> _Terms:
        match leaf.test:
            case Is(values, negated):
                one = len(values) == 1
                k = self._constant(values[0] if one else frozenset(values))
                is_it, is_other = (f"{v} == {k}", f"{v} != {k}") if one else (f"{v} in {k}", f"{v} not in {k}")
                known_other = f"({v} is not None and {is_other})"
                return _Terms(known_other, is_it) if negated else _Terms(is_it, known_other)
            case Bounds():
                within = _joined("and", [f"{v} {sign} {self._constant(k)}" for sign, k in _signs(leaf.test)])
                return _Terms(f"({v} is not None and {within})", f"({v} is not None and not {within})")
            case Has(mode, values):
                k = self._constant(frozenset(values))
                inside = {
                    SetMode.ANY: f"not {k}.isdisjoint({v})",
                    SetMode.ALL: f"{k}.issubset({v})",
                    SetMode.NONE: f"{k}.isdisjoint({v})",
                }[mode]
                return _Terms(f"({v} is not None and {inside})", f"({v} is not None and not ({inside}))")
            case Known(wanted):
                known, missing = f"{v} is not None", f"{v} is None"
                return _Terms(known, missing) if wanted else _Terms(missing, known)
            case _:
                raise ValueError(f"{leaf.test} is not a plain test")

    def _constant(self, value: object) -> str:
        key = (type(value), value)
        name = self._constants.get(key)
        if name is None:
            name = self._constants[key] = f"K{len(self._constants)}"
            self.namespace[name] = value
        return name

    def _call(self, leaf: Leaf) -> str:
        name = self._calls.get(leaf)
        if name is None:
            name = self._calls[leaf] = f"L{len(self._calls)}"
            self.namespace[name] = self.dynamic(leaf)
        return name

    def _compile(self, source: str) -> Mapping[str, object]:
        scope = dict(self.namespace)
        exec(compile(source, "<casewarden rules>", "exec"), scope)  # noqa: S102  # built from typed nodes only
        return scope


def _rarely_true(condition: Condition) -> int:
    """Order tests so that the first one mostly settles it; their order means nothing."""
    match condition:
        case FactTest(test=Is(values=values, negated=False), held=None):
            return 0 if len(values) == 1 else 1
        case FactTest(test=Has() | Known(), held=None):
            return 2
        case FactTest(test=Bounds(), held=None):
            return 3
        case FactTest(held=None):
            return 4
        case _:
            return 5


def _joined(word: str, parts: list[str]) -> str:
    if not parts:
        return "True" if word == "and" else "False"
    return parts[0] if len(parts) == 1 else "(" + f" {word} ".join(parts) + ")"


def _signs(bounds: Bounds) -> list[tuple[str, object]]:
    pairs = ((">=", bounds.at_least), ("<=", bounds.at_most), (">", bounds.more_than), ("<", bounds.less_than))
    return [(sign, bound) for sign, bound in pairs if bound is not None]
