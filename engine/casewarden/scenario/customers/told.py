"""What a directory tells accounts and cases: pure functions from a customer and a log to a log that knows more.

What the log says itself stands: a path of which it speaks is the log's alone, and where the directory says otherwise
that is a difference to be told.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from casewarden.model.event import Event, Json
from casewarden.model.instants import iso, parse_instant
from casewarden.scenario.customers.directory import QUOTAS, Customer, Directory
from casewarden.scenario.linked import CUSTOMER

SOURCE: Final = "customers"
PLAN: Final = "case.plan"
AUTHORISED: Final = "case.reporter_authorised"
REPORTED_BY: Final = "case.reported_by"
LANGUAGE: Final = "case.language"
_WROTE: Final = frozenset({"message", "call"})


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that the history and the directory say differently; the history's word stands.

    `code` is that of the diagnostic.
    """

    code: str
    message: str
    fix: str


# -- accounts


def account_log(
    customer: Customer, own: Sequence[Event], begin: int | None, also_stated: frozenset[str] = frozenset()
) -> list[Event]:
    """The account's log with what the directory knows of it; `own` is what the history says of it.

    Before `begin`, the beginning of all that is played, nothing is decided: what began earlier is known then, and is no
    news. A customer of which the directory has no dates has no log of its own, but joins one that the history begins.
    `also_stated` are paths of which the log will yet speak.
    """
    subject = f"account:{customer.id}"
    stated = paths_of(own) | also_stated
    has_plans = PLAN in stated or any(event.kind == "plan" for event in own)
    found: list[Event] = []
    before: dict[str, Json] = {}
    for at in customer.bounds() or [event.at for event in own[:1]]:
        facts = {path: value for path, value in customer.facts_at(at).items() if path not in stated}
        event = _change(customer, subject, at, None if has_plans else _turn(customer, at), before, facts)
        if event is not None:
            found.append(event)
        before = facts
    if begin is None or not found or found[0].at >= begin:
        return sorted((*own, *found), key=lambda event: event.order)
    known = [replace(event, seen_at=max(event.at, begin)) for event in found]
    if not any(event.kind == "went_live" for event in own):
        known.append(Event(subject, "went_live", begin, begin, "ourselves", SOURCE, "went_live"))
    return sorted((*own, *known), key=lambda event: event.order)


def _turn(customer: Customer, at: int) -> tuple[str, str] | None:
    """What becomes of the plan at this instant: the word of the event, and the plan."""
    ended = next((one.plan for one in customer.subscriptions if one.span.end == at), None)
    begun = next((one.plan for one in customer.subscriptions if one.span.start == at), None)
    if begun is not None:
        return ("renewed" if begun == ended else "started"), begun
    return None if ended is None else ("ended", ended)


def _change(
    customer: Customer,
    subject: str,
    at: int,
    turn: tuple[str, str] | None,
    before: Mapping[str, Json],
    now: Mapping[str, Json],
) -> Event | None:
    """The event that tells what is new at an instant; None where nothing is."""
    facts = {path: now.get(path) for path in sorted({*before, *now}) if now.get(path) != before.get(path)}
    if turn is None and not facts:
        return None
    data: dict[str, Json] = {"facts": dict(facts)} if facts else {}
    if turn is not None:
        data = {"change": turn[0], "plan": turn[1], **data}
    kind = "observed" if turn is None else "plan"
    return Event(subject, kind, at, at, "automation", SOURCE, f"{customer.id}/{iso(at)}", data=data)


# -- cases


def case_log(
    directory: Directory, log: Sequence[Event], also_stated: frozenset[str] = frozenset()
) -> tuple[list[Event], list[Difference]]:
    """The case's log with what the directory knows of its customer, and where the two differ.

    `also_stated` are paths of which the log will yet speak. A case that was never opened stays as it is.
    """
    place = next((index for index, event in enumerate(log) if event.kind == "opened"), None)
    if place is None:
        return list(log), []
    opening = log[place]
    named = next((name for event in log if isinstance(name := _facts(event).get(CUSTOMER), str)), None)
    reporter = reporter_of(log, opening)
    customer = _customer(directory, named, reporter)
    if customer is None:
        return list(log), [] if named is None else [_unknown(directory, named)]
    stated = paths_of(log) | also_stated | ({PLAN} if any(event.kind == "plan" for event in log) else set())
    known = _at_opening(customer, opening, reporter)
    more = {path: value for path, value in known.items() if path not in stated}
    data: dict[str, Json] = {**opening.data, "facts": {**_facts(opening), **more}}
    result = [*log[:place], replace(opening, data=data), *log[place + 1 :], *_later(customer, opening, stated)]
    return sorted(result, key=lambda event: event.order), list(_differences(directory, customer, log, opening, known))


