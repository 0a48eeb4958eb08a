"""What a directory tells a log, and what it leaves to the log."""

from pathlib import Path

from casewarden.model.event import Event, Json
from casewarden.model.instants import iso, parse_instant
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.ruleset.load import load
from casewarden.ruleset.nodes import read_yaml
from casewarden.scenario.customers.directory import Directory
from casewarden.scenario.customers.read_directory import directory_of
from casewarden.scenario.customers.told import account_log, case_log, reporter_of

RULESET, _problems = load(Path(__file__).parent / "stories" / "support.yaml")
assert RULESET is not None, _problems.items
MONDAY = parse_instant("2026-06-01T09:00:00+02:00")
HOUR = 3_600_000_000


def directory(customers: str) -> Directory:
    head = "casewarden_customers: 1\nruleset: support.yaml\nzone: UTC\ncustomers:\n"
    problems = Diagnostics()
    node = read_yaml(head + customers, "customers.yaml", problems)
    assert node is not None
    assert RULESET is not None
    found = directory_of(Path("customers.yaml"), node, RULESET, problems)
    assert found is not None, problems.items
    return found


def event(kind: str, at: int = MONDAY, by: str = "customer", who: tuple[str, ...] = (), **data: Json) -> Event:
    return Event("case:1", kind, at, at, by, "desk", f"{kind}-{at}-{by}", who=who, data=data)


def account(kind: str, at: int, **data: Json) -> Event:
    return Event("account:acme", kind, at, at, "automation", "crm", f"{kind}-{at}", data=data)


def facts(found: Event) -> Json:
    return found.data.get("facts")


def test_a_customer_without_dates_has_no_log_but_joins_one() -> None:
    customer = directory("  acme: {facts: {customer.region: emea}}\n").customers["acme"]
    assert account_log(customer, [], MONDAY) == []
    own = account("observed", MONDAY + HOUR, facts={"customer.channel": "open"})
    told = account_log(customer, [own], MONDAY)
    assert [(one.at, facts(one)) for one in told] == [
        (MONDAY + HOUR, {"customer.channel": "open"}),
        (MONDAY + HOUR, {"customer.region": "emea"}),
    ]


def test_an_account_that_speaks_of_plans_takes_none() -> None:
    july = "{plan: monthly, from: 2026-07-01, until: 2026-07-31}"
    found = directory(f"  acme: {{subscriptions: [{july}], facts: {{customer.region: emea}}}}\n")
    customer = found.customers["acme"]
    own = account("plan", MONDAY, change="started", plan="annual", facts={"customer.region": "apac"})
    told = account_log(customer, [own], MONDAY)
    assert [one.kind for one in told] == ["plan", "observed", "observed"]
    assert facts(told[1]) == {
        "contract.term_end": "2026-08-01T00:00:00Z",
        "contract.term_start": "2026-07-01T00:00:00Z",
    }
    assert facts(told[2]) == {"contract.term_end": None, "contract.term_start": None}


def test_what_began_before_is_known_at_the_beginning() -> None:
    customer = directory("  acme: {subscriptions: [{plan: monthly, from: 2025-01-01}]}\n").customers["acme"]
    plan, live = account_log(customer, [], MONDAY)
    assert (plan.kind, iso(plan.at), plan.seen_at) == ("plan", "2025-01-01T00:00:00Z", MONDAY)
    assert (live.kind, live.at) == ("went_live", MONDAY)
    (alone,) = account_log(customer, [], None)
    assert alone.seen_at == alone.at


def test_the_epoch_is_a_day_like_any_other() -> None:
    said = (
        "  acme: {subscriptions: [{plan: monthly, from: 1970-01-01, term_start: 1970-01-02, term_end: 1970-01-02}]}\n"
    )
    held = directory(said).customers["acme"].facts_at(0)
    assert held == {"contract.term_start": "1970-01-02T00:00:00Z", "contract.term_end": "1970-01-03T00:00:00Z"}


def test_the_reporter_is_who_opened_or_wrote_with_it() -> None:
    opening = event("opened", who=("anna",))
    assert reporter_of([opening], opening) == "anna"
    nobody = event("opened")
    call = event("call", who=("luc", "marc"))
    assert reporter_of([nobody, call], nobody) == "luc"
    assert reporter_of([nobody, event("message", MONDAY + 1, who=("luc",))], nobody) is None
    assert reporter_of([nobody, event("message", by="agent", who=("us",))], nobody) is None


def test_a_case_that_is_of_nobody_or_was_never_opened_stays_as_it_is() -> None:
    found = directory("  acme: {contacts: [{id: anna}]}\n")
    for log in ([event("message", who=("anna",))], [event("opened", who=("luc",))], [event("opened")]):
        assert case_log(found, log) == (log, [])


def test_who_opens_for_a_contact_is_told_apart() -> None:
    found = directory("  acme: {language: de, contacts: [{id: anna, language: fr}]}\n")
    (by_agent,), _ = case_log(found, [event("opened", by="agent", facts={"customer.id": "acme"})])
    assert facts(by_agent) == {"customer.id": "acme", "case.language": "de"}
    (by_other,), _ = case_log(found, [event("opened", who=("luc",), facts={"customer.id": "acme"})])
    assert facts(by_other) == {"customer.id": "acme", "case.language": "de", "case.reporter_authorised": False}
    (by_contact,), _ = case_log(found, [event("opened", who=("Anna",))])
    assert facts(by_contact) == {
        "customer.id": "acme",
        "case.language": "fr",
        "case.reporter_authorised": True,
        "case.reported_by": "customer",
    }


def test_a_path_of_which_the_log_speaks_later_is_its_own_from_the_start() -> None:
    found = directory(
        "  acme: {contract: [{from: 2026-01-01, until: 2026-06-30, calendar: always, commitment: slo}]}\n"
    )
    opening = event("opened", facts={"customer.id": "acme"})
    later = event("observed", MONDAY + HOUR, facts={"contract.calendar": "office"})
    log, differences = case_log(found, [opening, later])
    assert differences == []
    assert [facts(one) for one in log] == [
        {"customer.id": "acme", "contract.commitment": "slo"},
        {"contract.calendar": "office"},
        {"contract.commitment": None},
    ]


def test_lists_and_instants_that_mean_the_same_are_no_difference() -> None:
    said = "subscriptions: [{plan: annual, from: 2026-01-01}], contract: [{from: 2026-01-01, channels: [email, chat]}]"
    found = directory(f"  acme: {{{said}}}\n")
    same: dict[str, Json] = {
        "customer.id": "acme",
        "case.plan": "Premium",
        "contract.channels": ["chat", "email"],
        "contract.term_start": "2026-01-01T01:00:00+01:00",
    }
    assert case_log(found, [event("opened", facts=same)])[1] == []
    other: dict[str, Json] = {**same, "contract.channels": ["chat"], "contract.term_start": "soon"}
    told = [difference.message for difference in case_log(found, [event("opened", facts=other)])[1]]
    assert len(told) == 2
    assert "`contract.term_start` is `soon`, the directory `2026-01-01T00:00:00Z`" in told[1]
