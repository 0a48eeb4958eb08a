"""What clocks are derived from: plain values that the state of a case hands over."""

from collections.abc import Sequence
from dataclasses import dataclass

from casewarden.decide.clock_terms import ClockTerms, ContractTerms, Regime
from casewarden.decide.releases import ReleaseView
from casewarden.ruleset.syntax import Clock
from casewarden.ruleset.terms import Target

FOREVER = 1 << 62  # after all instants


@dataclass(slots=True)
class Circumstances:
    """What is known of a case around its clocks; nothing in it lies after the instant of the decision.

    `severity`, `plan`, `contract`: values in force from an instant on, in time order; None: not known. Before its
    first entry a history is not known (a contract: there is none). `classified`: from an instant on, whether the
    severity in force is determined or only stands in; before its first entry, and without any, what is in force counts
    as it is. `reopens`: instants and event keys. `over`: the target that an exceeded quota names. `cancelled`: since
    when, and why, the case has no clocks any more (spam, merged). `watermark`: up to where absence is known.
    """

    severity: Sequence[tuple[int, str | None]] = ()
    plan: Sequence[tuple[int, str | None]] = ()
    contract: Sequence[tuple[int, ContractTerms | None]] = ()
    classified: Sequence[tuple[int, bool]] = ()
    reopens: Sequence[tuple[int, str]] = ()
    releases: Sequence[ReleaseView] = ()
    over: Target | None = None
    cancelled: tuple[int, str] | None = None
    watermark: int = FOREVER

    def determined_from(self, since: int) -> int | None:
        """Return the first instant from `since` on at which the severity is determined; None where it never was."""
        was = False
        for at, is_determined in self.classified:
            if at > since and (was or is_determined):
                return since if was else at
            was = is_determined
        return since if was else None

    def steady_regime(self, clock: Clock, terms: ClockTerms, since: int, ended: int | None) -> Regime | None:
        """Return what holds for a clock from an instant on; None where severity, plan or contract change after it.

        A first determination of the severity, up to and with the stop, is no change: it holds from the start.
        """
        severity = plan = contract = None
        steady = since
        real_from = self.determined_from(since)
        if real_from is not None and real_from > since:
            if ended is not None and ended < real_from:
                return None
            steady = real_from
        if self.severity:
            at, severity = self.severity[-1]
            if at > steady:
                return None
        if self.plan:
            at, plan = self.plan[-1]
            if at > since:
                return None
        if self.contract:
            at, contract = self.contract[-1]
            if at > since:
                return None
        return terms.regime(clock, severity, plan, contract, self.over)


@dataclass(slots=True)
class ClockInputs:
    """What concerns one clock of a case; all sequences in time order, nothing later than the instant of the decision.

    `starts`, `stops`: instants and event keys. `counts_from`: instants, None where the clock declares none. `pauses`:
    stretches in which `pauses_while` is true, apart from each other; end None: still. `applies`: from an instant on,
    why the clock does not apply, or None where it applies; before the first entry it applies.
    """

    clock: Clock
    around: Circumstances
    starts: Sequence[tuple[int, str]]
    stops: Sequence[tuple[int, str]] = ()
    counts_from: Sequence[int] | None = None
    pauses: Sequence[tuple[int, int | None]] = ()
    applies: Sequence[tuple[int, str | None]] = ()
