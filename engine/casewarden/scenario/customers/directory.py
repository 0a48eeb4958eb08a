"""A customer directory as data: who the customers are, and what holds for each of them at any instant.

Instants are microseconds since the epoch. Facts are values by path in the form of events.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from casewarden.model.event import Json
from casewarden.model.instants import iso
from casewarden.ruleset.diagnostics import Place

QUOTAS = "contract.quotas"
LICENCES = "customer.licences"
_ALWAYS = -(2**63)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time `[start, end)`; None leaves it open on that side."""

    start: int | None = None
    end: int | None = None

    def holds(self, at: int) -> bool:
        """Whether the instant lies in it."""
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)

    def bounds(self) -> Iterator[int]:
        """Its start and its end, as far as it has them."""
        yield from (bound for bound in (self.start, self.end) if bound is not None)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A plan for a time, with the term of the contract in which it stands."""

    plan: str
    span: Span
    term_start: int | None
    term_end: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class Contract:
    """What a contract says of its own for a time: `facts` by path (`contract.calendar`, `contract.targets` ...).

    `quotas` are what it allows (a number, a length, `unlimited`); None stands for as many as there are valid licences.
    """

    span: Span
    facts: Mapping[str, Json]
    quotas: Mapping[str, Json]
    place: Place


@dataclass(frozen=True, slots=True)
class Contact:
    """A person of the customer: `id` is a mail address or the helpdesk's id."""

    id: str
    authorised: bool
    span: Span
    language: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence while it is valid."""

    id: str
    span: Span


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer. `facts` hold without dates; subscriptions and contracts are in the order of time.

    `contacts` is None where the directory does not list them: then nobody can say who may ask. `licences` is None where
    it does not say; `tells_licences` is whether the ruleset has a field for their number.
    """

    id: str
    place: Place
    language: str | None = None
    subscriptions: tuple[Subscription, ...] = ()
    contracts: tuple[Contract, ...] = ()
    contacts: tuple[Contact, ...] | None = None
    licences: tuple[Licence, ...] | int | None = None
    tells_licences: bool = False
    facts: Mapping[str, Json] = field(default_factory=dict)
    _bounds: list[int] = field(init=False, repr=False, compare=False)
    _held: list[dict[str, Json]] = field(init=False, repr=False, compare=False)
    """What holds before the first bound, and from each on."""

    def __post_init__(self) -> None:
        """Work out once what holds when, since every case of the customer asks."""
        spans = [one.span for one in self.subscriptions] + [one.span for one in self.contracts]
        spans += [] if isinstance(self.licences, int) else [one.span for one in self.licences or ()]
        bounds = sorted({bound for span in spans for bound in span.bounds()})
        valid = self._counting()
        before = bounds[0] - 1 if bounds else 0
        object.__setattr__(self, "_bounds", bounds)
        object.__setattr__(self, "_held", [self._at(at, valid(at)) for at in (before, *bounds)])

    def _counting(self) -> Callable[[int], int | None]:
        """How many licences are valid at an instant; None where the directory does not say."""
        if self.licences is None or isinstance(self.licences, int):
            number = self.licences
            return lambda _: number
        spans = [one.span for one in self.licences]
        starts = sorted(_ALWAYS if span.start is None else span.start for span in spans)
        ends = sorted(span.end for span in spans if span.end is not None)
        return lambda at: bisect_right(starts, at) - bisect_right(ends, at)

    def contact(self, name: str) -> Contact | None:
        """The contact with this id, however it is written."""
        wanted = name.casefold()
        return next((one for one in self.contacts or () if one.id.casefold() == wanted), None)

    def plan_at(self, at: int) -> str | None:
        """The plan in force."""
        return next((one.plan for one in self.subscriptions if one.span.holds(at)), None)

    def facts_at(self, at: int) -> Mapping[str, Json]:
        """All that the directory says of the customer and its contract at an instant, but for the plan."""
        return self._held[bisect_right(self._bounds, at)]

    def bounds(self) -> list[int]:
        """The instants at which something begins or ends, in order."""
        return self._bounds

    def _at(self, at: int, licences: int | None) -> dict[str, Json]:
        found = dict(self.facts)
        for subscription in self.subscriptions:
            if subscription.span.holds(at):
                terms = {"contract.term_start": subscription.term_start, "contract.term_end": subscription.term_end}
                found.update((path, iso(instant)) for path, instant in terms.items() if instant is not None)
        for contract in self.contracts:
            if contract.span.holds(at):
                found.update(contract.facts)
                allowed = {name: licences if said is None else said for name, said in contract.quotas.items()}
                if allowed:
                    found[QUOTAS] = {name: said for name, said in allowed.items() if said is not None}
        if self.tells_licences and licences is not None:
            found[LICENCES] = licences
        return found


@dataclass(frozen=True, slots=True)
class Directory:
    """All customers by their ids; `plans` are the ruleset's names of plans, also their other ones, to the plans.

    `by_contact` finds a customer by the id of a contact (case folded).
    """

    name: str
    customers: Mapping[str, Customer]
    plans: Mapping[str, str]
    by_contact: Mapping[str, str]

    def of_contact(self, name: str) -> Customer | None:
        """The customer whose contact this is."""
        found = self.by_contact.get(name.casefold())
        return None if found is None else self.customers[found]
