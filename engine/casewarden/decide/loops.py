"""Rules that set off each other without end, told from chains that only are long."""

from casewarden.decide.firing import Round

_TURNS = 3
"""Whoever fires so often in rounds that no event comes between goes round: then all others of the loop fired twice."""


class Firings:
    """In how many rounds of one decision each rule fired that wants something."""

    def __init__(self) -> None:
        self._rounds: dict[str, int] = {}

    def take(self, found: Round) -> None:
        """Take in the firings of one more round; what fires several times in it fires once as far as loops go."""
        for name in {firing.rule.name for firing in found.effects.firings if any(e.wants for e in firing.effects)}:
            self._rounds[name] = self._rounds.get(name, 0) + 1

    @property
    def loop(self) -> frozenset[str]:
        """The rules that go round; none while nothing says that they do."""
        if max(self._rounds.values(), default=0) < _TURNS:
            return frozenset()
        return frozenset(name for name, rounds in self._rounds.items() if rounds > 1)
