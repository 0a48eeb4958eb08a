"""What a test expects at an instant, read in the words of the language and checked against the ruleset."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final, TypeVar, get_args

from casewarden.model.decision import AlertKind, ClockState, CorrectionKind, WithheldWhy
from casewarden.ruleset.diagnostics import Place
from casewarden.ruleset.forms import (
    Context,
    as_list,
    as_map,
    as_text,
    check_keys,
    one_of,
    only_yes,
    reference,
    texts,
    unknown_name,
    whole,
    yes_no,
)
from casewarden.ruleset.names import Sort
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.ruleset.paths import PathType, Special, path_type
from casewarden.ruleset.read_actions import ACTIONS, read_actions
from casewarden.ruleset.read_conditions import read_condition
from casewarden.ruleset.read_tests import read_test, read_value
from casewarden.ruleset.syntax import Action, FieldType, QueueWord, Ruleset
from casewarden.ruleset.terms import Bounds, Condition, FactTest, LinksTest, Path
from casewarden.scenario.same_action import could_be
from casewarden.scenario.say import action_text
from casewarden.scenario.scenario import (
    ActionIs,
    AlertIs,
    ClockIs,
    CorrectionIs,
    Expect,
    FactIs,
    LedgerIs,
    QueueIs,
    RevisionIs,
    SeverityBy,
    WakeupIs,
    WithheldIs,
)
from casewarden.scenario.times import read_time
from casewarden.worktime.zones import Zone

T = TypeVar("T")

WORDS: Final = (
    "severity_by", "clocks", "actions", "nothing_else", "withheld", "ledger", "alerts", "corrections", "queue",
    "revision", "next_wakeup",
)  # fmt: skip
SEVERITY_BY: Final = ("person", "rule", "table", "reported", "none")
REVISION: Final = ("binds", "does_not_bind")
WITHHELD: Final[tuple[str, ...]] = get_args(WithheldWhy)
ALERTS: Final[tuple[str, ...]] = get_args(AlertKind)
CORRECTIONS: Final[tuple[str, ...]] = get_args(CorrectionKind)
LEDGER_STATES: Final = ("accruing", "posted")
CLOCK_KEYS: Final = ("state", "due", "started", "stopped", "remaining", "used", "target", "owner", "reason", "run")
ACTION_KEYS: Final = ("rule", *ACTIONS, "language", "says", "at", "deliver_at", "provisional", "late", "times")
WITHHELD_KEYS: Final = ("rule", "why", "says")
LEDGER_KEYS: Final = ("credit", "days", "state", "arithmetic")
TOLD_KEYS: Final = ("kind", "says")
CLOCK_STATES: Final = tuple(state.value for state in ClockState)
_NONE: Final = "none"
_LENGTH: Final = PathType(Path("remaining"), FieldType.DURATION)
_SHARE: Final = PathType(Path("used"), Special.PERCENT)


class ExpectReader:
    """Reads `expect` against one ruleset."""

    def __init__(self, context: Context, ruleset: Ruleset, zone: Zone) -> None:
        self._context = context
        self._ruleset = ruleset
        self._zone = zone

    def read(self, key: Scalar, node: Node) -> Expect | None:
        """All that must hold; what is wrong is left out and told."""
        entries = as_map(self._context, node, "`expect`", "{case.severity: 1, nothing_else: yes}")
        if entries is None:
            return None
        facts: list[FactIs] = []
        for name, value in entries:
            if "." in name.text:
                fact = self._fact(name, value)
                if fact is not None:
                    facts.append(fact)
            elif name.text not in WORDS:
                fix = self._context.suggest(name.text, WORDS, f"write the whole path, such as `case.{name.text}`")
                self._context.error("CW201", name, f"`expect` has no key `{name.text}`", fix)
        by, ledger, nothing, queue, revision, wakeup = (
            entries.get(word) for word in ("severity_by", "ledger", "nothing_else", "queue", "revision", "next_wakeup")
        )
        word = None if by is None else one_of(self._context, by, "`severity_by`", SEVERITY_BY)
        nothing_else = nothing is not None and only_yes(self._context, nothing, "`nothing_else`")
        return Expect(
            key.place,
            None if word is None or by is None else SeverityBy(word, by.place),
            tuple(facts),
            self._clocks(entries.get("clocks")),
            tuple(part for parts in self._list(entries, "actions", self._action) for part in parts),
            entries.key_node("nothing_else").place if nothing_else else None,  # type: ignore[union-attr]
            self._list(entries, "withheld", self._withheld),
            None if ledger is None else self._ledger(entries, ledger),
            None if ledger is None else ledger.place,
            self._list(entries, "alerts", self._alert),
            self._list(entries, "corrections", self._correction),
            None if queue is None else self._queue(queue),
            None if revision is None else self._revision(revision),
            None if wakeup is None else self._wakeup(wakeup),
        )

    # -- values

    def _fact(self, key: Scalar, value: Node) -> FactIs | None:
        root = key.text.partition(".")[0]
        if root == "clock":
            name = key.text.split(".")[1]
            self._context.error("CW913", key, "clocks have their own place", f"write `clocks: {{{name}: STATE}}`")
            return None
        if root != "links":
            kind = path_type(self._context, key.text, key)
            if kind is None:
                return None
            if kind.type is FieldType.INSTANT and isinstance(value, Scalar):
                at = read_time(self._context, value, f"`{key.text}`", self._zone)
                return None if at is None else FactIs(None, key.text, at, key.place)
            if kind.type is FieldType.SET and isinstance(value, Scalar | Seq):
                self._context.error(
                    "CW412",
                    value,
                    f"`{key.text}` is a set",
                    "write `has_any`, `has_all` or `has_none` before the values",
                )
                return None
        condition = read_condition(self._context, Map(((key, value),), key.place))
        if isinstance(condition, FactTest) and condition.held is not None:
            self._context.error("CW412", value, "an expectation looks at one instant", "take `for` away")
            return None
        if isinstance(condition, FactTest | LinksTest):
            return FactIs(condition, key.text, None, key.place)
        return None

    def _time_or_none(self, node: Node, what: str) -> int | str | None:
        if isinstance(node, Scalar) and node.text == _NONE:
            return _NONE
        return read_time(self._context, node, what, self._zone)

    def _wakeup(self, node: Node) -> WakeupIs | None:
        found = self._time_or_none(node, "`next_wakeup`")
        if found is None:
            return None
        return WakeupIs(found if isinstance(found, int) else None, node.place)

    def _queue(self, node: Node) -> QueueIs | None:
        if isinstance(node, Scalar) and node.text == _NONE:
            return QueueIs(None, node.place)
        queue = self._ruleset.queue
        if queue is None:
            self._context.error("CW412", node, "the ruleset has no queue", "declare `queue` there")
            return None
        items = as_list(self._context, node, "`queue`")
        if items is None:
            return None
        if len(items.items) != len(queue.order):
            one = f"one value for each of the {len(queue.order)} items of its `order`"
            self._context.error("CW412", node, f"`queue` has {len(items.items)} values", f"write {one}, or `none`")
            return None
        found = tuple(self._standing(item, word) for item, word in zip(items.items, queue.order, strict=True))
        return QueueIs(tuple(None if value == _NONE else value for value in found), node.place)

    def _revision(self, node: Node) -> RevisionIs | None:
        word = one_of(self._context, node, "`revision`", REVISION)
        return None if word is None else RevisionIs(word == REVISION[0], node.place)

    def _standing(self, node: Node, item: Condition | QueueWord) -> bool | str | int | None:
        if item == "severity":
            levels = () if self._ruleset.severity is None else self._ruleset.severity.levels
            return one_of(self._context, node, "a severity", (*levels, _NONE))
        if item in ("due", "opened"):
            return self._time_or_none(node, f"`{item}`")
        return yes_no(self._context, node, "a condition of the queue")

    def _said(self, node: Map) -> tuple[str, ...]:
        value = node.get("says")
        if value is None:
            return ()
        if isinstance(value, Seq):
            return texts(self._context, value, "`says`")
        text = as_text(self._context, value, "`says`")
        return () if text is None else (text,)

    # -- clocks

    def _clocks(self, node: Node | None) -> tuple[ClockIs, ...]:
        if node is None:
            return ()
        entries = as_map(self._context, node, "`clocks`", "{CLOCK: running}")
        found = []
        for key, value in entries or ():
            if not self._context.names.has(Sort.CLOCK, key.text):
                unknown_name(self._context, key, Sort.CLOCK, key.text)
                continue
            clock = self._clock(key, value)
            if clock is not None:
                found.append(clock)
        return tuple(found)

    def _clock(self, key: Scalar, node: Node) -> ClockIs | None:
        context = self._context
        if not isinstance(node, Map):
            state = one_of(context, node, f"the state of `{key.text}`", CLOCK_STATES)
            return None if state is None else ClockIs(key.text, key.place, {"state": key.place}, state=state)
        check_keys(context, node, f"the clock `{key.text}`", CLOCK_KEYS)
        if not len(node):
            context.error("CW206", node, f"nothing is expected of the clock `{key.text}`")
            return None
        places: dict[str, Place] = {}
        said: dict[str, object] = {}
        for name, value in node:
            found = self._clock_part(name.text, value) if name.text in CLOCK_KEYS else None
            if found is not None:
                said[name.text] = found
                places[name.text] = name.place
        return ClockIs(key.text, key.place, places, **said)  # type: ignore[arg-type]  # as read by key

    def _clock_part(self, word: str, node: Node) -> object:
        context, what = self._context, f"`{word}`"
        match word:
            case "state":
                return one_of(context, node, what, CLOCK_STATES)
            case "due" | "stopped":
                return self._time_or_none(node, what)
            case "started":
                return read_time(context, node, what, self._zone)
            case "remaining":
                return read_value(context, node, _LENGTH)
            case "used":
                return self._share(node)
            case "owner":
                return reference(context, node, Sort.PERSON)
            case "run":
                return whole(context, node, what, 1)
            case _:
                return as_text(context, node, what)

    def _share(self, node: Node) -> Decimal | Bounds | None:
        if isinstance(node, Map):
            test = read_test(self._context, node, _SHARE, may_last=False)
            if test is None:
                return None
            if isinstance(test[0], Bounds):
                return test[0]
            self._context.error("CW412", node, "`used` is a share or has bounds", "write `75%` or `{at_least: 75%}`")
            return None
        value = read_value(self._context, node, _SHARE)
        return value if isinstance(value, Decimal) else None

    # -- what happened

    def _list(self, entries: Map, word: str, read: Callable[[Node], T | None]) -> tuple[T, ...]:
        node = entries.get(word)
        items = None if node is None else as_list(self._context, node, f"`{word}`")
        found = [read(item) for item in (items.items if items is not None else ())]
        return tuple(one for one in found if one is not None)

    def _action(self, node: Node) -> Sequence[ActionIs] | None:
        """One item: what each action of it must be; `times` repeats it, a `set` of several paths is several."""
        context = self._context
        entries = as_map(context, node, "an expected action", "{rule: RULE, reply: MESSAGE}")
        if entries is None:
            return None
        check_keys(context, entries, "an expected action", ACTION_KEYS)
        rule_node, times_node, language, at, deliver = (
            entries.get(word) for word in ("rule", "times", "language", "at", "deliver_at")
        )
        rule = None if rule_node is None else reference(context, rule_node, Sort.RULE)
        times = 1 if times_node is None else whole(context, times_node, "`times`", 1, 1_000)
        wanted = self._wanted(entries)
        if wanted is None or times is None or (rule_node is not None and rule is None):
            return None
        if rule is not None:
            self._check_rule(rule, wanted, entries)
        marks = {
            word: None if (mark := entries.get(word)) is None else yes_no(context, mark, f"`{word}`")
            for word in ("provisional", "late")
        }
        common = ActionIs(
            entries.entries[0][0].place,
            rule,
            None,
            None if language is None else as_text(context, language, "`language`"),
            self._said(entries),
            None if at is None else read_time(context, at, "`at`", self._zone),
            None if deliver is None else read_time(context, deliver, "`deliver_at`", self._zone),
            marks["provisional"],
            marks["late"],
        )
        return [replace(common, action=action) for action in wanted or (None,)] * times

    def _wanted(self, entries: Map) -> tuple[Action, ...] | None:
        """The action words of an item, read as a ruleset's; none of them is any action."""
        words = [(key, value) for key, value in entries if key.text in ACTIONS]
        if not words:
            return ()
        for key, _ in words[1:]:
            first = words[0][0].text
            self._context.error("CW207", key, f"one action is not `{first}` and `{key.text}`", "make two items of it")
        if len(words) > 1:
            return None
        item = Map((words[0],), words[0][0].place)
        return read_actions(self._context, Seq((item,), item.place), "an expected action")

    def _check_rule(self, rule: str, wanted: Sequence[Action], entries: Map) -> None:
        for action in wanted:
            if not any(could_be(action, done) for done in self._ruleset.rules[rule].then):
                key = next(key for key, _ in entries if key.text in ACTIONS)
                does = "; ".join(f"`{action_text(done)}`" for done in self._ruleset.rules[rule].then)
                self._context.error("CW912", key, f"the rule `{rule}` does nothing of the kind", f"it does {does}")

    def _withheld(self, node: Node) -> WithheldIs | None:
        context = self._context
        entries = as_map(context, node, "an item of `withheld`", "{rule: RULE, why: guard}")
        if entries is None:
            return None
        check_keys(context, entries, "an item of `withheld`", WITHHELD_KEYS)
        rule, why, says = (entries.get(word) for word in WITHHELD_KEYS)
        return WithheldIs(
            entries.entries[0][0].place,
            None if rule is None else reference(context, rule, Sort.RULE),
            None if why is None else one_of(context, why, "`why`", WITHHELD),
            None if says is None else as_text(context, says, "`says`"),
        )

    def _ledger(self, entries: Map, node: Node) -> tuple[LedgerIs, ...]:
        if isinstance(node, Scalar) and node.text == _NONE:
            return ()
        return self._list(entries, "ledger", self._posting)

    def _posting(self, node: Node) -> LedgerIs | None:
        context = self._context
        entries = as_map(context, node, "an item of `ledger`", "{credit: NAME, days: 3, state: posted}")
        if entries is None:
            return None
        if not check_keys(context, entries, "an item of `ledger`", LEDGER_KEYS, ("credit",)):
            return None
        name, days, state, arithmetic = (entries.get(word) for word in LEDGER_KEYS)
        assert name is not None
        credit = reference(context, name, Sort.CREDIT)
        if credit is None:
            return None
        return LedgerIs(
            entries.entries[0][0].place,
            credit,
            None if days is None else whole(context, days, "`days`", 0),
            None if state is None else one_of(context, state, "`state`", LEDGER_STATES),
            None if arithmetic is None else as_text(context, arithmetic, "`arithmetic`"),
        )

    def _alert(self, node: Node) -> AlertIs | None:
        found = self._kind_and_text(node, "alerts", ALERTS)
        return None if found is None else AlertIs(*found)

    def _correction(self, node: Node) -> CorrectionIs | None:
        found = self._kind_and_text(node, "corrections", CORRECTIONS)
        return None if found is None else CorrectionIs(*found)

    def _kind_and_text(self, node: Node, word: str, kinds: tuple[str, ...]) -> tuple[Place, str, str | None] | None:
        context, what = self._context, f"an item of `{word}`"
        entries = as_map(context, node, what, f"{{kind: {kinds[0]}}}")
        if entries is None or not check_keys(context, entries, what, TOLD_KEYS, ("kind",)):
            return None
        kind_node, says = entries.get("kind"), entries.get("says")
        assert kind_node is not None
        kind = one_of(context, kind_node, "`kind`", kinds)
        text = None if says is None else as_text(context, says, "`says`")
        return None if kind is None else (entries.entries[0][0].place, kind, text)
