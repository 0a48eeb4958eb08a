"""`Hands`: which partitions an owner has, which come and which go, and which attempts are underway in them."""

import queue
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import Future

from casewarden.service.deliver import Sent


class Hands:
    """Used in the owner's thread, but for `adopt` and `release`, which any other may call.

    `parts` are those that it decides, `coming` those that it is to have as soon as nobody else holds them; `sent` are
    the actions that are underway.
    """

    def __init__(self, coming: Sequence[range]) -> None:
        self.parts: Sequence[range] = ()
        self.coming: Sequence[range] = coming
        self.sent: set[int] = set()
        self._leaving: dict[range, Future[None]] = {}
        self._underway: Counter[int] = Counter()  # by slot
        self._moves: queue.SimpleQueue[tuple[range, Future[None] | None]] = queue.SimpleQueue()
        self._ending = threading.Lock()
        self._is_over = False

    # -- from other threads

    def adopt(self, part: range) -> None:
        """Let a partition come."""
        self._moves.put((part, None))

    def release(self, part: range) -> "Future[None]":
        """Let a partition go; done once nothing of it is underway."""
        done: Future[None] = Future()
        with self._ending:
            if self._is_over:
                done.set_result(None)
            else:
                self._moves.put((part, done))
        return done

    # -- in the owner's

    @property
    def known(self) -> Sequence[range]:
        """The partitions whose answers are still its own."""
        return [*self.parts, *self._leaving]

    @property
    def is_idle(self) -> bool:
        """Whether nothing is underway."""
        return not self._underway.total()

    def move(self) -> None:
        """Do what others asked for; what has nothing underway is gone."""
        while not self._moves.empty():
            part, done = self._moves.get()
            if done is None:
                self.coming = [*self.coming, part]
                continue
            self._leaving[part] = done
            self.coming = [one for one in self.coming if one != part]
            self.parts = [one for one in self.parts if one != part]
        for part in [one for one in self._leaving if not any(self._underway[slot] for slot in one)]:
            self._leaving.pop(part).set_result(None)

    def come(self, parts: Sequence[range]) -> None:
        """Have partitions that were to come."""
        self.coming = [one for one in self.coming if one not in parts]
        self.parts = sorted([*self.parts, *parts], key=lambda part: part.start)

    def let_all_go(self) -> None:
        """Begin nothing more in any."""
        self.coming = ()
        for part in self.parts:
            self._leaving[part] = Future()
        self.parts = ()

    def begin(self, sent: Sent) -> None:
        """Let an attempt be underway."""
        self.sent.add(sent.action)
        self._underway[sent.slot] += 1

    def end(self, sent: Iterable[Sent]) -> None:
        """Let attempts be over."""
        for one in sent:
            self.sent.discard(one.action)
            self._underway[one.slot] -= 1

    def close(self) -> None:
        """Let everything be gone, whatever is underway, and whoever asks from now on be told so at once."""
        with self._ending:
            self._is_over = True
        while not self._moves.empty():
            if (done := self._moves.get()[1]) is not None:
                done.set_result(None)
        for done in self._leaving.values():
            done.set_result(None)
        self._leaving.clear()
