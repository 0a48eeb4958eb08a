"""Sections that measure and restrain: clocks, credits, quotas, guards."""

from collections.abc import Mapping
from typing import Final, Literal

from casewarden.ruleset import keys
from casewarden.ruleset.forms import (
    Context,
    as_map,
    as_text,
    check_keys,
    cited,
    name_at,
    references,
    whole,
    word_at,
    yes_no,
)
from casewarden.ruleset.names import Sort
from casewarden.ruleset.nodes import Map, Node, Scalar
from casewarden.ruleset.paths import path_type
from casewarden.ruleset.read_calendars import read_days, read_zone
from casewarden.ruleset.read_conditions import read_condition
from casewarden.ruleset.read_durations import read_days as read_day_count
from casewarden.ruleset.read_durations import read_duration
from casewarden.ruleset.read_sections import read_changes, read_commitment
from casewarden.ruleset.read_targets import by_plan, read_targets
from casewarden.ruleset.syntax import (
    Changes,
    Clock,
    Credit,
    Defaults,
    FieldType,
    Guard,
    OnReopen,
    Quota,
    ReleaseRule,
    TargetTable,
    Window,
)
from casewarden.ruleset.terms import Condition, Duration, NextRelease, Path
from casewarden.worktime import DayMode, DayOrigin, DayRule

_REOPEN: Final = {mode.value: mode for mode in OnReopen}
_ANY_DAYS: Final = DayRule(DayMode.END_OF_DAY, DayOrigin.NEXT_OPENING)
"""Stands in where `defaults` could not be read, so that clocks are still checked."""

Allowance = int | Duration | Literal["unlimited", "per_contract"]
PERS: Final[tuple[Literal["customer", "contact", "licence"], ...]] = ("customer", "contact", "licence")
EVERY: Final[tuple[Literal["day", "week", "month", "year", "term"], ...]] = ("day", "week", "month", "year", "term")
OVERS: Final[tuple[Literal["unchanged", "best_effort", "not_covered"], ...]] = (
    "unchanged",
    "best_effort",
    "not_covered",
)


def _condition(context: Context, entries: Map, word: str) -> Condition | None:
    node = entries.get(word)
    return None if node is None else read_condition(context, node, f"`{word}`")


def read_clock(context: Context, key: Scalar, node: Node, defaults: Defaults | None) -> Clock | None:
    """One clock."""
    what = f"the clock `{key.text}`"
    entries = as_map(context, node, what, "{starts: case_opened, stops: agent_reply, target: 4 business hours}")
    if entries is None:
        return None
    check_keys(context, entries, what, keys.CLOCK.names, keys.CLOCK.required)
    remarks = cited(context, entries, key, what)
    pauses_key = entries.key_node("pauses_while")
    if pauses_key is not None and not remarks.clauses and not remarks.interpretations:
        context.error("CW704", pauses_key, f"{what} pauses without a ground", "cite the clause or the interpretation")
    starts, stops = name_at(context, entries, "starts", Sort.EVENT), name_at(context, entries, "stops", Sort.EVENT)
    counts_from = name_at(context, entries, "counts_from", Sort.EVENT)
    applies, pauses = _condition(context, entries, "applies_if"), _condition(context, entries, "pauses_while")
    targets = read_targets(context, entries, what)
    runs = word_at(context, entries, "runs", ("once", "each_time"))
    reopen = word_at(context, entries, "on_reopen", tuple(_REOPEN))
    changes_node, days_node = entries.get("on_change"), entries.get("days")
    changes = defaults.on_change if defaults else Changes()
    if changes_node is not None:
        changes = read_changes(context, changes_node, changes) or changes
    days = defaults.days if defaults else _ANY_DAYS
    if days_node is not None:
        days = read_days(context, days_node, "`days`") or days
    release = _read_release(context, entries)
    _check_release(context, entries, what, targets, key)
    owner = name_at(context, entries, "owner", Sort.PERSON)
    commitment = read_commitment(context, entries)
    if starts is None or stops is None or targets is None:
        return None
    return Clock(
        key.text,
        remarks,
        starts,
        stops,
        targets,
        changes,
        days,
        counts_from,
        applies,
        pauses,
        owner,
        runs == "each_time",
        _REOPEN[reopen] if reopen else OnReopen.STAY,
        release,
        commitment,
    )


def _read_release(context: Context, entries: Map) -> ReleaseRule | None:
    node = entries.get("next_release")
    if node is None:
        return None
    rule = as_map(context, node, "`next_release`", "{frozen: skip, slipped: move}")
    if rule is None:
        return None
    check_keys(context, rule, "`next_release`", keys.RELEASE.names, keys.RELEASE.required)
    frozen = word_at(context, rule, "frozen", ("skip", "count"))
    slipped = word_at(context, rule, "slipped", ("move", "keep"))
    if frozen is None or slipped is None:
        return None
    return ReleaseRule("skip" if frozen == "skip" else "count", "move" if slipped == "move" else "keep")


def _check_release(context: Context, entries: Map, what: str, targets: TargetTable | None, key: Scalar) -> None:
    if targets is None:
        return
    wanted = any(isinstance(target, NextRelease) for row in targets.cells.values() for target in row.values())
    rule = entries.key_node("next_release")
    if wanted and rule is None:
        context.error(
            "CW508", key, f"{what} has the target `next_release`", "add `next_release: {frozen: skip, slipped: move}`"
        )
    elif rule is not None and not wanted:
        context.error("CW508", rule, f"{what} has no target `next_release`", "leave the key out")


