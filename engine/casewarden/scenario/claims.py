"""The customer's account in a test: what its other cases claim of quotas, and the contract that its windows follow."""

from collections.abc import Iterable, Iterator
from typing import Final

from casewarden.decide.accounts import CLAIMED, claim_event
from casewarden.model.decision import LedgerEntry
from casewarden.model.event import Event, Json
from casewarden.scenario.scenario import Scenario

OTHERS: Final = "claimed"
"""The entry by which a test says that other cases of the customer claim."""
_FIRST: Final = -1_000_000
"""Sequences count from here: what other cases claim comes before what the case of the test claims at that instant."""


def account_log(scenario: Scenario, account: str, opened_at: int) -> list[Event]:
    """Return the account's own log, as far as the test states it: the contract it has, and what other cases claim."""
    claims = list(_claims(scenario, account))
    contract: dict[str, Json] = {path: value for path, value in scenario.given.items() if path.startswith("contract.")}
    if contract:
        begin = min([opened_at, *(event.at for event in claims)])
        facts: dict[str, Json] = {"facts": contract}
        told = Event(account, "observed", begin, begin, "automation", "scenario", "contract", _FIRST, data=facts)
        claims.insert(0, told)
    return claims


def _claims(scenario: Scenario, account: str) -> Iterator[Event]:
    """Yield one claim for each occurrence, each of a case of its own."""
    plan = scenario.given.get("case.plan")
    for number, (quota, at) in enumerate(_stated(scenario)):
        key = f"{quota}/case:other-{number + 1}/claim"
        entry = LedgerEntry(key, quota, CLAIMED, 1, "1 occurrence", at)
        yield claim_event(entry, account, plan, _FIRST + 1 + number)


def _stated(scenario: Scenario) -> Iterable[tuple[str, int]]:
    for step in scenario.timeline:
        for entry in step.entries:
            if entry.kind == OTHERS:
                times, at = entry.data["times"], entry.data["at"]
                assert isinstance(times, int)
                assert isinstance(at, int)
                yield from [(str(entry.data["quota"]), at)] * times
