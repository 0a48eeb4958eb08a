"""A contract's own terms out of the facts `contract.*`: calendar, commitment, targets by clock."""

from collections.abc import Mapping

from casewarden.decide.clock_terms import ContractTerms
from casewarden.model.event import Json
from casewarden.ruleset.syntax import Commitment, Ruleset
from casewarden.ruleset.target_text import target_of_text
from casewarden.ruleset.terms import Target


def contract_terms(ruleset: Ruleset, facts: Mapping[str, Json]) -> ContractTerms:
    """Return the terms; what the ruleset does not know (a calendar, a clock, a malformed target) is left out."""
    calendar, commitment, targets = (facts.get(f"contract.{name}") for name in ("calendar", "commitment", "targets"))
    return ContractTerms(
        calendar=_calendar(ruleset, calendar),
        commitment=Commitment(commitment) if commitment in set(Commitment) else None,
        targets=_targets(ruleset, targets) if isinstance(targets, dict) else {},
    )


def _calendar(ruleset: Ruleset, said: Json) -> str | Mapping[str, str] | None:
    """One calendar, or one for each severity; a severity that is left out has the plan's."""
    if isinstance(said, dict):
        return {level: str(name) for level, name in sorted(said.items()) if name in ruleset.calendars} or None
    return said if isinstance(said, str) and said in ruleset.calendars else None


def _targets(ruleset: Ruleset, said: dict[str, Json]) -> dict[str, Target | Mapping[str, Target]]:
    found: dict[str, Target | Mapping[str, Target]] = {}
    for clock, value in said.items():
        if clock not in ruleset.clocks:
            continue
        if isinstance(value, str):
            target = target_of_text(value, ruleset.calendars)
            if target is not None:
                found[clock] = target
        elif isinstance(value, dict):
            row = {level: target_of_text(str(text), ruleset.calendars) for level, text in value.items()}
            found[clock] = {level: target for level, target in row.items() if target is not None}
    return found
