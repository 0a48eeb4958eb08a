"""Organizations as customers: what they are and which plan they have, as events of their accounts."""

from collections.abc import Iterator, Mapping

from casewarden.model.event import Event, Json
from casewarden.model.instants import iso, parse_instant
from casewarden.plugin.mapping import DeskMapping
from casewarden_zendesk.records import Organization
from casewarden_zendesk.settings import Contracts


def account_events(
    organization: Organization, contracts: Contracts, mapping: DeskMapping, instance: str, now: int
) -> Iterator[Event]:
    """The events that an organization, as it is, states of its account.

    An export tells how an organization is, not what changed: a plan is known by its name and the start of its term, so
    that it starts once however often the organization is exported.
    """
    if organization.is_deleted:
        return
    subject, at = f"account:{organization.id}", organization.updated
    seen = max(now, at)
    facts: dict[str, Json] = {"customer.name": organization.name}
    values = {f"organization.{key}": value for key, value in organization.fields.items()}
    facts |= mapping.fields.facts(values).all_facts
    term = _term(organization.fields, contracts)
    facts |= term
    key = f"organization/{organization.id}"
    yield Event(subject, "observed", at, seen, "automation", instance, f"{key}/{iso(at)}", data={"facts": facts})
    plan = plan_of(organization.fields, contracts)
    if plan is None:
        return
    start = term.get("contract.term_start")
    began = parse_instant(start) if isinstance(start, str) else at
    data: dict[str, Json] = {"change": "started", "plan": plan, "facts": dict(term)}
    name = f"{key}/plan/{plan}" + (f"/{start}" if start else "")
    if began <= now:
        yield Event(subject, "plan", began, max(now, began), "automation", instance, name, data=data)


def plan_of(fields: Mapping[str, Json], contracts: Contracts) -> str | None:
    """The plan that an organization's fields name; a value that no table knows is kept."""
    raw = None if contracts.plan is None else fields.get(contracts.plan)
    if raw is None or raw == "":
        return None
    return str(raw) if contracts.plans is None else contracts.plans.get(str(raw), str(raw))


def _term(fields: Mapping[str, Json], contracts: Contracts) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for path, key in (("contract.term_start", contracts.term_start), ("contract.term_end", contracts.term_end)):
        raw = None if key is None else fields.get(key)
        if isinstance(raw, str) and raw:
            text = f"{raw}T00:00:00Z" if len(raw) == len("2026-01-01") else raw
            try:
                found[path] = iso(parse_instant(text))
            except (ValueError, OverflowError):
                continue  # no date: the organization's field is of another type, which `check` tells
    return found