def reporter_of(log: Sequence[Event], opening: Event) -> str | None:
    """The id of the contact who reported: who opened the case, else who of the customer wrote or called with it."""
    wrote = (event for event in log if event.kind in _WROTE and event.at == opening.at)
    for event in (opening, *wrote):
        if event.by == "customer" and event.who:
            return event.who[0]
    return None


def paths_of(log: Sequence[Event]) -> frozenset[str]:
    """All paths of which a log speaks."""
    return frozenset(path for event in log for path in _facts(event))


def _customer(directory: Directory, named: str | None, reporter: str | None) -> Customer | None:
    if named is not None:
        return directory.customers.get(named)
    return None if reporter is None else directory.of_contact(reporter)


def _at_opening(customer: Customer, opening: Event, reporter: str | None) -> dict[str, Json]:
    """All that the directory says of the case as it is opened."""
    at = opening.at
    found: dict[str, Json] = {CUSTOMER: customer.id, **_of_case(customer, at)}
    plan = customer.plan_at(at)
    if plan is not None:
        found[PLAN] = plan
    contact = None if reporter is None else customer.contact(reporter)
    language = (None if contact is None else contact.language) or customer.language
    if language is not None:
        found[LANGUAGE] = language
    if reporter is not None and customer.contacts is not None:
        found[AUTHORISED] = contact is not None and contact.authorised and contact.span.holds(at)
    if contact is not None and opening.by == "customer":
        found[REPORTED_BY] = "customer"
    return found


def _of_case(customer: Customer, at: int) -> dict[str, Json]:
    """What bears on cases: all but what is allowed of quotas, which only the account asks."""
    return {path: value for path, value in customer.facts_at(at).items() if path != QUOTAS}


def _later(customer: Customer, opening: Event, stated: frozenset[str] | set[str]) -> Iterator[Event]:
    """What changes after the opening, each at its own instant; nothing of it is seen before the case is."""
    before = {path: value for path, value in _of_case(customer, opening.at).items() if path not in stated}
    for at in customer.bounds():
        if at <= opening.at:
            continue
        facts = {path: value for path, value in _of_case(customer, at).items() if path not in stated}
        turn = None if PLAN in stated else _turn(customer, at)
        event = _change(customer, opening.subject, at, turn, before, facts)
        if event is not None:
            yield replace(event, seen_at=max(at, opening.seen_at))
        before = facts


# -- differences


def _unknown(directory: Directory, named: str) -> Difference:
    message = f"the customer `{named}` is not in {directory.name}"
    return Difference("CW841", message, "add the customer, or correct `customer.id`")


def _differences(
    directory: Directory, customer: Customer, log: Sequence[Event], opening: Event, known: Mapping[str, Json]
) -> Iterator[Difference]:
    facts = _facts(opening)
    for path in sorted(known):
        if path in facts and not _same(directory, path, facts[path], known[path]):
            yield _differs(path, facts[path], known[path], "at its opening")
    for event in log:
        if event.kind != "plan":
            continue
        plan = None if event.data.get("change") == "ended" else event.data.get("plan")
        wanted = customer.plan_at(event.at)
        if not _same(directory, PLAN, plan, wanted):
            yield _differs(PLAN, plan, wanted, f"from {iso(event.at)} on")


def _differs(path: str, said: Json, known: Json, when: str) -> Difference:
    message = f"{when} the history says `{path}` is {_word(said)}, the directory {_word(known)}; the history counts"
    return Difference("CW840", message, "correct one of the two")


def _same(directory: Directory, path: str, said: Json, known: Json) -> bool:
    """Whether two values mean the same: plans by any of their names, instants in any zone, lists in any order."""
    if path == PLAN and isinstance(said, str):
        said = directory.plans.get(said, said)
    if isinstance(said, list) and isinstance(known, list):
        return sorted(map(str, said)) == sorted(map(str, known))
    if isinstance(said, str) and isinstance(known, str) and said != known:
        instant = _instant(said)
        return instant is not None and instant == _instant(known)
    return said == known


def _instant(text: str) -> int | None:
    try:
        return parse_instant(text)
    except ValueError:
        return None


def _word(value: Json) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case str() | int() | float():
            return f"`{value}`"
        case _:
            return "something else"


def _facts(event: Event) -> dict[str, Json]:
    facts = event.data.get("facts")
    return facts if isinstance(facts, dict) and event.kind != "linked" else {}
