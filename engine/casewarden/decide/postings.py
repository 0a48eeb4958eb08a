"""What the ledger gets at an instant: credits, claims of a case, grants of an account."""

from collections.abc import Collection, Iterator

from casewarden.decide.accounts import claims, grants
from casewarden.decide.compile import Compiled
from casewarden.decide.credits import credit
from casewarden.decide.state import State
from casewarden.model.decision import Correction, LedgerEntry


def postings(
    compiled: Compiled, state: State, now: int, told: Collection[str] = ()
) -> tuple[list[LedgerEntry], list[Correction]]:
    """Return what is to be posted now, and corrections for approval of what was learnt since to be wrong.

    `told` names what this decision has corrected already.
    """
    found = list(claims(state, now)) if compiled.ruleset.quotas else []
    corrections: list[Correction] = []
    if state.claims:
        given, corrections = grants(state, now)
        found.extend(given)
    if not (compiled.ruleset.credits or state.posted):
        return found, corrections
    earned = {entry.key: entry for entry in earned_by_now(compiled, state, now)}
    found.extend(entry for key, entry in earned.items() if entry.state == "posted" and key not in state.posted)
    known = {*told, *(correction.name for correction in corrections), *state.corrected}
    for key, posted in state.posted.items():
        if posted.get("name") not in compiled.ruleset.credits or key in known:
            continue
        amount, right = posted.get("amount"), earned[key].amount if key in earned else 0
        if right != amount:
            message = f"{posted.get('name')}: {amount} days were posted; as it happened it is {right}"
            corrections.append(Correction("credit", key, amount, right, message))
    return found, corrections


def earned_by_now(compiled: Compiled, state: State, now: int) -> Iterator[LedgerEntry]:
    """Yield what every run of a clock with a credit earns, posted or accruing."""
    for term in compiled.ruleset.credits.values():
        for run in state.runs(term.clock):
            entry = credit(term, run, now)
            if entry is not None:
                yield entry
