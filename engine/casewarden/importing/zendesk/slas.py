"""SLA policies of Zendesk as clocks.

The first policy whose filter a ticket meets holds for it, so each clock applies where its own filter is true and those
before it are not. A metric has a target for each priority, in business or calendar hours. Sources: the vendor's API
reference of SLA policies, and its article on defining them, which says when each metric starts, pauses and ends.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from casewarden.importing.draft import PRIORITIES, Draft, Element, Listed, Needs
from casewarden.importing.export import Item, shorten
from casewarden.importing.fate import ImportProblem, Left, Part, kept
from casewarden.importing.names import identity, slug
from casewarden.importing.two_valued import two_valued
from casewarden.importing.written import Data, Noted
from casewarden.importing.zendesk.conditions import meaning, shown
from casewarden.importing.zendesk.meanings import Test
from casewarden.importing.zendesk.vocabulary import Vocabulary

MAX_POLICIES: Final = 200
_HELD_REMARK: Final = "Held back until you decide what stands in for the conditions that have no equal."


@dataclass(frozen=True, slots=True)
class Metric:
    """How a metric runs as a clock. `first_minute`: it starts a minute late, so its target is a minute shorter."""

    starts: tuple[str, Data] | str
    stops: tuple[str, Data] | str
    each_time: bool = False
    pauses: tuple[str, ...] = ()
    resumes: bool = False
    first_minute: bool = False
    differs: str | None = None


_UNANSWERED: Final[Data] = {
    "becomes": {
        "all": [
            {"happened": {"event": "agent_reply"}},
            {"happened": {"event": "customer_message", "since": {"last": "agent_reply"}}},
        ]
    }
}
_REPLY_OR_SOLVED: Final[tuple[str, Data]] = ("reply_or_solved", {"any": ["agent_reply", "case_resolved"]})


def _update_due(word: str) -> tuple[str, Data]:
    """A minute after each public reply: a clock that the reply itself starts would end with it."""
    data: Data = {
        "becomes": {
            "since": {"last": "agent_reply", "at_least": f"1 {word} minute"},
            "case.status": {"not": ["resolved", "closed"]},
        }
    }
    return f"update_awaited_{word}", data


def metrics(word: str) -> dict[str, Metric]:
    """Every metric of Zendesk that has an equal; `word` is `business` or `elapsed`."""
    waiting, hold = "waiting_on_customer", "on_hold"
    return {
        "first_reply_time": Metric("case_opened", "agent_reply"),
        "next_reply_time": Metric(("customer_unanswered", _UNANSWERED), "agent_reply", each_time=True),
        "periodic_update_time": Metric(_update_due(word), _REPLY_OR_SOLVED, each_time=True, first_minute=True),
        "pausable_update_time": Metric(
            _update_due(word),
            _REPLY_OR_SOLVED,
            each_time=True,
            first_minute=True,
            pauses=(waiting,),
            differs="the first minute after a reply counts even where the ticket is pending",
        ),
        "requester_wait_time": Metric("case_opened", "case_resolved", pauses=(waiting,), resumes=True),
        "agent_work_time": Metric("case_opened", "case_resolved", pauses=(waiting, hold), resumes=True),
        "total_resolution_time": Metric("case_opened", "case_resolved", resumes=True),
    }


def add_slas(export: Item, draft: Draft) -> None:
    """Add the clocks of all policies; ImportProblem where the export has not the shape of one."""
    policies = _policies(export)
    before: list[Data] = []
    closed_by: str | None = None
    for number, policy in enumerate(policies, start=1):
        title = policy.table().get("title").text() or f"policy {number}"
        needs = Needs()
        items, parts, held = _filter(policy, draft, needs)
        own: list[Data] = [item.data for item in items if item.data is not None]
        for clock in _clocks(policy, draft, title, number):
            applies = [*items, *(Noted({"not": earlier}) for earlier in before)]
            if applies:
                clock.body["applies_if"] = Listed(list(applies), "all")
            clock.needs.fields.update(needs.fields)
            clock.needs.people.update(needs.people)
            clock.needs.channels.update(needs.channels)
            clock.needs.events.update(needs.events)
            clock.parts.extend(parts)
            parts = []  # counted once
            if held:
                clock.remarks.append(_HELD_REMARK)
            if closed_by is not None:
                clock.dead = (
                    f"the policy `{shorten(closed_by, 60)}` before it has no conditions, so this one never holds"
                )
            draft.clocks.append(clock)
        draft.loose.extend(parts)
        before.append(own[0] if len(own) == 1 else {"all": own})
        if not own:
            closed_by = closed_by or title


def _policies(export: Item) -> list[Item]:
    found = export.value if isinstance(export.value, dict) else {}
    one = export.get("sla_policy")
    policies = [one] if one.value is not None else export.get("sla_policies").items()
    if not policies:
        raise ImportProblem(
            "there are no `sla_policies` in it" if not found else "its list `sla_policies` is missing or empty",
            "give the file as /api/v2/slas/policies answered it",
        )
    if len(policies) > MAX_POLICIES:
        raise ImportProblem(f"there are more than {MAX_POLICIES} policies", "import fewer at a time")
    return sorted(policies, key=lambda policy: policy.table().get("position").number() or 0)


def _filter(policy: Item, draft: Draft, needs: Needs) -> tuple[list[Noted], list[Part], bool]:
    """The conditions of a policy, what became of each, and whether one is missing."""
    words = Vocabulary(draft)
    items: list[Noted] = []
    parts: list[Part] = []
    held = False
    waiting: list[str] = []
    for condition in policy.get("filter").get("all").items():
        data, part = _condition(condition, words, needs)
        parts.append(part)
        remark = [part.remark] if part.remark else []
        if data is None:
            held = True
            waiting.extend(remark)
        else:
            items.append(Noted(data, (*waiting, *remark)))
            waiting = []
    branches: list[Data] = []
    for condition in policy.get("filter").get("any").items():
        data, part = _condition(condition, words, needs)
        parts.append(part)
        waiting.extend([part.remark] if part.remark else [])
        if data is not None:
            branches.append(data)
    if branches:
        items.append(Noted({"any": branches}, tuple(waiting)))
        waiting = []
    elif policy.get("filter").get("any").items():
        held = True
    if held:
        items.append(Noted(draft.hold(needs), tuple(waiting)))
    return items, parts, held


def _condition(condition: Item, words: Vocabulary, needs: Needs) -> tuple[Data | None, Part]:
    match meaning(condition, words, needs):
        case Test(data, differs):
            return two_valued(data), kept(shown(condition), differs)
        case Left() as left:
            return None, left.part(shown(condition))
        case _:
            left = Left("a policy looks at what a ticket is, not at what happens to it")
            return None, left.part(shown(condition))


def _clocks(policy: Item, draft: Draft, title: str, number: int) -> Iterable[Element]:
    by_metric: dict[str, list[Item]] = {}
    for item in policy.get("policy_metrics").items():
        by_metric.setdefault(item.table().get("metric").text(), []).append(item)
    id_ = identity(policy.get("id").text()) or str(number)
    settings = list(_settings(policy))
    if not by_metric:
        draft.loose.append(Left("it has no targets").part(f"the policy `{shorten(title, 60)}`"))
    draft.loose.extend([] if by_metric else settings)
    for metric, items in by_metric.items():
        name = draft.element_names.fresh(f"{slug(title, f'policy_{number}')[:36]}_{slug(metric, 'metric')[:24]}")
        head = [f"SLA policy {shorten(title, 100)!r} (id {id_}): {shorten(metric, 40)}."]
        clock = Element(name, f"SLA-{id_}", head)
        clock.parts.extend(settings)
        clock.remarks.extend(part.remark for part in settings if part.remark)
        settings = []
        _fill(clock, metric, items, draft)
        yield clock


def _settings(policy: Item) -> Iterable[Part]:
    """What a policy says of how its metrics are activated and fulfilled, beyond the usual."""
    settings = policy.get("metric_settings")
    for metric, chosen in settings.value.items() if isinstance(settings.value, dict) else ():
        for key, value in chosen.items() if isinstance(chosen, dict) else ():
            if value not in (False, None):
                what = f"the setting `{shorten(f'{metric}.{key}', 90)}`"
                yield Left(
                    "clocks start and stop by their events alone", "another event under `starts` or `stops`"
                ).part(what)


def _fill(clock: Element, metric: str, items: list[Item], draft: Draft) -> None:
    """The body of a clock: when it starts, stops and pauses, and its targets."""
    business = {item.get("business_hours").value is True for item in items}
    word = "business" if True in business else "elapsed"
    known = metrics(word).get(metric)
    if known is None:
        left = [Left("there is no clock like it").part(_target_shown(item)) for item in items]
        clock.parts.extend(left)
        clock.remarks.extend(part.remark for part in left if part.remark)
        clock.dead = f"the metric {shorten(metric, 40)!r} is not known here"
        clock.body = {"starts": "case_opened", "stops": "case_resolved"}
        return
    targets = dict.fromkeys(PRIORITIES, "none")
    for item in items:
        part, target = _target(item, known, targets)
        clock.parts.append(part)
        clock.remarks.extend([part.remark] if part.remark else [])
        if target is not None:
            targets[item.get("priority").text()] = target
    draft.field(clock.needs, "case.priority", "choice", "the priority of the ticket", PRIORITIES)
    for key, event in (("starts", known.starts), ("stops", known.stops)):
        clock.body[key] = event if isinstance(event, str) else draft.event(clock.needs, *event)
    if known.each_time:
        clock.body["runs"] = "each_time"
    if known.resumes:
        clock.body["on_reopen"] = "resume"
    if known.pauses:
        clock.body["pauses_while"] = {"case.status": list(known.pauses) if len(known.pauses) > 1 else known.pauses[0]}
    if known.first_minute:
        clock.remarks.append(
            "Starts a minute after a reply, since that reply would end it; each target is a minute shorter."
        )
    clock.body["targets_by_severity"] = dict(targets)
    if all(target == "none" for target in targets.values()):
        clock.dead = "no target of it could be translated"


def _target(item: Item, metric: Metric, targets: dict[str, str]) -> tuple[Part, str | None]:
    what = _target_shown(item)
    priority = item.get("priority").text()
    if priority not in targets:
        return Left(f"there is no priority {shorten(priority, 30)!r}").part(what), None
    if targets[priority] != "none":
        return Left("the same priority has a target already").part(what), None
    minutes = item.get("target").number()
    seconds = item.get("target_in_seconds").number()
    if seconds is not None and seconds % 60:
        return Left("targets are whole minutes", f"`{max(seconds // 60, 1)} minutes`").part(what), None
    minutes = minutes if seconds is None else seconds // 60
    length = None if minutes is None else minutes - (1 if metric.first_minute else 0)
    if length is None or not 0 < length < 10_000_000:
        least = "two minutes" if metric.first_minute else "one minute"
        return Left(f"the target is not at least {least}").part(what), None
    word = "business" if item.get("business_hours").value is True else "elapsed"
    return kept(what, metric.differs), f"{length} {word} {'minute' if length == 1 else 'minutes'}"


def _target_shown(item: Item) -> str:
    hours = "business hours" if item.get("business_hours").value is True else "calendar hours"
    priority, metric = shorten(item.get("priority").text(), 30), shorten(item.get("metric").text(), 40)
    return f"`{metric} {priority}: {item.get('target').shown()} minutes in {hours}`"
