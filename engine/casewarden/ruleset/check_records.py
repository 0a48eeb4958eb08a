"""Rules about a customer or a service see their own record only; `owner` needs a clock; guards need values."""

from typing import TypeGuard

from casewarden.ruleset.diagnostics import Diagnostics, Place
from casewarden.ruleset.placeholders import placeholders
from casewarden.ruleset.read_events import attributes
from casewarden.ruleset.syntax import (
    Action,
    FieldType,
    FromPath,
    Message,
    Notify,
    Publish,
    Rule,
    Ruleset,
    SetFact,
)
from casewarden.ruleset.terms import AllOf, AnyOf, Becomes, Entry, FactTest, Known, Leaf
from casewarden.ruleset.walk import Uses, clocks_of_event, event_term, leaves, uses_of

CUSTOMER_KINDS = frozenset({"plan"})
_OWN = {"customer": ("customer.", "contract.")}


def check_records(ruleset: Ruleset, diagnostics: Diagnostics) -> None:
    """Check every rule about something else than a case, and every `notify: owner`."""
    for rule in ruleset.rules.values():
        if rule.about != "case":
            _check_uses(ruleset, rule, diagnostics)
            for action in (*rule.then, *rule.if_unsupported):
                _check_action(ruleset, rule, action, diagnostics)
        elif any(isinstance(action, Notify) and action.who == "owner" for action in (*rule.then, *rule.if_unsupported)):
            _check_owner(ruleset, rule, diagnostics)


def _sees(rule: Rule, path: str) -> bool:
    return path == "now" or path.startswith(_OWN.get(rule.about, (f"{rule.about}.",)))


def _check_uses(ruleset: Ruleset, rule: Rule, diagnostics: Diagnostics) -> None:
    uses = Uses() if rule.when is None else uses_of(rule.when)
    place = rule.cited.place
    if rule.repeat is not None and rule.repeat.start is not None:
        uses.paths.setdefault(rule.repeat.start.text, place)
    for name in (rule.each, rule.repeat.reset_by if rule.repeat is not None else None):
        if name is not None:
            uses.events.setdefault(name, place)
    for path, at in uses.paths.items():
        if not _sees(rule, path):
            _foreign(rule, f"`{path}`", at or place, diagnostics)
    for clock, at in uses.clocks.items():
        if f"clock.{clock}" not in {path[: len(clock) + 6] for path in uses.paths}:
            _foreign(rule, f"the clock `{clock}`", at or place, diagnostics)
    for event, at in uses.events.items():
        if not _event_fits(ruleset, rule, event, frozenset()):
            _foreign(rule, f"the event `{event}`", at or place, diagnostics)


def _event_fits(ruleset: Ruleset, rule: Rule, name: str, seen: frozenset[str]) -> bool:
    """Whether an event is one of the rule's own record."""
    if name in seen:
        return True
    match event_term(ruleset, name):
        case Entry(kinds):
            return rule.about == "customer" and set(kinds) <= CUSTOMER_KINDS
        case Becomes(condition):
            uses = uses_of(condition)
            own = all(_sees(rule, path) for path in uses.paths) and not uses.clocks
            return own and all(_event_fits(ruleset, rule, part, seen | {name}) for part in uses.events)
        case AllOf(names, _, _) | AnyOf(names):
            return all(_event_fits(ruleset, rule, part, seen | {name}) for part in names)
        case None:
            return True
        case _:
            return False


def _foreign(rule: Rule, what: str, at: Place, diagnostics: Diagnostics) -> None:
    own = " and ".join(f"`{prefix}*`" for prefix in _OWN.get(rule.about, (f"{rule.about}.",)))
    diagnostics.error(
        "CW308",
        at,
        f"the rule `{rule.name}` is about `{rule.about}` and cannot see {what}",
        f"use {own}, or leave `about` out",
    )


