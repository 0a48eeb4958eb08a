"""What accounts grant, against windows found by walking from date to date."""

import datetime as dt
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.decide import compile_ruleset, decide
from casewarden.model import Event, fold
from casewarden.ruleset.syntax import Quota, Ruleset, Window
from support.slow.samples import CITED, iso, ruleset
from support.slow_quotas import SlowQuota, granted, us

FIRST = us(dt.date(2026, 1, 1))
HOUR = 3_600_000_000
DAY = 24 * HOUR


def rules_of(quota: SlowQuota) -> Ruleset:
    every: Literal["day", "week", "month", "year", "term"] = quota.every  # type: ignore[assignment]
    starting: Literal["calendar", "anniversary"] = quota.starting  # type: ignore[assignment]
    declared = Quota(
        "calls",
        CITED,
        "customer_call",
        "customer",
        Window(every, starting, "Europe/Zurich"),
        quota.allowed,
        "best_effort",
        carry_over=quota.carry_over,
    )
    return replace(ruleset(), quotas={"calls": declared})


def event(kind: str, at: int, number: int, **data: object) -> Event:
    return Event("account:a", kind, at, at, "ourselves", "desk", f"e{number:03}", number, data=data)  # type: ignore[arg-type]


def log_of(claims: list[tuple[int, str, int]], terms: list[tuple[int, int]]) -> list[Event]:
    """Claims, and terms as pairs of when they are told and when they start."""
    told = [event("observed", at, n, facts={"contract.term_start": iso(start)}) for n, (at, start) in enumerate(terms)]
    brought = [
        event(
            "claimed",
            at,
            100 + n,
            quota="calls",
            case="case:1",
            occurrence=str(n),
            amount=amount,
            plan=plan,
            claim=str(n),
        )
        for n, (at, plan, amount) in enumerate(claims)
    ]
    return [event("opened", FIRST, 99), *told, *brought]


def must_agree(quota: SlowQuota, claims: list[tuple[int, str, int]], terms: list[tuple[int, int]]) -> None:
    now = max([at for at, _, _ in claims] + [at for at, _ in terms])
    decision = decide(compile_ruleset(rules_of(quota)), fold(log_of(claims, terms)), now)
    ours = [(entry.amount, entry.details["word"]) for entry in sorted(decision.ledger, key=lambda e: int(e.key))]
    assert ours == granted(quota, claims, [start for _, start in sorted(terms)])


INSTANTS = st.integers(0, 420 * 24).map(lambda hours: FIRST + hours * HOUR)
QUOTAS = st.builds(
    SlowQuota,
    st.sampled_from(["day", "week", "month", "year", "term"]),
    st.sampled_from(["calendar", "anniversary"]),
    st.fixed_dictionaries({"basic": st.integers(0, 3), "premium": st.integers(1, 5)}),
    st.booleans(),
)


@settings(max_examples=200, deadline=None)
@given(
    QUOTAS,
    st.lists(st.tuples(INSTANTS, st.sampled_from(["basic", "premium"]), st.integers(1, 2)), min_size=1, max_size=8),
    st.lists(st.tuples(INSTANTS, INSTANTS), max_size=2, unique_by=lambda term: term[0]),
)
def test_accounts_grant_by_windows(
    quota: SlowQuota, claims: list[tuple[int, str, int]], terms: list[tuple[int, int]]
) -> None:
    must_agree(quota, sorted(claims), sorted(terms))


# Where they once differed


def test_a_renewed_term_begins_with_a_full_quota() -> None:
    quota = SlowQuota("term", "calendar", {"basic": 1, "premium": 1}, carry_over=False)
    renewed = FIRST + 100 * DAY
    claims = [(FIRST + DAY, "basic", 1), (FIRST + 2 * DAY, "basic", 1), (renewed + DAY, "basic", 1)]
    must_agree(quota, claims, [(FIRST, FIRST), (renewed, renewed)])


def test_nothing_is_carried_over_from_before_the_first_term() -> None:
    quota = SlowQuota("term", "calendar", {"basic": 1, "premium": 1}, carry_over=True)
    must_agree(quota, [(FIRST + DAY, "basic", 1), (FIRST + 2 * DAY, "basic", 1)], [(FIRST, FIRST)])


@pytest.mark.parametrize(
    ("said", "words"),
    [(2, ["within", "within", "over"]), (0, ["over"] * 3), ("unlimited", ["within"] * 3), (None, ["within"] * 3)],
)
def test_a_contract_may_say_how_many(said: int | str | None, words: list[str]) -> None:
    assert contracted(said, [1, 1, 1]) == words


def test_a_contract_may_say_how_long() -> None:
    assert contracted("3 hours", [2 * HOUR, HOUR, 1]) == ["within", "within", "over"]
    assert contracted("90 minutes", [2 * HOUR]) == ["over"]


def contracted(said: int | str | None, amounts: list[int]) -> list[object]:
    """What is granted, claim by claim, where the quota leaves it to the contract."""
    window = Window("week", "calendar", "Europe/Zurich")
    declared = Quota("calls", CITED, "customer_call", "customer", window, {"gold": "per_contract"}, "unchanged")
    terms = {} if said is None else {"contract.quotas": {"calls": said}}
    told = event("observed", FIRST, 98, facts=terms)
    claims = log_of([(FIRST + n, "gold", amount) for n, amount in enumerate(amounts)], [])
    compiled = compile_ruleset(replace(ruleset(), quotas={"calls": declared}))
    decision = decide(compiled, fold([told, *claims]), FIRST + len(amounts))
    return [entry.details["word"] for entry in sorted(decision.ledger, key=lambda entry: int(entry.key))]
