"""A customer directory as data: who the customers are, and what holds for each of them at any instant.

Instants are microseconds since the epoch. Facts are values by path in the form of events.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from casewarden.model.event import Json
from casewarden.model.instants import iso
from casewarden.ruleset.diagnostics import Place

QUOTAS = "contract.quotas"
LICENCES = "customer.licences"


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

    def contact(self, name: str) -> Contact | None:
        """The contact with this id, however it is written."""
        wanted = name.casefold()
        return next((one for one in self.contacts or () if one.id.casefold() == wanted), None)

    def plan_at(self, at: int) -> str | None:
        """The plan in force."""
        return next((one.plan for one in self.subscriptions if one.span.holds(at)), None)

    def licences_at(self, at: int) -> int | None:
        """How many licences are valid; None where the directory does not say."""
        if self.licences is None or isinstance(self.licences, int):
            return self.licences
        return sum(one.span.holds(at) for one in self.licences)

    def facts_at(self, at: int) -> dict[str, Json]:
        """All that the directory says of the customer and its contract at an instant, but for the plan."""
        found = dict(self.facts)
        for subscription in self.subscriptions:
            if subscription.span.holds(at):
                terms = {"contract.term_start": subscription.term_start, "contract.term_end": subscription.term_end}
                found.update((path, iso(instant)) for path, instant in terms.items() if instant is not None)
        count = self.licences_at(at)
        for contract in self.contracts:
            if contract.span.holds(at):
                found.update(contract.facts)
                allowed = {name: count if number is None else number for name, number in contract.quotas.items()}
                if allowed:
                    found[QUOTAS] = {name: number for name, number in allowed.items() if number is not None}
        if self.tells_licences and count is not None:
            found[LICENCES] = count
        return found

    def bounds(self) -> list[int]:
        """The instants at which something begins or ends, in order."""
        spans = [one.span for one in self.subscriptions] + [one.span for one in self.contracts]
        if not isinstance(self.licences, int):
            spans += [one.span for one in self.licences or ()]
        return sorted({bound for span in spans for bound in span.bounds()})


@dataclass(frozen=True, slots=True)
class Directory:
    """All customers by their ids; `plans` are the ruleset's names of plans, also their other ones, to the plans.

    `by_contact` finds a customer by the id of a contact (case folded).
    """

    name: str
    zone: str
    customers: Mapping[str, Customer]
    plans: Mapping[str, str]
    by_contact: Mapping[str, str]

    def of_contact(self, name: str) -> Customer | None:
        """The customer whose contact this is."""
        found = self.by_contact.get(name.casefold())
        return None if found is None else self.customers[found]
