"""Scenario tests for what was imported: each is played before it is kept, so all that are written pass."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from casewarden.decide import Compiled, compile_ruleset
from casewarden.importing.draft import Draft, Element, Listed
from casewarden.importing.facts import Facts, plain_first
from casewarden.importing.happenings import Happening, happens, status_step
from casewarden.importing.settle import Settled
from casewarden.importing.written import AnyOf, Data, Noted, flow, remark
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.format import format_text
from casewarden.ruleset.nodes import read_yaml
from casewarden.scenario.play import play
from casewarden.scenario.read_scenario import scenarios_of
from casewarden.scenario.times import shown
from casewarden.worktime.zones import zone

_MINUTE: Final = 60_000_000
_HOUR: Final = 60 * _MINUTE
_MOST_MINUTES: Final = 5 * 365 * 24 * 60


@dataclass(slots=True)
class MadeTests:
    """The text of a file of tests, how many it has, and the elements for which none could be made."""

    text: str = ""
    count: int = 0
    without: list[str] = field(default_factory=list)


def make_tests(draft: Draft, settled: Settled) -> MadeTests | None:
    """Tests for every clock and rule that lives; None where there is none for which one could be made."""
    maker = _Maker(draft, settled)
    made = MadeTests()
    bodies: list[str] = []
    for element in draft.elements():
        if element.dead is not None:
            continue
        found = next((body for body in maker.candidates(element) if maker.passes(body)), None)
        if found is None:
            made.without.append(element.name)
        else:
            bodies.append(found)
    if not bodies:
        return None
    made.count = len(bodies)
    left = [line for name in made.without for line in remark(f"No test could be made for {name}.")]
    text = "\n".join([maker.head(), *bodies, *left, ""])
    made.text = format_text(text, f"{draft.name}.test.yaml", Diagnostics()) or text
    return made


class _Maker:
    def __init__(self, draft: Draft, settled: Settled) -> None:
        self._draft = draft
        self._ruleset = settled.ruleset
        self._compiled: Compiled = compile_ruleset(settled.ruleset)
        self._zone = zone(draft.options.calendar.zone)
        begin = self._zone.wall_us(settled.ruleset.revision.from_date.toordinal(), 0)
        calendar = self._compiled.calendars["business_hours"]
        opening = calendar.next_opening(begin)
        self._opening = opening + _HOUR if calendar.is_open(opening + _HOUR) else opening

    def head(self) -> str:
        """What stands above the tests."""
        return "\n".join(
            [
                f"# What {self._draft.name}.yaml does with the cases that were meant; made by the import.",
                "casewarden_test: 1",
                f"ruleset: {self._draft.name}.yaml",
                f"zone: {flow(self._draft.options.calendar.zone)}",
                "tests:",
            ]
        )

    def passes(self, body: str) -> bool:
        """Whether a test can be read, and holds."""
        diagnostics = Diagnostics()
        path = Path(f"{self._draft.name}.test.yaml")
        node = read_yaml(f"{self.head()}\n{body}\n", str(path), diagnostics)
        file = None if node is None else scenarios_of(path, node, diagnostics, self._ruleset)
        return file is not None and all(play(self._compiled, one, self._zone).passed for one in file.scenarios)

    def candidates(self, element: Element) -> Iterator[str]:
        """Tests that might hold, the one that tells most first."""
        if element in self._draft.clocks:
            yield from self._of_clock(element)
        else:
            yield from self._of_rule(element)

    def _business(self, minutes: int) -> int:
        """How many minutes after the opening of a case so many business minutes have passed."""
        if minutes > _MOST_MINUTES:
            return minutes
        until = self._compiled.calendars["business_hours"].add_us(self._opening, minutes * _MINUTE)
        return (until - self._opening) // _MINUTE

    def _time(self, minutes: int) -> str:
        return shown(self._opening + minutes * _MINUTE, self._zone)

    def _test(self, element: Element, given: dict[str, Data], steps: list[tuple[int, dict[str, Data]]]) -> str:
        lines = [f"  {element.name}:", f"    clause: [{flow(element.clause)}]"]
        if given:
            lines.append(f"    given: {flow(given)}")
        lines.append("    timeline:")
        for minutes, step in steps:
            lines.append(f"      - at: {self._time(minutes)}")
            lines.extend(f"        {key}: {flow(value)}" for key, value in step.items())
        return "\n".join(lines)

    def _of_clock(self, clock: Element) -> Iterator[str]:
        targets = clock.body["targets_by_severity"]
        assert isinstance(targets, dict)
        applies = clock.body.get("applies_if")
        conditions = [item.data for item in applies.items if item.data] if isinstance(applies, Listed) else []  # type: ignore[union-attr]
        for priority, target in targets.items():
            if target == "none":
                continue
            facts = Facts(self._draft, self._business)
            facts.put("case.priority", priority)
            held = not (all(facts.fit(one, wanted=True) for one in plain_first(conditions)) and facts.whole())
            given = facts.given()
            running: dict[str, Data] = {"clocks": {clock.name: {"state": "running", "target": target}}}
            ended: dict[str, Data] = {"clocks": {clock.name: {"state": "met"}}}
            if held:
                none: dict[str, Data] = {"clocks": {clock.name: "not_applicable"}}
                yield self._test(
                    clock, {"case.priority": priority}, [(0, {"opened": {"by": "customer"}, "expect": none})]
                )
                continue
            yield self._test(clock, given, list(_course(clock, running, ended, facts.observed())))

    def _of_rule(self, rule: Element) -> Iterator[str]:
        """The rule acts: at the opening, at its event, or once the time has passed; or it does not, being held."""
        when, each = rule.body.get("when"), rule.body.get("each")
        conditions = list(_data_of(when.items)) if isinstance(when, Listed) else []
        then = rule.body["then"]
        assert isinstance(then, Listed)
        count = sum(item.data is not None for item in then.items if isinstance(item, Noted))
        whole: dict[str, Data] = {"actions": [{"rule": rule.name} for _ in range(count)]}
        begun: dict[str, Data] = {"actions": [{"rule": rule.name}]}
        outdone: dict[str, Data] = {"withheld": [{"rule": rule.name, "why": "conflict"}]}  # by one of higher priority
        facts = Facts(self._draft, self._business)
        possible = all(facts.fit(one, wanted=True) for one in plain_first(conditions))
        happening = None if each is None else happens(self._draft, str(each))
        if not possible or (each is not None and happening is None) or not facts.whole():
            return
        for acts in (whole, begun, outdone):
            yield from self._stories(rule, acts, facts, happening)

    def _stories(
        self, rule: Element, acts: dict[str, Data], facts: Facts, happening: Happening | None
    ) -> Iterator[str]:
        opened: dict[str, Data] = {"opened": {"by": happening.opened_by if happening else "customer"}}
        status = status_step(facts.status)
        seen = {**opened, **status}
        wait = facts.wait
        if happening is not None and happening.entry is not None:
            yield self._test(rule, facts.given(), [(0, seen), (5, {**happening.entry, "expect": acts})])
            yield self._test(rule, facts.given(), [(0, opened), (1, status), (5, {**happening.entry, "expect": acts})])
        elif wait:
            yield self._test(rule, facts.given(), [(0, seen), (wait, {"expect": acts})])
            yield self._test(rule, facts.given(), [(0, opened), (1, status or {}), (wait + 1, {"expect": acts})])
        else:
            yield self._test(rule, facts.given(), [(0, {**seen, "expect": acts})])
            yield self._test(rule, facts.given(), [(0, opened), (1, {**status, "expect": acts})])


def _data_of(items: Iterable[Noted | AnyOf]) -> Iterator[Data]:
    for item in items:
        match item:
            case AnyOf(branches):
                yield {"any": [branch.data for branch in branches if branch.data is not None]}
            case Noted(data) if data is not None:
                yield data
            case _:
                pass


def _course(
    clock: Element, running: dict[str, Data], ended: dict[str, Data], observed: dict[str, Data]
) -> Iterator[tuple[int, dict[str, Data]]]:
    """The steps after which a clock runs, and then is met."""
    reply: dict[str, Data] = {"message": {"by": "agent"}}
    seen: dict[str, Data] = {"observed": observed} if observed else {}
    if clock.body["starts"] == "case_opened":
        yield 0, {"opened": {"by": "customer"}, **seen, "expect": running}
        over: dict[str, Data] = reply if clock.body["stops"] == "agent_reply" else {"resolved": {"by": "agent"}}
        yield 1, {**over, "expect": ended}
        return
    yield 0, {"opened": {"by": "customer"}, **seen}
    yield 1, reply
    asked: dict[str, Data] = {"message": {"by": "customer"}} if clock.body["stops"] == "agent_reply" else {}
    yield 2, {**asked, "expect": running}
    yield 3, {**reply, "expect": ended}
