"""Small rulesets, short histories and what came of them, for tests that name one sentence.

Times are written `mon 09:00`: days of the week that begins on Monday 2 March 2026 in Zurich, where the office is open
from 08:00 to 17:00; `mon+1 09:00` is a week later, `sun-1 09:00` the day before. `mon 09:00+1` is a microsecond later.
"""

import functools
import re
import textwrap
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from casewarden.decide import Compiled, compile_ruleset, decide, engine_events, truths
from casewarden.decide.trilean import Trilean
from casewarden.model import Event, Json, fold
from casewarden.model.decision import Decision
from casewarden.ruleset.diagnostics import Level
from casewarden.ruleset.load import load_text
from casewarden.scenario.run import Mode, Run, run

ZURICH = ZoneInfo("Europe/Zurich")
MONDAY = datetime(2026, 3, 2, tzinfo=ZURICH)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE = 60_000_000
HOUR = 60 * MINUTE
_WRITTEN = re.compile(r"(?P<day>[a-z]{3})(?P<week>[+-]\d+)? (?P<time>\d\d:\d\d(?::\d\d)?)(?P<more>[+-]\d+)?")

_HEAD = """
casewarden: 1
ruleset: small
revision: {from: 2026-01-01, binds: new_cases}
defaults:
  calendar: office
  language: en
  plan: basic
  days: {mode: end_of_day, origin: next_opening}
  boundary: closing
  on_change: {severity: keep, plan: keep, contract: keep}
people: [support, manager, triage]
close_reasons: [solved, unreachable]
calendars:
  office: {zone: Europe/Zurich, open: {mon-fri: 08:00-17:00}, holidays: none}
  always: {zone: Europe/Zurich, open: 24x7, holidays: none}
plans:
  basic: {calendar: office, commitment: slo}
  gold: {calendar: always, commitment: contractual}
messages:
  hello: {en: "Hello."}
  bye: {en: "Bye."}
"""
_FIELDS = """
fields:
  case:
    core: {type: choice, of: [down, degraded, available]}
    workaround: {type: yes_no}
    text: {type: text}
    size: {type: integer}
    load: {type: number}
    labels: {type: set, of: [vip, legal, new]}
    planned: {type: instant}
    outage: {type: duration}
    installed: {type: version}
    known_as: {type: text}
    cause: {type: choice, of: [us, them], confirmed_by: [triage]}
    defect: {type: yes_no, when_missing: no}
    heartbeat: {type: choice, of: [up, down], fresh_for: 30 minutes}
  customer:
    id: {type: text}
    region: {type: choice, of: [emea, apac]}
  contract:
    region: {type: choice, of: [emea, apac]}
  service.core:
    health: {type: choice, of: [up, down], fresh_for: 2 hours}
  links.defect:
    status: {type: choice, of: [filed, fixed]}
    points: {type: integer}
"""