def _check_action(ruleset: Ruleset, rule: Rule, action: Action, diagnostics: Diagnostics) -> None:
    place = rule.cited.place
    match action:
        case SetFact(path, value):
            for used in (path, *([value.path] if isinstance(value, FromPath) else [])):
                if not _sees(rule, used.text):
                    _foreign(rule, f"`{used}`", place, diagnostics)
        case Notify("owner", _):
            _no_case(rule, "`notify: owner`", diagnostics)
        case Notify() | Publish():
            message = ruleset.messages.get(action.message)
            for shown in () if message is None else shown_paths(message):
                if not _sees(rule, shown):
                    _foreign(rule, f"`{shown}`, shown by the message `{action.message}`", place, diagnostics)
        case _:
            _no_case(rule, f"`{type(action).__name__.removesuffix('Case').lower()}`", diagnostics)


def _no_case(rule: Rule, action: str, diagnostics: Diagnostics) -> None:
    diagnostics.error(
        "CW606",
        rule.cited.place,
        f"the rule `{rule.name}` is about `{rule.about}`, where there is no case for {action}",
        "use `set`, `notify` or `publish`",
    )


def shown_paths(message: Message) -> list[str]:
    """The paths that a message shows in any language."""
    texts = [part for text in message.texts.values() for part in (text.subject or "", text.body)]
    return list(dict.fromkeys(path for text in texts for path in placeholders(text)))


def _check_owner(ruleset: Ruleset, rule: Rule, diagnostics: Diagnostics) -> None:
    named = set() if rule.when is None else set(uses_of(rule.when).clocks)
    if rule.each is not None:
        named |= clocks_of_event(ruleset, rule.each)
    owned = sorted(name for name in named if name in ruleset.clocks and ruleset.clocks[name].owner is not None)
    owners = {ruleset.clocks[name].owner for name in owned}
    if len(owners) == 1 or any(name not in ruleset.clocks for name in named):
        return
    if owners:
        clocks = ", ".join(f"`{name}`" for name in owned)
        message = f"the rule `{rule.name}` speaks of {clocks}, which have different owners"
    else:
        message = f"the rule `{rule.name}` notifies `owner` and speaks of no clock that has one"
    diagnostics.error("CW607", rule.cited.place, message, "name the person, or test one clock with an owner")


def check_guards(ruleset: Ruleset, diagnostics: Diagnostics) -> None:
    """Warn of guards on fields that are unknown until somebody confirms them."""
    for guard in ruleset.guards.values():
        asked = {leaf.path.text for leaf in leaves(guard.condition) if _asks_whether_known(leaf)}
        for path, place in uses_of(guard.condition).paths.items():
            declared = ruleset.fields.get(path)
            if path in asked:
                continue  # the guard itself says what holds before
            if declared is not None and declared.confirmed_by and declared.when_missing is None:
                diagnostics.warning(
                    "CW609",
                    place or guard.cited.place,
                    f"until `{path}` is confirmed, the guard `{guard.name}` forbids to {guard.forbids}",
                    f"say what holds before, with `when_missing` of `{path}`",
                    [(declared.cited.place, "declared here")],
                )


def _asks_whether_known(leaf: Leaf) -> TypeGuard[FactTest]:
    return isinstance(leaf, FactTest) and isinstance(leaf.test, Known)


def check_languages(ruleset: Ruleset, diagnostics: Diagnostics) -> None:
    """Every message has the default language."""
    language = ruleset.defaults.language
    for message in ruleset.messages.values():
        if language not in message.texts:
            diagnostics.error(
                "CW608",
                message.cited.place,
                f"the message `{message.name}` has no text in `{language}`, the default language",
                f"add `{language}: ...`",
            )


def check_amounts(ruleset: Ruleset, diagnostics: Diagnostics) -> None:
    """A quota adds up an attribute that its event has."""
    for quota in ruleset.quotas.values():
        term = event_term(ruleset, quota.counts)
        if quota.amount is None or term is None:
            continue
        known = [name for name, kind in attributes(term).items() if kind is FieldType.DURATION]
        if quota.amount not in known:
            fix = f"write `amount: {known[0]}`" if known else "count an event of kind `work`, or leave `amount` out"
            diagnostics.error(
                "CW611",
                quota.cited.place,
                f"the event `{quota.counts}` has no `{quota.amount}` that the quota `{quota.name}` could add up",
                fix,
            )
