"""Services that go down and recover, and the feed that tells how they are."""

from collections.abc import Callable
from typing import Final

from casewarden.demo.chance import Chance
from casewarden.demo.moments import HOUR, MINUTE, minutes
from casewarden.demo.scene import Scene

CORE: Final = "core"

_REPORTS: Final = 5 * MINUTE
"""How often the feed tells the state while something is wrong, and for a while after."""
_CALM: Final = HOUR
_WATCHED: Final = 90 * MINUTE
_FIRST: Final = (20, 35)
_DOWN: Final = (35, 70)
_DEGRADED: Final = (10, 25)
_BETWEEN: Final = (16 * 60, 40 * 60)


class Outages:
    """The course of the core service: available, down, degraded, available again, and so on.

    `goes_down` is called when an outage begins, so that customers can notice.
    """

    def __init__(self, scene: Scene, goes_down: Callable[[], None]) -> None:
        self._scene = scene
        self._chance = Chance(f"{scene.seed}/outages")
        self._goes_down = goes_down
        self._turned_at = scene.start
        self._calm_from = scene.start

    def begin(self) -> None:
        """Let the service be available, and plan the first outage."""
        self._scene.health[CORE] = "available"
        self._report()
        self._scene.later(self._scene.now + minutes(self._chance.between(*_FIRST)), self._down)

    def _down(self) -> None:
        self._turn("down")
        self._goes_down()
        self._scene.later(self._scene.now + minutes(self._chance.between(*_DOWN)), self._degraded)

    def _degraded(self) -> None:
        self._turn("degraded")
        self._scene.later(self._scene.now + minutes(self._chance.between(*_DEGRADED)), self._recovered)

    def _recovered(self) -> None:
        self._turn("available")
        self._calm_from = self._scene.now + _WATCHED
        self._scene.later(self._scene.now + minutes(self._chance.between(*_BETWEEN)), self._down)

    def _turn(self, state: str) -> None:
        self._scene.health[CORE] = state
        self._turned_at = self._scene.now
        self._tell()
        self._scene.later(self._scene.now + _REPORTS, self._report_closely, self._scene.now)

    def _tell(self) -> None:
        facts = {f"service.{CORE}.health": self._scene.health[CORE]}
        self._scene.tell(f"service:{CORE}", "observed", "automation", facts=dict(facts))

    def _report(self) -> None:
        """Tell the state now and then; the close reports go on beside it."""
        self._tell()
        self._scene.later(self._scene.now + _CALM, self._report)

    def _report_closely(self, turned_at: int) -> None:
        """Tell the state every few minutes, until it has been available for a while or turns anew."""
        is_well = self._scene.health[CORE] == "available"
        if turned_at != self._turned_at or (is_well and self._scene.now >= self._calm_from):
            return
        self._tell()
        self._scene.later(self._scene.now + _REPORTS, self._report_closely, turned_at)
