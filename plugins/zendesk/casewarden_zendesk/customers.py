"""Organizations as customers: what they are, and which plan they have from when to when, as events of their accounts.

An export tells how an organization is, not what changed. So a plan is known by its name and the first day of its term:
it starts and ends once, however often the organization is exported.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from casewarden.model.event import Event, Json
from casewarden.model.instants import iso, parse_instant
from casewarden.plugin.mapping import DeskMapping
from casewarden_zendesk.records import SECOND, Organization
from casewarden_zendesk.settings import Contracts

_DAY: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:T00:00:00(?:\.0+)?(?:Z|\+00:00))?", re.ASCII)
"""How Zendesk states a day: a date field of an organization is read as midnight in UTC, whatever the account's zone."""


def account_events(
    organization: Organization, contracts: Contracts, mapping: DeskMapping, instance: str, now: int
) -> Iterator[Event]:
    """The events that an organization, as it is, states of its account; what lies ahead is told when it has come.

    A plan that is not named any more leaves no event, since nobody says when it ended: from then on it is not known.
    """
    if organization.is_deleted:
        return
    subject, at = f"account:{organization.id}", organization.updated
    facts: dict[str, Json] = {"customer.name": organization.name}
    values = {f"organization.{key}": value for key, value in organization.fields.items()}
    facts |= mapping.fields.facts(values).all_facts
    begin, end = term_of(organization.fields, contracts)
    term: dict[str, Json] = {}
    for path, instant in (("contract.term_start", begin), ("contract.term_end", end)):
        term |= {} if instant is None else {path: iso(instant)}
    plan = plan_of(organization.fields, contracts)
    if contracts.plan is not None and plan is None:
        facts["case.plan"] = None
    key = f"organization/{organization.id}"
    data: dict[str, Json] = {"facts": facts | term}
    yield Event(subject, "observed", at, max(now, at), "automation", instance, f"{key}/{iso(at)}", data=data)
    if plan is None:
        return
    began = at if begin is None else begin
    name = f"{key}/plan/{plan}" + ("" if begin is None else f"/{iso(begin)}")
    if began <= now:
        data = {"change": "started", "plan": plan, "facts": dict(term)}
        yield Event(subject, "plan", began, max(now, began), "automation", instance, name, 1, data=data)
    if end is not None and began < end <= now:
        data = {"change": "ended", "plan": plan}
        yield Event(subject, "plan", end, now, "automation", instance, f"{name}/ended/{iso(end)}", 0, data=data)


def plan_of(fields: Mapping[str, Json], contracts: Contracts) -> str | None:
    """The plan that an organization's fields name; a value that no table knows is kept."""
    raw = None if contracts.plan is None else fields.get(contracts.plan)
    if raw is None or raw == "":
        return None
    return str(raw) if contracts.plans is None else contracts.plans.get(str(raw), str(raw))


def plan_at(fields: Mapping[str, Json], contracts: Contracts, at: int) -> str | None:
    """The plan that is in force at an instant: none before its term begins, and none after it ends."""
    begin, end = term_of(fields, contracts)
    is_within = (begin is None or begin <= at) and (end is None or at < end)
    return plan_of(fields, contracts) if is_within else None


def term_of(fields: Mapping[str, Json], contracts: Contracts) -> tuple[int | None, int | None]:
    """When the term begins and ends: of days the midnight before the first one and that after the last one."""
    zone = ZoneInfo(contracts.zone)
    start, end = (None if key is None else fields.get(key) for key in (contracts.term_start, contracts.term_end))
    return _instant(start, zone, 0), _instant(end, zone, 1)


def day_of(now: int, contracts: Contracts) -> int:
    """The number of the day on which plans begin and end; always 0 where none has a term."""
    return datetime.fromtimestamp(now // SECOND, ZoneInfo(contracts.zone)).toordinal() if contracts.has_terms else 0


def _instant(raw: Json, zone: ZoneInfo, days: int) -> int | None:
    """The instant that a field states; None for what is no date, which `check` tells."""
    if not isinstance(raw, str) or not raw:
        return None
    found = _DAY.fullmatch(raw)
    try:
        if found is None:
            return parse_instant(raw)
        day = date.fromisoformat(found[1]) + timedelta(days)
        return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * SECOND
    except (ValueError, OverflowError):
        return None
