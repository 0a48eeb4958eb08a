"""Comparing what a test expects with what is so: every difference, with the trace of the rules that it speaks of."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from casewarden.decide.binding import binds
from casewarden.decide.clocks import Run
from casewarden.decide.explain.words import Words, bounds_of, length_words
from casewarden.decide.walk import state_at
from casewarden.decide.work_order import Standing, standing
from casewarden.model.decision import ClockInstance, ClockState, LedgerEntry, PlannedAction, Withheld
from casewarden.ruleset.terms import Bounds
from casewarden.scenario.matching import pair_up
from casewarden.scenario.mismatch import Mismatch
from casewarden.scenario.moment import Moment
from casewarden.scenario.same_action import is_action
from casewarden.scenario.say import action_text, planned_text, share_text, value_text
from casewarden.scenario.scenario import ActionIs, AlertIs, ClockIs, CorrectionIs, Expect, FactIs, LedgerIs, WithheldIs
from casewarden.scenario.times import shown
from casewarden.scenario.why import found, why

_BINDS: Final = {True: "binds", False: "does_not_bind"}


def compare(expect: Expect, moment: Moment) -> list[Mismatch]:
    """All that is expected at the moment and is not so, in the order of the file."""
    mismatches = [
        *_severity_by(expect, moment),
        *(one for fact in expect.facts for one in _fact(fact, moment)),
        *(one for clock in expect.clocks for one in _clock(clock, moment)),
        *_actions(expect, moment),
        *_withheld(expect, moment),
        *_ledger(expect, moment),
        *_told(expect, moment),
        *_queue(expect, moment),
        *_revision(expect, moment),
        *_wakeup(expect, moment),
    ]
    return sorted(dict.fromkeys(mismatches), key=lambda mismatch: mismatch.place)


def _severity_by(expect: Expect, moment: Moment) -> Iterator[Mismatch]:
    wanted = expect.severity_by
    actual = moment.decision.severity_by or "none"
    if wanted is not None and wanted.word != actual:
        level = value_text(moment.decision.severity)
        yield Mismatch(wanted.place, _time(moment), "severity_by", wanted.word, f"{actual} (severity {level})")


def _fact(fact: FactIs, moment: Moment) -> Iterator[Mismatch]:
    state = state_at(moment.compiled, moment.subject, moment.now)
    if fact.leaf is not None:
        truth, _ = moment.compiled.leaf(fact.leaf)(state, moment.now)
        if truth is not True:
            actual = found(fact.leaf, state, moment.now, moment.zone) or _state_word(fact.path, moment)
            expected = Words(moment.compiled.ruleset).leaf(fact.leaf).partition(": ")[2]
            yield Mismatch(fact.place, _time(moment), fact.path, expected, actual)
        return
    assert fact.instant is not None
    value, _ = state.fact(fact.path, moment.now)
    if value != fact.instant:
        actual = shown(value, moment.zone) if isinstance(value, int) else "not known"
        yield Mismatch(fact.place, _time(moment), fact.path, shown(fact.instant, moment.zone), actual)


def _state_word(path: str, moment: Moment) -> str:
    """What a guard, a quota or a channel says."""
    state = state_at(moment.compiled, moment.subject, moment.now)
    root, name, *more = path.split(".")
    if root == "guard":
        return value_text(moment.compiled.guard_word(state, name, moment.now)[0])
    if root == "channel":
        return value_text(moment.compiled.channel_word(state, name))
    granted = state.granted.get(name, {})
    return value_text(granted.get("left" if more else "word"))


# -- clocks


def _clock(expected: ClockIs, moment: Moment) -> Iterator[Mismatch]:
    state = state_at(moment.compiled, moment.subject, moment.now)
    runs = state.runs(expected.clock)
    number = len(runs) if expected.run is None else expected.run
    name = expected.clock if expected.run is None else f"{expected.clock} (run {number})"
    if expected.run is not None and number > len(runs):
        yield Mismatch(expected.place, _time(moment), f"clock {name}", f"run {number}", f"runs so far: {len(runs)}")
        return
    run = runs[number - 1] if runs else None
    instance = moment.compiled.waiting[expected.clock] if run is None else run.at(moment.now)
    for part, (wanted, actual, same) in _clock_parts(expected, instance, run, moment).items():
        if not same:
            yield Mismatch(expected.parts[part], _time(moment), f"clock {name}: {part}", wanted, actual)


def _clock_parts(
    expected: ClockIs, instance: ClockInstance, run: Run | None, moment: Moment
) -> dict[str, tuple[str, str, bool]]:
    """What is expected of each part, what it is, and whether they agree."""

    def at(instant: int | str | None) -> str:
        return shown(instant, moment.zone) if isinstance(instant, int) else "none"

    parts: dict[str, tuple[str, str, bool]] = {}
    if expected.state is not None:
        actual = instance.state.value + (f" ({instance.reason})" if _needs_reason(instance) else "")
        parts["state"] = (expected.state, actual, instance.state.value == expected.state)
    for part, wanted, actual_at in (
        ("due", expected.due, instance.due),
        ("started", expected.started, instance.started),
        ("stopped", expected.stopped, instance.stopped),
    ):
        if wanted is not None:
            parts[part] = (at(wanted), at(actual_at), (None if wanted == "none" else wanted) == actual_at)
    if expected.remaining is not None:
        left = None if run is None else run.remaining(moment.now)
        parts["remaining"] = (_length(expected.remaining), _length(left), left == expected.remaining)
    if expected.used is not None:
        share = None if run is None else run.share(moment.now)
        actual = "none" if share is None else share_text(Decimal(share.numerator) / Decimal(share.denominator))
        text = _share_words(expected.used)
        parts["used"] = (text, actual, share is not None and _is_share(expected.used, share))
    for part, words, actual_words in (
        ("target", expected.target, instance.target),
        ("owner", expected.owner, instance.owner),
    ):
        if words is not None:
            parts[part] = (words, actual_words or "none", words == actual_words)
    if expected.reason is not None:
        parts["reason"] = (expected.reason, instance.reason or "none", expected.reason in (instance.reason or ""))
    return parts


def _share_words(expected: Decimal | Bounds) -> str:
    if isinstance(expected, Decimal):
        return share_text(expected)
    return f"{{{', '.join(f'{word}: {share_text(Decimal(bound))}' for word, bound in bounds_of(expected))}}}"


def _needs_reason(instance: ClockInstance) -> bool:
    return instance.reason is not None and instance.state not in (ClockState.PAUSED, ClockState.RUNNING)


def _is_share(expected: Decimal | Bounds, share: Fraction) -> bool:
    if isinstance(expected, Decimal):
        return Fraction(expected) == share
    bounds = expected
    return (
        (bounds.at_least is None or share >= Fraction(bounds.at_least))
        and (bounds.at_most is None or share <= Fraction(bounds.at_most))
        and (bounds.more_than is None or share > Fraction(bounds.more_than))
        and (bounds.less_than is None or share < Fraction(bounds.less_than))
    )


def _length(microseconds: int | None) -> str:
    return "none" if microseconds is None else length_words(microseconds)


# -- what happened


def _actions(expect: Expect, moment: Moment) -> Iterator[Mismatch]:
    partners, left = pair_up(expect.actions, moment.actions, lambda wanted, one: not _differences(wanted, *one))
    missed = [index for index, partner in enumerate(partners) if partner is None]
    for index in missed:
        wanted = expect.actions[index]
        nearest = _nearest(wanted, moment, left)
        if nearest is not None:
            left.remove(nearest)  # told here, and not once more as something else
        times = sum(one == wanted and partners[other] is not None for other, one in enumerate(expect.actions))
        yield _missing(wanted, nearest, times, moment)
    if expect.nothing_else is not None:
        for index in left:
            at, action = moment.actions[index]
            trace = (why(moment.compiled.ruleset.rules[action.rule], moment),)
            actual = _done(at, action, moment)
            yield Mismatch(expect.nothing_else, _time(moment), "nothing_else", "no other action", actual, trace)


def _differences(wanted: ActionIs, at: int, action: PlannedAction) -> list[str]:
    """The parts of an expected action in which a decided one differs."""
    said = f"{action.content.get('subject') or ''}\n{action.content.get('text') or ''}"
    checks = {
        "rule": wanted.rule in (None, action.rule),
        "action": wanted.action is None or is_action(wanted.action, action),
        "language": wanted.language in (None, action.content.get("language")),
        "says": all(text in said for text in wanted.says),
        "at": wanted.at in (None, at),
        "deliver_at": wanted.deliver_at in (None, action.deliver_at),
        "provisional": wanted.provisional in (None, action.provisional),
        "late": wanted.late in (None, action.late),
    }
    return [part for part, fits in checks.items() if not fits]


def _nearest(wanted: ActionIs, moment: Moment, left: Sequence[int]) -> int | None:
    """The action that was probably meant: of the rule (or the kind) that is wanted, with the fewest differences."""
    part = "action" if wanted.rule is None else "rule"
    near = [
        (len(parts), index) for index in left if part not in (parts := _differences(wanted, *moment.actions[index]))
    ]
    return min(near)[1] if near else None


def _missing(wanted: ActionIs, nearest: int | None, times: int, moment: Moment) -> Mismatch:
    """An expected action that nothing fulfils: the nearest one that did happen, else the trace of its rule."""
    if nearest is not None:
        at, action = moment.actions[nearest]
        actual = f"{_done(at, action, moment)} (differs in {', '.join(_differences(wanted, at, action))})"
        return Mismatch(wanted.place, _time(moment), "actions", _wanted(wanted, moment), actual)
    actual = f"it happened {times} time{'' if times == 1 else 's'} only" if times else "it did not happen"
    trace = () if wanted.rule is None else (why(moment.compiled.ruleset.rules[wanted.rule], moment),)
    return Mismatch(wanted.place, _time(moment), "actions", _wanted(wanted, moment), actual, trace)


def _wanted(wanted: ActionIs, moment: Moment) -> str:
    parts = [] if wanted.rule is None else [f"rule: {wanted.rule}"]
    if wanted.action is not None:
        parts.append(action_text(wanted.action))
    for word in ("language", "provisional", "late"):
        value = getattr(wanted, word)
        if value is not None:
            parts.append(f"{word}: {value_text(value)}")
    if wanted.says:
        parts.append(f"says: {value_text(wanted.says)}")
    for word, instant in (("at", wanted.at), ("deliver_at", wanted.deliver_at)):
        if instant is not None:
            parts.append(f"{word}: {shown(instant, moment.zone)}")
    return ", ".join(parts)


def _done(at: int, action: PlannedAction, moment: Moment) -> str:
    parts = [f"rule: {action.rule}", planned_text(action.kind, action.content)]
    text = action.content.get("text")
    if text is not None:
        parts.append(f"language: {action.content.get('language')}")
        parts.append(f'says: "{text}"')
    parts.append(f"at: {shown(at, moment.zone)}")
    if action.deliver_at is not None:
        parts.append(f"deliver_at: {shown(action.deliver_at, moment.zone)}")
    parts.extend(word for word in ("provisional", "late") if getattr(action, word))
    return ", ".join(parts)


def _withheld(expect: Expect, moment: Moment) -> Iterator[Mismatch]:
    def fits(wanted: WithheldIs, one: Withheld) -> bool:
        rule, reason, detail = one.rule, one.why, one.detail
        return (
            wanted.rule in (None, rule)
            and wanted.why in (None, reason)
            and (wanted.says is None or wanted.says in detail)
        )

    partners, _ = pair_up(expect.withheld, moment.withheld, fits)
    for wanted, partner in zip(expect.withheld, partners, strict=True):
        if partner is None:
            parts = {"rule": wanted.rule, "why": wanted.why, "says": wanted.says}
            text = ", ".join(f"{word}: {value}" for word, value in parts.items() if value is not None)
            rows = [f"rule: {one.rule}, why: {one.why}, says: {one.detail}" for one in moment.withheld]
            trace = () if wanted.rule is None else (why(moment.compiled.ruleset.rules[wanted.rule], moment),)
            yield Mismatch(
                wanted.place, _time(moment), "withheld", text, "; ".join(rows) or "nothing was held back", trace
            )


def _ledger(expect: Expect, moment: Moment) -> Iterator[Mismatch]:
    if expect.ledger is None or expect.ledger_place is None:
        return

    def fits(wanted: LedgerIs, one: LedgerEntry) -> bool:
        name, amount, state, arithmetic = one.name, one.amount, one.state, one.arithmetic
        return (
            wanted.credit == name
            and wanted.days in (None, amount)
            and wanted.state in (None, state)
            and wanted.arithmetic in (None, arithmetic)
        )

    entries = [entry for entry in moment.ledger if entry.name in moment.compiled.ruleset.credits]
    rows = [f"credit: {e.name}, days: {e.amount}, state: {e.state}, arithmetic: {e.arithmetic}" for e in entries]
    partners, left = pair_up(expect.ledger, entries, fits)
    for wanted, partner in zip(expect.ledger, partners, strict=True):
        if partner is None:
            parts = {
                "credit": wanted.credit,
                "days": wanted.days,
                "state": wanted.state,
                "arithmetic": wanted.arithmetic,
            }
            text = ", ".join(f"{word}: {value}" for word, value in parts.items() if value is not None)
            yield Mismatch(wanted.place, _time(moment), "ledger", text, "; ".join(rows) or "the ledger is empty")
    for index in left if all(partner is not None for partner in partners) else ():
        expected = "no other entry" if expect.ledger else "an empty ledger"
        yield Mismatch(expect.ledger_place, _time(moment), "ledger", expected, rows[index])


def _told(expect: Expect, moment: Moment) -> Iterator[Mismatch]:
    """Alerts and corrections: a kind and a text."""
    alerts = [(one.kind, one.message) for one in moment.alerts]
    corrections = [(one.kind, one.message) for one in moment.corrections]
    yield from _kinds("alerts", expect.alerts, alerts, moment)
    yield from _kinds("corrections", expect.corrections, corrections, moment)


def _kinds(
    word: str, wanted: Sequence[AlertIs | CorrectionIs], ones: Sequence[tuple[str, str]], moment: Moment
) -> Iterator[Mismatch]:
    def fits(expected: AlertIs | CorrectionIs, one: tuple[str, str]) -> bool:
        return expected.kind == one[0] and (expected.says is None or expected.says in one[1])

    partners, _ = pair_up(wanted, ones, fits)
    rows = [f"kind: {kind}, says: {message}" for kind, message in ones]
    for expected, partner in zip(wanted, partners, strict=True):
        if partner is None:
            text = f"kind: {expected.kind}" + ("" if expected.says is None else f", says: {expected.says}")
            yield Mismatch(expected.place, _time(moment), word, text, "; ".join(rows) or f"no {word}")


def _queue(expect: Expect, moment: Moment) -> Iterator[Mismatch]:
    wanted = expect.queue
    actual = standing(moment.compiled, moment.subject, moment.now)
    if wanted is not None and wanted.standing != actual:
        yield Mismatch(
            wanted.place, _time(moment), "queue", _standing(wanted.standing, moment), _standing(actual, moment)
        )


def _standing(at: Standing | None, moment: Moment) -> str:
    def word(value: bool | str | int | None) -> str:
        if value is None:
            return "none"
        return (
            shown(value, moment.zone) if isinstance(value, int) and not isinstance(value, bool) else value_text(value)
        )

    return "none" if at is None else f"[{', '.join(word(value) for value in at)}]"


def _revision(expect: Expect, moment: Moment) -> Iterator[Mismatch]:
    wanted = expect.revision
    opened, _ = state_at(moment.compiled, moment.subject, moment.now).fact("case.opened_at", moment.now)
    if wanted is not None and isinstance(opened, int):
        bound = binds(moment.compiled.ruleset, opened)
        if bound != wanted.binds:
            yield Mismatch(wanted.place, _time(moment), "revision", _BINDS[wanted.binds], _BINDS[bound])


def _wakeup(expect: Expect, moment: Moment) -> Iterator[Mismatch]:
    wanted = expect.next_wakeup
    actual = moment.decision.next_wakeup
    if wanted is not None and wanted.at != actual:
        expected, found_at = ("none" if at is None else shown(at, moment.zone) for at in (wanted.at, actual))
        yield Mismatch(wanted.place, _time(moment), "next_wakeup", expected, found_at)


def _time(moment: Moment) -> str:
    return shown(moment.now, moment.zone)
