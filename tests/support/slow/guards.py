"""Guards, channels and quotas: what restrains, and what a plan includes."""

from collections.abc import Mapping

from support.slow import conditions, facts
from support.slow.world import World


def forbidding(world: World, verb: str, reason: str | None, t: int) -> list[str]:
    """The guards that forbid closing (with this reason) or reopening: their condition is not false."""
    return [
        guard.name
        for guard in world.ruleset.guards.values()
        if guard.forbids == verb
        and reason not in guard.except_reasons
        and conditions.holds(world, guard.condition, t) is not False
    ]


def channel(world: World, name: str, t: int) -> str | None:
    """Whether the case's plan includes the channel; None where the cell is unknown or only a contract could say."""
    included = world.ruleset.channels[name].included
    if included == "all":
        return "included"
    plan = facts.plan_at(world, t)
    if isinstance(included, str) or plan is None:
        return None
    if isinstance(included, Mapping):
        return {"yes": "included", "no": "not_included"}.get(included[plan])
    return "included" if plan in included else "not_included"


def quota(world: World, name: str, t: int) -> str | None:
    """Whether the place that the ledger gave this case is within what its plan allows; None before it answered."""
    granted = [e for e in world.log if e.kind == "granted" and e.at <= t and e.data.get("quota") == name]
    plan = facts.plan_at(world, t)
    if not granted or plan is None:
        return None
    allowed = world.ruleset.quotas[name].allowed.get(plan)
    if allowed == "unlimited":
        return "within"
    if not isinstance(allowed, int):
        return None
    return "within" if int(str(granted[-1].data["place"])) <= allowed else "over"