def at(text: str) -> int:
    """`mon 09:00` as microseconds."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no time of the test week")
    days = DAYS.index(found["day"]) + 7 * int(found["week"] or 0)
    hours, minutes, *seconds = (int(part) for part in found["time"].split(":"))
    wall = MONDAY + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)
    return round(wall.astimezone(UTC).timestamp()) * 1_000_000 + int(found["more"] or 0)


def say(instant: int | None) -> str | None:
    """The way back: an instant as it is written in tests, None where there is none."""
    if instant is None:
        return None
    seconds, more = divmod(instant, 1_000_000)
    wall = datetime.fromtimestamp(seconds, ZURICH)
    weeks, day = divmod((wall.date() - MONDAY.date()).days, 7)
    time = f"{wall:%H:%M:%S}" if wall.second else f"{wall:%H:%M}"
    return f"{DAYS[day]}{f'{weeks:+d}' if weeks else ''} {time}{f'+{more}' if more else ''}"


def text_of(sections: str) -> str:
    """A whole ruleset: these sections with, for those that they leave out, the ones of these tests."""
    body = textwrap.dedent(sections)
    stated = set(re.findall(r"^(\w+):", body, re.MULTILINE))
    given = re.split(r"^(?=\w)", _HEAD + _FIELDS.lstrip("\n"), flags=re.MULTILINE)
    return "".join(part for part in given if part.strip() and part.partition(":")[0] not in stated) + body


@functools.cache
def ruleset(sections: str) -> Compiled:
    """A ruleset ready to decide; AssertionError with all that the checker says where it has errors."""
    loaded, diagnostics = load_text(text_of(sections))
    assert loaded is not None, "\n".join(f"{item.code} {item.place}: {item.message}" for item in diagnostics.items)
    return compile_ruleset(loaded)


def codes(sections: str) -> list[str]:
    """The codes of the errors that the checker finds."""
    _, diagnostics = load_text(text_of(sections))
    return [item.code for item in diagnostics.items if item.level is Level.ERROR]


def rule(name: str, body: str) -> str:
    """A `rules` section with one rule."""
    return f"rules:\n  {name}:\n    clause: [S]\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"


def more(name: str, body: str) -> str:
    """A further rule, behind the first of a `rules` section."""
    return rule(name, body).removeprefix("rules:\n")


def when(condition: str, then: str = "[note: hello]") -> Compiled:
    """A ruleset with one rule `probe` of this condition."""
    return ruleset(rule("probe", f"when: {condition}\nthen: {then}"))


class Log:
    """The events of one subject, written one after another; keys and sequences count up."""

    def __init__(self, subject: str = "case:1") -> None:
        self.subject = subject
        self.events: list[Event] = []

    def add(
        self,
        kind: str,
        time: str,
        by: str = "customer",
        /,
        *,
        who: tuple[str, ...] = (),
        seen: str | None = None,
        source: str = "desk",
        key: str | None = None,
        sequence: int | None = None,
        **data: Json,
    ) -> Self:
        """Add an event; `seen` is when it was learnt of, its own instant if left out."""
        number = len(self.events) + 1
        self.events.append(
            Event(
                self.subject,
                kind,
                at(time),
                at(seen or time),
                by,
                source,
                key or f"e{number:03}",
                number if sequence is None else sequence,
                who,
                data,
            )
        )
        return self

    def opened(self, time: str, facts: Mapping[str, Json] | None = None, **more: Json) -> Self:
        return self.add("opened", time, facts=dict(facts or {}), **more)  # type: ignore[arg-type]

    def observed(self, time: str, facts: Mapping[str, Json], by: str = "agent", **more: object) -> Self:
        return self.add("observed", time, by, facts=dict(facts), **more)  # type: ignore[arg-type]

    def message(self, time: str, by: str = "customer", *, public: bool = True, **more: object) -> Self:
        return self.add("message", time, by, public=public, **more)  # type: ignore[arg-type]

    def watermark(self, time: str, source: str = "desk", through: str | None = None) -> Self:
        """The source is known completely up to its instant, or to `through`."""
        more: dict[str, Json] = {} if through is None else {"through": iso(through)}
        return self.add("watermark", time, "automation", source=source, **more)  # type: ignore[arg-type]


def iso(time: str) -> str:
    """`mon 09:00` as ISO 8601."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at(time))).isoformat()


def decided(compiled: Compiled, log: Log, now: str) -> Decision:
    """The decision on what was seen by then, as the first one."""
    return decide(compiled, fold(event for event in log.events if event.seen_at <= at(now)), at(now))


def truth(compiled: Compiled, log: Log, now: str, name: str = "probe") -> Trilean:
    """What the condition of a rule says on what was seen by then."""
    return truths(compiled, fold(event for event in log.events if event.seen_at <= at(now)), at(now))[name]


def wake(compiled: Compiled, log: Log, now: str) -> str | None:
    """When the decision wants to be woken."""
    return say(decided(compiled, log, now).next_wakeup)


def play(compiled: Compiled, log: Log, until: str = "sun+3 23:00", mode: Mode = Mode.KNOWN) -> Run:
    """The log in virtual time, every action applied at once or when it may be delivered."""
    return run(compiled, log.events, at(until), mode)


def live(compiled: Compiled, log: Log, *instants: str) -> list[Decision]:
    """Decisions at stated instants, each remembered in the log of the next; no helpdesk answers."""
    remembered: list[Event] = []
    found: list[Decision] = []
    for instant in instants:
        seen = [event for event in log.events if event.seen_at <= at(instant)]
        found.append(decide(compiled, fold([*seen, *remembered]), at(instant)))
        remembered += engine_events(found[-1])
    return found


def done(decisions: Run | Iterable[Decision]) -> list[str]:
    """All actions with their instant, rule and kind: `mon 09:00 probe note`."""
    found = decisions.decisions if isinstance(decisions, Run) else decisions
    return [f"{say(one.at)} {action.rule} {action.kind}" for one in found for action in one.actions]


def held(decisions: Run | Iterable[Decision]) -> list[str]:
    """All that was withheld: `probe limit`."""
    found = decisions.decisions if isinstance(decisions, Run) else decisions
    return [f"{row.rule} {row.why}" for one in found for row in one.withheld]


def edges(decisions: Run | Iterable[Decision]) -> list[str]:
    """All edges: `mon 09:00 probe up 1`, with what marks them."""
    found = decisions.decisions if isinstance(decisions, Run) else decisions
    return [
        " ".join(
            [say(edge.at) or "", edge.rule, "up" if edge.rises else "down", str(edge.activation)]
            + [f"repetition {edge.repetition}"] * bool(edge.repetition)
            + [word for word in ("late", "baseline", "silent", "provisional") if getattr(edge, word)]
        )
        for one in found
        for edge in one.edges
    ]


def clocks(decision: Decision) -> list[str]:
    """All clocks: `answer running tue 09:00` with the due instant."""
    return [f"{clock.clock} {clock.state} {say(clock.due) or '-'}" for clock in decision.clocks]
