"""The target `next_release`: the first release after the counting starts."""

from collections.abc import Sequence
from dataclasses import dataclass

from casewarden.ruleset.syntax import ReleaseRule


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """What was known of a release from `known_at` on; a later view of the same name takes its place.

    `planned` is the instant planned then, `frozen` whether it took no more changes, `released_at` when it came out.
    """

    name: str
    known_at: int
    planned: int | None = None
    frozen: bool = False
    released_at: int | None = None

    @property
    def instant(self) -> int | None:
        """When it is out, or is planned to be."""
        return self.planned if self.released_at is None else self.released_at


DEFAULT_RULE = ReleaseRule(frozen="skip", slipped="move")


def next_release(views: Sequence[ReleaseView], start: int, rule: ReleaseRule | None) -> tuple[str, int] | None:
    """Return the name and the instant of the first release after `start`; None while none is known.

    `frozen: skip` leaves out what was frozen when the counting started (or when it first became known, if later).
    `slipped: move` goes by what is known last, `keep` by what was known when the counting started.
    """
    rule = rule or DEFAULT_RULE
    first: dict[str, ReleaseView] = {}
    last: dict[str, ReleaseView] = {}
    for view in sorted(views, key=lambda view: view.known_at):
        if view.name not in first or view.known_at <= start:
            first[view.name] = view
        last[view.name] = view
    found: list[tuple[int, str]] = []
    for name, then in first.items():
        instant = last[name].instant if rule.slipped == "move" else then.instant
        if rule.slipped == "keep" and instant is None:  # known by name only: the first date that it got
            instant = next(
                (v.instant for v in sorted(views, key=lambda v: v.known_at) if v.name == name and v.instant), None
            )
        if instant is not None and instant > start and not (then.frozen and rule.frozen == "skip"):
            found.append((instant, name))
    if not found:
        return None
    instant, name = min(found)
    return name, instant
