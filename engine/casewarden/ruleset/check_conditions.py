"""Conditions that can never be true."""

from casewarden.ruleset.constraints import Never, World, necessary
from casewarden.ruleset.diagnostics import Diagnostics, Place
from casewarden.ruleset.syntax import Ruleset
from casewarden.ruleset.walk import conditions


def check_conditions(ruleset: Ruleset, world: World, diagnostics: Diagnostics) -> None:
    """Report every part of a condition that contradicts itself."""
    for what, place, condition in conditions(ruleset):
        found: dict[Never, None] = {}
        necessary(condition, world, lambda never, found=found: found.setdefault(never))  # type: ignore[misc]
        for never in found:
            _tell(what, place, never, diagnostics)


def _tell(what: str, place: Place, never: Never, diagnostics: Diagnostics) -> None:
    at = never.other or never.place or place
    related: list[tuple[Place, str]] = []
    if never.other is not None and never.place is not None and never.place != never.other:
        related.append((never.place, f"this asks something else of `{never.path}`"))
    diagnostics.error(
        "CW600",
        at,
        f"{what} can never be true: nothing is left for `{never.path}`",
        "put tests of which one is enough under `any`, or take one of them away",
        related,
    )
