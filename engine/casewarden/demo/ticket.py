"""A ticket of the demonstration helpdesk: what stands in it, and who is about to do something with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from casewarden.demo.cast import Contact, Customer
from casewarden.demo.chance import Chance
from casewarden.model.event import Json


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of ticket: its share of a desk's cases, and what the customer says of it (`facts`, by path).

    `work` is the median of minutes that it keeps an agent busy, `asks` how often the customer is asked something. Those
    that are `grave` are looked at by whoever is on call. `words` names its texts. `plans` are those whose customers
    have it, None for all.
    """

    name: str
    share: float
    work: float = 45
    facts: Mapping[str, Json] = field(default_factory=dict)
    asks: float = 0.35
    grave: bool = False
    words: str = "question"
    plans: frozenset[str] | None = None


@dataclass(slots=True, eq=False)
class Ticket:
    """One ticket; `number` is its id, and its case's.

    `version` counts what others than the sidecar did to it. `planned` has, for the customer and for support, the number
    of what was planned last: whatever was planned before is void. `silent` customers answer no reminder. `marks` are
    what happened once and need not happen again.
    """

    number: str
    desk: str
    customer: Customer
    contact: Contact
    sort: Sort
    channel: str
    chance: Chance
    facts: dict[str, Json] = field(default_factory=dict)
    links: dict[tuple[str, str], str] = field(default_factory=dict)
    opened_at: int = 0
    status: str = "new"
    answers: int = 0
    version: int = 0
    silent: bool = False
    planned: dict[str, int] = field(default_factory=dict)
    marks: set[str] = field(default_factory=set)

    @property
    def subject(self) -> str:
        """The case as events name it."""
        return f"case:{self.number}"

    @property
    def language(self) -> str:
        """The language of its texts: German for those who speak it in some form, else English."""
        return "de" if self.contact.language.partition("-")[0] in ("de", "gsw") else "en"

    @property
    def is_over(self) -> bool:
        """Whether nobody works on it any more."""
        return self.status in ("resolved", "closed", "ended")

    def once(self, mark: str) -> bool:
        """Whether this is the first time that something is to happen; from now on it has happened."""
        if mark in self.marks:
            return False
        self.marks.add(mark)
        return True
