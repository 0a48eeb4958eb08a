"""A transport that answers by a fake, counts what it is asked, and keeps some of it by chance.

What it kept is asked again afterwards without the connector: of the fake alone, and through the same client of HTTP
with nothing behind it but the reading of JSON. That shows whose the time was.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import httpx

_KEPT: Final = 300
_SECONDS: Final = 0.5


@dataclass
class Sampled(httpx.BaseTransport):
    """`answer` is the fake's; `count` requests came."""

    answer: Callable[[httpx.Request], httpx.Response]
    count: int = 0
    _kept: list[httpx.Request] = field(default_factory=list)
    _chance: random.Random = field(default_factory=lambda: random.Random(1))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        if len(self._kept) < _KEPT:
            self._kept.append(request)
        elif (place := self._chance.randrange(self.count)) < _KEPT:
            self._kept[place] = request
        return self.answer(request)

    def shares(self) -> tuple[float, float]:
        """Seconds of processor time that all requests cost: the fake alone; and HTTP with the reading of JSON."""
        with httpx.Client(transport=httpx.MockTransport(self.answer), trust_env=False) as client:
            fake = self._each(self.answer)
            both = self._each(lambda request: client.send(request).json())
        return fake * self.count, (both - fake) * self.count

    def _each(self, call: Callable[[httpx.Request], object]) -> float:
        """The seconds that one of those that were kept takes."""
        spent, done = 0.0, 0
        while spent < _SECONDS:
            begun = time.process_time()
            for request in self._kept:
                call(request)
            spent += time.process_time() - begun
            done += len(self._kept)
        return spent / done
