"""What would be known and done when the sidecar goes live, as text and as JSON."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from casewarden.model.event import Json
from casewarden.model.instants import iso


class _Clock(Protocol):
    running: int
    hour: int
    day: int
    overdue: int
    paused: int


class _Plan(Protocol):
    @property
    def at(self) -> int: ...
    @property
    def cases(self) -> Mapping[str, int]: ...
    @property
    def severities(self) -> Mapping[str, int]: ...
    @property
    def clocks(self) -> Mapping[str, _Clock]: ...
    @property
    def true(self) -> Mapping[str, Sequence[str]]: ...
    @property
    def actions(self) -> Mapping[tuple[str, str], int]: ...
    @property
    def obligations(self) -> Mapping[str, int]: ...


def plan_json(plan: _Plan) -> dict[str, Json]:
    """The plan as JSON."""
    return {
        "at": iso(plan.at),
        "cases": dict(plan.cases),
        "severities": dict(plan.severities),
        "clocks": {
            name: {
                "running": one.running,
                "due_within_an_hour": one.hour,
                "due_within_a_day": one.day,
                "overdue": one.overdue,
                "paused": one.paused,
            }
            for name, one in sorted(plan.clocks.items())
        },
        "true_already": {rule: list(cases) for rule, cases in sorted(plan.true.items())},
        "would_go_out": [
            {"rule": rule, "action": kind, "count": count} for (rule, kind), count in sorted(plan.actions.items())
        ],
        "for_a_person": dict(plan.obligations),
    }


def plan_text(plan: _Plan) -> str:
    """The plan for a person to read before anything is done."""
    cases = ", ".join(f"{count} {state}" for state, count in sorted(plan.cases.items())) or "none"
    lines = [f"As of {iso(plan.at)}", f"  cases: {cases}"]
    if plan.severities:
        lines.append(
            "  open by severity: " + ", ".join(f"{n} of {level}" for level, n in sorted(plan.severities.items()))
        )
    if plan.clocks:
        lines.append("  clocks of open cases:")
        width = max(map(len, plan.clocks))
        for name, one in sorted(plan.clocks.items()):
            lines.append(
                f"    {name:<{width}}  {one.running} running, {one.hour} due within an hour, {one.day} within a day; "
                f"{one.overdue} overdue, {one.paused} on hold"
            )
    if plan.true:
        lines.append("  true already, so nothing is done about it (`casewarden backfill RULE` lets it act after all):")
        lines += [f"    {rule}: {_few(names)}" for rule, names in sorted(plan.true.items())]
    if plan.actions:
        lines.append("  would go out at once:")
        lines += [f"    {count} x {kind} by {rule}" for (rule, kind), count in sorted(plan.actions.items())]
    else:
        lines.append("  nothing would go out at once")
    lines += [f"  waits for a person: {count} {kind}" for kind, count in sorted(plan.obligations.items())]
    return "\n".join(lines) + "\n"


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(name.removeprefix("case:") for name in names[:5])
    count = f"{len(names)} case" + ("" if len(names) == 1 else "s")
    return f"{count}: {shown}" + (f" and {len(names) - 5} more" if len(names) > 5 else "")
