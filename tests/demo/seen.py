"""A snapshot of what the driver knows: what a store would be asked for."""

from collections.abc import Iterator

from casewarden.demo.snapshot import (
    Breach,
    CaseRow,
    Counts,
    Deed,
    Health,
    NextClock,
    Snapshot,
    by_urgency,
    words_of,
)
from casewarden.model.decision import ClockInstance, ClockState, Decision
from demo.driver import Driver

_OPEN = {ClockState.RUNNING: "running", ClockState.PAUSED: "paused"}


def snapshot(driver: Driver, now: int) -> Snapshot:
    last: dict[str, Decision] = {subject: decision for _, subject, decision in driver.decisions}
    rows, closed, missed, breaches, days = [], 0, 0, [], 0
    for subject, decision in last.items():
        kind, _, number = subject.partition(":")
        if kind != "case":
            continue
        (lane,) = (name for name, lane in driver.lanes.items() if subject in lane.times)
        ruleset = driver.lanes[lane]._compiled.ruleset
        ticket = driver.world._scene.tickets[number]
        assert ruleset.severity is not None
        levels = list(ruleset.severity.levels.items())
        grade = next((place for place, (level, _) in enumerate(levels) if level == decision.severity), None)
        for clock in decision.clocks:
            if clock.state is ClockState.MISSED and clock.due is not None:
                missed += 1
                breaches.append((clock.due, number, clock.clock))
        days += sum(entry.amount for entry in decision.ledger if entry.state == "posted")
        if ticket.is_over:
            closed += 1
            continue
        rows.append(
            CaseRow(
                number=number,
                customer=ticket.customer.name,
                plan=ticket.customer.plan,
                policy=lane,
                state=ticket.status,
                subject=str(ticket.facts.get("case.subject", "")),
                severity="" if grade is None else levels[grade][1],
                grade=grade,
                clock=_next(decision.clocks, now),
            )
        )
    found = [
        (one.at, one.subject.partition(":")[2], one.kind, words_of(one.kind, one.content), one.rule)
        for one in driver.done
    ]
    deeds = [Deed(number, *row) for number, row in enumerate(sorted([*found, *_moves(driver)], key=lambda row: row[0]))]
    return Snapshot(
        now=now,
        zone="Europe/Berlin",
        speed=600,
        counts=Counts(
            events=len(driver.events),
            decisions=len(driver.decisions),
            actions=len(driver.done),
            open=len(rows),
            closed=closed,
            missed=missed,
            credit_days=days,
        ),
        cases=by_urgency(rows),
        deeds=tuple(reversed(deeds)),
        breaches=tuple(Breach(place, *row) for place, row in reversed(list(enumerate(sorted(breaches))))),
        services=tuple(Health(name, state) for name, state in driver.world._scene.health.items()),
    )


def _moves(driver: Driver) -> Iterator[tuple[int, str, str, str, str]]:
    """Severities that rules changed."""
    before: dict[str, str | None] = {}
    for lane, subject, decision in driver.decisions:
        severity = driver.lanes[lane]._compiled.ruleset.severity
        was = before.get(subject)
        before[subject] = decision.severity
        rule = next((edge.rule for edge in decision.edges if edge.rises and not edge.silent), None)
        if severity is None or was is None or decision.severity in (None, was) or rule is None:
            continue
        order = list(severity.levels)
        kind = "lowered" if order.index(decision.severity) > order.index(was) else "raised"
        words = f"{kind} from {severity.levels[was]} to {severity.levels[decision.severity]}"
        yield decision.at, subject.partition(":")[2], kind, words, rule


def _next(clocks: tuple[ClockInstance, ...], now: int) -> NextClock | None:
    found = []
    for clock in clocks:
        if clock.overdue and clock.due is not None:
            found.append((0, clock.due, NextClock(clock.clock, "missed", clock.due, 1.0)))
        elif clock.state in _OPEN and clock.due is not None and clock.counted_from is not None:
            used = (now - clock.counted_from) / max(1, clock.due - clock.counted_from)
            found.append((1, clock.due, NextClock(clock.clock, "running", clock.due, min(1.0, max(0.0, used)))))
        elif clock.state is ClockState.PAUSED:
            found.append((2, 0, NextClock(clock.clock, "paused")))
    return min(found, key=lambda row: row[:2])[2] if found else None
