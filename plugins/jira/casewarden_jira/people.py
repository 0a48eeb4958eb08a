"""Who somebody is in Jira. Cloud knows users by `accountId`, Data Center by `name` and `key`. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from casewarden.plugin.mapping import Actor, People, Person
from casewarden.plugin.mapping.people import Members


@dataclass(frozen=True, slots=True)
class Crowd:
    """Everybody, seen from our own account (`me`, its id)."""

    people: People
    me: str

    def actor(self, user: Any, reporter: str | None) -> Actor:
        """Who an author is. Whoever reported an issue is its customer, unless the mapping says otherwise.

        Nobody at all is the automation of Jira itself, or an account that was erased.
        """
        person = self.person(user, reporter)
        return self.people.actor(person)

    def person(self, user: Any, reporter: str | None) -> Person | None:
        """A user as the mapping knows persons."""
        known = id_of(user)
        if known is None:
            return None
        kind = user.get("accountType")
        # Data Center does not say who works there: those whom the mapping names, where it does, else everybody
        is_agent = kind == "atlassian" or (kind is None and self.people.agents == Members())
        return Person(
            id=known,
            email=str(user.get("emailAddress") or ""),
            is_agent=is_agent and known != reporter,
            is_program=kind == "app",
            is_us=known == self.me,
        )


def id_of(user: Any) -> str | None:
    """The id of a user: stable for Cloud's; of Data Center the name, which is what its API takes."""
    if not isinstance(user, Mapping):
        return None
    for key in ("accountId", "name", "key"):
        found = user.get(key)
        if isinstance(found, str) and found:
            return found
    return None