def read_credit(context: Context, key: Scalar, node: Node) -> Credit | None:
    """One credit."""
    what = f"the credit `{key.text}`"
    entries = as_map(context, node, what)
    if entries is None:
        return None
    check_keys(context, entries, what, keys.CREDIT.names, keys.CREDIT.required)
    remarks = cited(context, entries, key, what)
    clock = name_at(context, entries, "clock", Sort.CLOCK)
    award_node, each_node, cap_node, to_node = (entries.get(word) for word in ("award", "for_each", "cap", "add_to"))
    award = None if award_node is None else read_day_count(context, award_node, "`award`")
    for_each = None if each_node is None else read_duration(context, each_node, "`for_each`", word_required=True)
    count = word_at(context, entries, "count", ("full", "started"))
    no_cap = isinstance(cap_node, Scalar) and cap_node.text == "none"
    cap = None if cap_node is None or no_cap else read_day_count(context, cap_node, "`cap`")
    add_to = None if to_node is None else _read_add_to(context, to_node)
    if clock is None or award is None or for_each is None or count is None or add_to is None or not (no_cap or cap):
        return None
    return Credit(key.text, remarks, clock, award, for_each, "full" if count == "full" else "started", cap, add_to)


def _read_add_to(context: Context, node: Node) -> Path | None:
    text = as_text(context, node, "`add_to`")
    kind = None if text is None else path_type(context, text, node)
    if kind is None:
        return None
    if kind.type is not FieldType.INSTANT or kind.path.root not in ("contract", "customer"):
        context.error(
            "CW414",
            node,
            f"credited days cannot be added to `{kind.path}`",
            "name an instant such as `contract.term_end`",
        )
        return None
    return kind.path


def read_quota(context: Context, key: Scalar, node: Node) -> Quota | None:
    """One quota."""
    what = f"the quota `{key.text}`"
    entries = as_map(context, node, what)
    if entries is None:
        return None
    check_keys(context, entries, what, keys.QUOTA.names, keys.QUOTA.required)
    remarks = cited(context, entries, key, what)
    counts = name_at(context, entries, "counts", Sort.EVENT)
    counts_if = _condition(context, entries, "counts_if")
    amount_node, carry_node, window_node = (entries.get(word) for word in ("amount", "carry_over", "window"))
    amount = None if amount_node is None else as_text(context, amount_node, "`amount`")
    per, over = word_at(context, entries, "per", PERS), word_at(context, entries, "over", OVERS)
    carry = None if carry_node is None else yes_no(context, carry_node, "`carry_over`")
    window = None if window_node is None else _read_window(context, window_node)
    allowed_node = entries.get("allowed")
    table = None if allowed_node is None else as_map(context, allowed_node, "`allowed`", "{PLAN: 5}")
    allowed: Mapping[str, Allowance] | None = None
    if table is not None:
        allowed = by_plan(context, table, f"`allowed` of {what}", lambda item: _read_allowed(context, item, amount))
    per_read = next((known for known in PERS if known == per), None)
    over_read = next((known for known in OVERS if known == over), None)
    if counts is None or per_read is None or over_read is None or window is None or allowed is None:
        return None
    return Quota(key.text, remarks, counts, per_read, window, allowed, over_read, counts_if, amount, carry is True)


def _read_allowed(context: Context, node: Node, amount: str | None) -> Allowance | None:
    text = as_text(context, node, "an allowance")
    if text is None:
        return None
    if text == "unlimited":
        return "unlimited"
    if text == "per_contract":
        return "per_contract"
    if not text[:1].isdigit():
        fix = context.suggest(text, ("unlimited", "per_contract"), "write a number, `unlimited` or `per_contract`")
        context.error("CW204", node, f"an allowance cannot be `{text}`", fix)
        return None
    if amount is None:
        return whole(context, node, "an allowance", 0)
    return read_duration(context, node, "an allowance")


def _read_window(context: Context, node: Node) -> Window | None:
    entries = as_map(context, node, "`window`", "{every: month, starting: calendar, zone: Europe/Zurich}")
    if entries is None:
        return None
    check_keys(context, entries, "`window`", keys.WINDOW.names, keys.WINDOW.required)
    every = word_at(context, entries, "every", EVERY)
    starting = word_at(context, entries, "starting", ("calendar", "anniversary"))
    zone_node = entries.get("zone")
    zone = None if zone_node is None else read_zone(context, zone_node, "`zone`")
    span = next((known for known in EVERY if known == every), None)
    if span is None or starting is None or zone is None:
        return None
    return Window(span, "calendar" if starting == "calendar" else "anniversary", zone)


def read_guard(context: Context, key: Scalar, node: Node) -> Guard | None:
    """One guard."""
    what = f"the guard `{key.text}`"
    entries = as_map(context, node, what, "{forbids: close, while: {case.core: down}}")
    if entries is None:
        return None
    check_keys(context, entries, what, keys.GUARD.names, keys.GUARD.required)
    remarks = cited(context, entries, key, what)
    forbids = word_at(context, entries, "forbids", ("close", "reopen"))
    condition = _condition(context, entries, "while")
    except_node = entries.get("except_reasons")
    reasons = () if except_node is None else references(context, except_node, "`except_reasons`", Sort.REASON)
    if except_node is not None and forbids == "reopen":
        at = entries.key_node("except_reasons") or except_node
        context.error("CW207", at, "a case is closed with a reason and reopened without one", "leave the key out")
    if forbids is None or condition is None:
        return None
    return Guard(key.text, remarks, "close" if forbids == "close" else "reopen", condition, reasons)
