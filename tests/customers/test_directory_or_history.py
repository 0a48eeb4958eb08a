"""What is decided with a directory is what is decided with the same facts written into the history by hand.

The hand is one that goes through the calendar day by day, looks up what holds on each, and writes an event where that
is not what held the day before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.decide import compile_ruleset
from casewarden.model.event import Event, Json
from casewarden.model.instants import iso
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.load import load
from casewarden.ruleset.nodes import read_yaml
from casewarden.scenario.customers.directory import Directory
from casewarden.scenario.customers.read_directory import directory_of
from casewarden.scenario.customers.told import account_log, case_log
from casewarden.scenario.linked import LinkedSubjects
from casewarden.scenario.record import decision_line
from casewarden.scenario.run import Mode

RULESET, _problems = load(Path(__file__).parent / "stories" / "support.yaml")
assert RULESET is not None, _problems.items
COMPILED = compile_ruleset(RULESET)
ZONE = ZoneInfo("Europe/Zurich")
FIRST = date(2026, 1, 1)
DAYS = 400
BEGIN = datetime(2025, 12, 1, tzinfo=ZONE)
END = datetime(2027, 3, 1, tzinfo=ZONE)

Stretch = tuple[int, int | None]
"""First and last day, counted from FIRST; None: no end."""


@dataclass(frozen=True)
class Drawn:
    """A customer as it was drawn, in days."""

    plans: tuple[tuple[Stretch, str], ...]
    contracts: tuple[tuple[Stretch, dict[str, str]], ...]
    licences: tuple[Stretch, ...]
    authorised: bool | None
    language: str | None
    region: str | None


@dataclass(frozen=True)
class Case:
    """A case as it was drawn; `stated` is what the history says of it at its opening."""

    opened: datetime
    learnt: datetime
    answered: datetime
    stated: dict[str, Json]


def stretches(most: int) -> st.SearchStrategy[tuple[Stretch, ...]]:
    """Stretches that follow each other, with or without gaps; the last may be open."""

    def cut(days: list[int], joined: bool, open_end: bool) -> tuple[Stretch, ...]:
        if joined:
            pairs = [(first, after - 1) for first, after in pairwise(days)]
        else:
            pairs = list(zip(days[::2], days[1::2], strict=False))
        found: list[Stretch] = [pair for pair in pairs if pair[0] <= pair[1]]
        if found and open_end:
            found[-1] = (found[-1][0], None)
        return tuple(found)

    days = st.lists(st.integers(0, DAYS), max_size=most, unique=True).map(sorted)
    return st.builds(cut, days, st.booleans(), st.booleans())


TERMS = st.fixed_dictionaries(
    {"chat": st.sampled_from(["yes", "no"])},
    optional={
        "calendar": st.sampled_from(["weekend", "always", "{1: always}"]),
        "commitment": st.sampled_from(["contractual", "best_effort"]),
        "answer": st.sampled_from(["3 business hours", "90 elapsed minutes", "best_effort"]),
        "incidents": st.sampled_from(["0", "1", "3", "unlimited"]),
        "seats": st.sampled_from(["2", "licences"]),
    },
)


@st.composite
def customers(draw: st.DrawFn) -> Drawn:
    plans = draw(stretches(6))
    contracts = draw(stretches(6))
    return Drawn(
        plans=tuple((one, draw(st.sampled_from(["monthly", "annual", "Premier"]))) for one in plans),
        contracts=tuple((one, draw(TERMS)) for one in contracts),
        licences=tuple(one for group in draw(st.lists(stretches(2), max_size=3)) for one in group),
        authorised=draw(st.sampled_from([None, True, False])),
        language=draw(st.sampled_from([None, "de", "fr"])),
        region=draw(st.sampled_from([None, "emea"])),
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    minutes = draw(st.integers(0, DAYS * 24 * 60))
    day = FIRST + timedelta(days=minutes // 1440)
    opened = datetime(day.year, day.month, day.day, minutes // 60 % 24, minutes % 60, tzinfo=ZONE)
    learnt = opened + timedelta(minutes=draw(st.sampled_from([0, 0, 5, 5000])))
    answered = learnt + timedelta(minutes=draw(st.integers(1, 6000)))
    known: dict[str, Json] = {"case.plan": "monthly", "contract.calendar": "office", "case.language": "en"}
    paths = draw(st.lists(st.sampled_from(sorted(known)), unique=True))
    severity: dict[str, Json] = {"case.reported_severity": draw(st.sampled_from(["1", "2"])), "customer.id": "acme"}
    return Case(opened, learnt, answered, {**severity, **{path: known[path] for path in paths}})


# -- the directory


def day(number: int) -> str:
    return (FIRST + timedelta(days=number)).isoformat()


def span(stretch: Stretch) -> str:
    return f"from: {day(stretch[0])}" + ("" if stretch[1] is None else f", until: {day(stretch[1])}")


def contract(stretch: Stretch, terms: dict[str, str]) -> str:
    parts = [span(stretch), f"facts: {{contract.chat: {terms['chat']}}}"]
    parts += [f"{name}: {terms[name]}" for name in ("calendar", "commitment") if name in terms]
    parts += [f"targets: {{answer: {terms['answer']}}}"] if "answer" in terms else []
    quotas = [f"{name}: {terms[name]}" for name in ("incidents", "seats") if name in terms]
    parts += [f"quotas: {{{', '.join(quotas)}}}"] if quotas else []
    return f"{{{', '.join(parts)}}}"


def directory(drawn: Drawn) -> Directory:
    lines = ["    name: Acme AG"]
    if drawn.language is not None:
        lines.append(f"    language: {drawn.language}")
    if drawn.plans:
        lines.append(f"    subscriptions: [{', '.join(f'{{plan: {name}, {span(one)}}}' for one, name in drawn.plans)}]")
    if drawn.contracts:
        lines.append(f"    contract: [{', '.join(contract(*one) for one in drawn.contracts)}]")
    if drawn.licences:
        each = (f"{{id: L-{number}, {span(one)}}}" for number, one in enumerate(drawn.licences))
        lines.append(f"    licences: [{', '.join(each)}]")
    if drawn.authorised is not None:
        lines.append(f"    contacts: [{{id: anna, authorised: {'yes' if drawn.authorised else 'no'}}}]")
    if drawn.region is not None:
        lines.append(f"    facts: {{customer.region: {drawn.region}}}")
    head = "casewarden_customers: 1\nruleset: support.yaml\nzone: Europe/Zurich\ncustomers:\n  acme:\n"
    text = head + "\n".join(lines) + "\n"
    problems = Diagnostics()
    node = read_yaml(text, "customers.yaml", problems)
    assert node is not None
    assert RULESET is not None
    found = directory_of(Path("customers.yaml"), node, RULESET, problems)
    assert found is not None, (text, problems.items)
    return found


# -- the hand


def us(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000


def midnight(number: int) -> int:
    on = FIRST + timedelta(days=number)
    return us(datetime(on.year, on.month, on.day, tzinfo=ZONE))


def lies(number: int, stretch: Stretch) -> bool:
    return stretch[0] <= number and (stretch[1] is None or number <= stretch[1])


def held(drawn: Drawn, number: int) -> dict[str, Json]:
    """What holds on a day, but for the plan."""
    facts: dict[str, Json] = {"customer.name": "Acme AG"}
    if drawn.region is not None:
        facts["customer.region"] = drawn.region
    for stretch, _ in drawn.plans:
        if lies(number, stretch):
            facts["contract.term_start"] = iso(midnight(stretch[0]))
            if stretch[1] is not None:
                facts["contract.term_end"] = iso(midnight(stretch[1] + 1))
    count = sum(lies(number, stretch) for stretch in drawn.licences)
    if drawn.licences:
        facts["customer.licences"] = count
    for stretch, terms in drawn.contracts:
        if lies(number, stretch):
            facts |= _terms(terms, count if drawn.licences else None)
    return facts


def _terms(terms: dict[str, str], licences: int | None) -> dict[str, Json]:
    facts: dict[str, Json] = {"contract.chat": terms["chat"] == "yes"}
    facts |= {f"contract.{name}": terms[name] for name in ("calendar", "commitment") if name in terms}
    if terms.get("calendar") == "{1: always}":
        facts["contract.calendar"] = {"1": "always"}
    if "answer" in terms:
        facts["contract.targets"] = {"answer": terms["answer"]}
    quotas: dict[str, Json] = {}
    for name in ("incidents", "seats"):
        if name in terms and terms[name] != "licences":
            quotas[name] = int(terms[name]) if terms[name].isdecimal() else terms[name]
        elif name in terms and licences is not None:
            quotas[name] = licences
    if "incidents" in terms or "seats" in terms:
        facts["contract.quotas"] = quotas
    return facts


def plan_on(drawn: Drawn, number: int) -> str | None:
    names = {"Premier": "annual"}
    return next((names.get(name, name) for stretch, name in drawn.plans if lies(number, stretch)), None)


def begun_on(drawn: Drawn, number: int) -> bool:
    return any(stretch[0] == number for stretch, _ in drawn.plans)


def written(
    drawn: Drawn, subject: str, since: int, without: frozenset[str], before: dict[str, Json]
) -> Iterator[Event]:
    """The events of all days after `since`, as somebody would write them who keeps a diary."""
    for number in range(since + 1, DAYS + 60):
        facts = {path: value for path, value in held(drawn, number).items() if path not in without}
        if not before and not _anything(drawn, number):
            continue  # an account begins with the first thing that has a date
        new = {path: facts.get(path) for path in sorted({*before, *facts}) if facts.get(path) != before.get(path)}
        plan, earlier = plan_on(drawn, number), plan_on(drawn, number - 1)
        data: dict[str, Json] = {"facts": dict(new)} if new else {}
        kind = "observed"
        if "case.plan" not in without and (begun_on(drawn, number) or (plan is None and earlier is not None)):
            kind = "plan"
            change = "ended" if plan is None else "renewed" if plan == earlier else "started"
            data = {"change": change, "plan": plan or earlier, **data}
        if data:
            at = midnight(number)
            yield Event(subject, kind, at, at, "automation", "customers", f"acme/{iso(at)}", data=data)
        before = facts


def _anything(drawn: Drawn, number: int) -> bool:
    """Whether something begins or ends on the day, so that there is reason to write."""
    spans = [stretch for stretch, _ in (*drawn.plans, *drawn.contracts)] + list(drawn.licences)
    return any(number in (first, None if last is None else last + 1) for first, last in spans)


def by_hand(drawn: Drawn, case: Case) -> dict[str, list[Event]]:
    number = (case.opened.date() - FIRST).days
    without = frozenset({*case.stated, "contract.quotas"})  # which the account reads alone
    opening = own_log(case)[0]
    facts: dict[str, Json] = {path: value for path, value in held(drawn, number).items() if path not in without}
    first = dict(facts)
    plan = plan_on(drawn, number)
    if plan is not None:
        first["case.plan"] = plan
    if drawn.language is not None:
        first["case.language"] = drawn.language
    if drawn.authorised is not None:
        first |= {"case.reporter_authorised": drawn.authorised, "case.reported_by": "customer"}
    said = {**opening.data, "facts": {**first, **case.stated}}
    told = Event(
        opening.subject, "opened", opening.at, opening.seen_at, "customer", "desk", "o", who=("anna",), data=said
    )
    later = [
        Event(e.subject, e.kind, e.at, max(e.at, opening.seen_at), e.by, e.source, e.key, data=e.data)
        for e in written(drawn, opening.subject, number, without, facts)
    ]
    account = list(written(drawn, "account:acme", -1, frozenset(), {}))
    return {"case:1": [told, *own_log(case)[1:], *later], "account:acme": account}


# -- both


def own_log(case: Case) -> list[Event]:
    opened, learnt, answered = us(case.opened), us(case.learnt), us(case.answered)
    data: dict[str, Json] = {"via": "chat", "facts": dict(case.stated)}
    return [
        Event("case:1", "opened", opened, learnt, "customer", "desk", "o", who=("anna",), data=data),
        Event("case:1", "message", answered, answered, "agent", "desk", "a", 1, data={"public": True}),
    ]


def by_directory(drawn: Drawn, case: Case) -> dict[str, list[Event]]:
    found = directory(drawn)
    log, _ = case_log(found, own_log(case))
    return {"case:1": log, "account:acme": account_log(found.customers["acme"], [], us(BEGIN))}


def decided(logs: dict[str, list[Event]], mode: Mode) -> str:
    known = {subject: log for subject, log in logs.items() if log}
    runs = LinkedSubjects(COMPILED, known, mode).runs(us(END))
    return "".join(decision_line(decision) for run in runs for decision in run.decisions)


@given(customers(), cases(), st.sampled_from(Mode))
@settings(max_examples=150, deadline=None)
def test_the_directory_decides_as_the_history_does(drawn: Drawn, case: Case, mode: Mode) -> None:
    assert decided(by_directory(drawn, case), mode) == decided(by_hand(drawn, case), mode)
