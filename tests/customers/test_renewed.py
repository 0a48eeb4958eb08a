"""A directory that changes while cases run: a log that is renewed says what one says that begins under it now."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from casewarden.model.event import Event, Json
from casewarden.scenario.customers.directory import Directory
from casewarden.scenario.customers.renewed import renewed
from casewarden.scenario.customers.told import SOURCE, case_log

from .test_told import HOUR, MONDAY, directory, event

DAY = 24 * HOUR
OPENED = event("opened", who=("luc@acme.example",), via="email")
NAMED = event("opened", via="email", facts={"customer.id": "acme"})
ALL = [f"2026-0{month}-01" for month in range(4, 9)]


def told(found: Directory, log: Sequence[Event] = (NAMED,)) -> list[Event]:
    """What a case is brought as it begins: as the sidecar does it."""
    own = {(one.source, one.key): one for one in log}
    brought = []
    for one in case_log(found, list(log))[0]:
        before = own.get((one.source, one.key))
        if before is None:
            brought.append(one)
        elif before.data != one.data:
            known = before.data.get("facts")
            facts = one.data.get("facts")
            assert isinstance(facts, dict)
            more = {path: value for path, value in facts.items() if not (isinstance(known, dict) and path in known)}
            brought.append(
                Event(
                    one.subject,
                    "observed",
                    one.at,
                    one.seen_at,
                    "automation",
                    SOURCE,
                    f"{one.key}/d",
                    data={"facts": more},
                )
            )
    return brought


def values(events: Sequence[Event], at: int) -> dict[str, Json]:
    """What a log says at an instant, folded slowly."""
    found: dict[str, Json] = {}
    for one in sorted(events, key=lambda each: each.order):
        if one.at <= at:
            facts = one.data.get("facts")
            found |= facts if isinstance(facts, dict) else {}
            if one.kind == "plan":
                found["case.plan"] = None if one.data["change"] == "ended" else one.data["plan"]
    return {path: value for path, value in found.items() if value is not None and path != "customer.id"}


def instants(*logs: Sequence[Event]) -> list[int]:
    return sorted(
        {moment for log in logs for one in log for moment in (one.at - 1, one.at)} | {MONDAY, MONDAY + 200 * DAY}
    )


def test_a_plan_that_changed_reaches_a_case_that_runs() -> None:
    before = directory("  acme: {subscriptions: [{plan: monthly, from: 2026-01-01}]}\n")
    after = directory(
        "  acme: {subscriptions: [{plan: monthly, from: 2026-01-01, until: 2026-06-03},"
        " {plan: annual, from: 2026-06-04}]}\n"
    )
    log = [NAMED, *told(before)]
    found = renewed(after, "case:1", log, (), MONDAY + DAY)
    turns = [(one.data["change"], one.data["plan"], one.at > MONDAY) for one in found.events if one.kind == "plan"]
    assert turns == [("started", "annual", True)]
    assert values([*log, *found.events], MONDAY + 10 * DAY)["case.plan"] == "annual"
    assert renewed(after, "case:1", [*log, *found.events], (), MONDAY + 2 * DAY).events == ()


def test_what_lies_ahead_and_is_not_true_any_more_is_withdrawn() -> None:
    ends = directory("  acme: {subscriptions: [{plan: monthly, from: 2026-01-01, until: 2026-06-30}]}\n")
    goes_on = directory("  acme: {subscriptions: [{plan: monthly, from: 2026-01-01}]}\n")
    brought = told(ends)
    ahead = [one for one in brought if one.at > MONDAY + DAY]
    assert ahead
    log = [NAMED, *(one for one in brought if one.at <= MONDAY + DAY)]
    found = renewed(goes_on, "case:1", log, ahead, MONDAY + DAY)
    assert found.withdrawn == {one.key for one in ahead}
    assert "case.plan" not in {path for one in found.events for path in values([one], one.at)}
    same = renewed(ends, "case:1", log, ahead, MONDAY + DAY)
    assert same == renewed(ends, "case:1", [NAMED, *brought], (), MONDAY + DAY)
    assert (same.events, same.withdrawn) == ((), frozenset())


def test_a_customer_who_is_gone_takes_nothing_with_them() -> None:
    log = [NAMED, *told(directory("  acme: {subscriptions: [{plan: monthly, from: 2026-01-01}]}\n"))]
    cut_short = directory("  bellco: {subscriptions: [{plan: annual, from: 2026-01-01}]}\n")
    assert renewed(cut_short, "case:1", log, (), MONDAY + DAY).events == ()


def test_a_case_stays_its_customers_when_the_contact_moves() -> None:
    contact = "contacts: [{id: luc@acme.example, authorised: yes}]"
    plan = "subscriptions: [{plan: %s, from: 2026-01-01}]"
    before = directory(f"  acme: {{{plan % 'monthly'}, {contact}}}\n  bellco: {{{plan % 'annual'}}}\n")
    ann = "contacts: [{id: ann@acme.example, authorised: yes}]"
    after = directory(f"  acme: {{{plan % 'monthly'}, {ann}}}\n  bellco: {{{plan % 'annual'}, {contact}}}\n")
    log = [OPENED, *told(before, [OPENED])]
    assert log[1].data["facts"]["customer.id"] == "acme"  # type: ignore[call-overload,index]
    found = renewed(after, "case:1", log, (), MONDAY + DAY)
    now = values([*log, *found.events], MONDAY + DAY)
    assert (now["case.plan"], now["case.reporter_authorised"]) == ("monthly", False)
    assert not any("customer.id" in one.data.get("facts", {}) for one in found.events)  # type: ignore[operator]


def test_a_path_of_which_the_log_speaks_is_the_logs() -> None:
    own = [event("opened", via="email", facts={"customer.id": "acme", "case.plan": "monthly"})]
    after = directory("  acme: {subscriptions: [{plan: annual, from: 2026-01-01}]}\n")
    found = renewed(after, "case:1", own, (), MONDAY + DAY)
    assert "case.plan" not in values(found.events, MONDAY + DAY)


@st.composite
def stated(draw: st.DrawFn) -> Directory:
    cuts = sorted(draw(st.sets(st.sampled_from(ALL), min_size=1)))
    spans = list(zip(cuts, [*cuts[1:], None], strict=True))
    subscriptions = [
        f"{{plan: {draw(st.sampled_from(['monthly', 'annual']))}, from: {start}"
        + (f", until: {_day_before(end)}" if end else "")
        + "}"
        for start, end in spans
        if draw(st.booleans())
    ]
    said = f", subscriptions: [{', '.join(subscriptions)}]" if subscriptions else ""
    region = draw(st.sampled_from(["emea", "apac", None]))
    facts = f", facts: {{customer.region: {region}}}" if region else ""
    return directory(f"  acme: {{language: fr{facts}{said}}}\n")


def _day_before(day: str) -> str:
    year, month, _ = day.split("-")
    return f"{year}-{int(month) - 1:02}-28"


@given(st.lists(stated(), min_size=2, max_size=5), st.lists(st.integers(0, 60), min_size=4, max_size=4))
def test_after_any_course_of_changes_a_log_says_what_the_last_directory_says(
    course: list[Directory], days: list[int]
) -> None:
    first, *others = course
    waiting = [one for one in told(first) if one.at > MONDAY]
    log = [NAMED, *(one for one in told(first) if one.at <= MONDAY)]
    for later, day in zip(others, sorted(days), strict=False):
        now = MONDAY + day * DAY
        log += [one for one in waiting if one.at <= now]
        waiting = [one for one in waiting if one.at > now]
        found = renewed(later, "case:1", log, waiting, now)
        waiting = [one for one in waiting if one.key not in found.withdrawn]
        assert all(one.seen_at >= now for one in found.events)
        log += [one for one in found.events if one.at <= now]
        waiting += [one for one in found.events if one.at > now]
        assert renewed(later, "case:1", log, waiting, now).events == ()
        fresh = told(later)
        for at in instants([*log, *waiting], fresh):
            if at >= MONDAY:
                assert values([*log, *waiting], at) == values([NAMED, *fresh], at), at
