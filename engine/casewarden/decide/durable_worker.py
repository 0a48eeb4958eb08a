"""The process in which the durable library runs, and the pipe to it.

The library is C with process-wide state and knows several ways to hang or to crash, so it never runs in the process
that decides. A worker that does not answer in time, answers wrongly or dies is ended, and the next question gets a new
one.
"""

import importlib.util
import json
import multiprocessing
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, Final

LIBRARY: Final = "durable_rules_engine"
SENTINEL: Final = "every"
"""The field that each fact carries and the rule that fires on it: so every fact fires, and silence is a failure."""

_HANDLED: Final = 0
_SUBJECT: Final = "case"


class DurableError(Exception):
    """The durable library is not there, took too long, died, or gave an answer that cannot be."""


def is_installed() -> bool:
    """Whether the library can be found; it is not loaded into this process."""
    return importlib.util.find_spec(LIBRARY) is not None


def sharded(handles: Sequence[int], firings: Sequence[int], fact: str, number: int, library: Any) -> list[str]:
    """Return the names of the rules of all shards that fire on one fact.

    `firings` says how many rules each shard has, so that a library that fires for ever is told from one that is busy.
    """
    found: list[str] = []
    message = f'{{"sid": "{_SUBJECT}", "id": "{number}", "{SENTINEL}": 1{fact}}}'
    for handle, most in zip(handles, firings, strict=True):
        code, state = library.assert_fact(handle, message)
        if code != _HANDLED:
            raise DurableError(f"the library refused a fact with code {code}")
        fired: dict[str, None] = {}
        started = library.start_action_for_state(handle, state)
        text = started[1] if started else None
        for _ in range(2 * most + 2):
            if not text:
                break
            fired.update(dict.fromkeys(json.loads(text)))
            text = library.complete_and_start_action(handle, state)
        if text or SENTINEL not in fired:
            raise DurableError("the library did not come to an end" if text else "the library did not fire at all")
        del fired[SENTINEL]
        library.retract_fact(handle, message)
        found.extend(fired)
    return found


def serve(pipe: Connection, definitions: Sequence[str], firings: Sequence[int]) -> None:
    """Answer the facts that come through the pipe until it is closed: (names, None), or (None, what went wrong)."""
    library = importlib.import_module(LIBRARY)
    handles: list[int] = []
    number = 0
    while True:
        try:
            fact = pipe.recv()
        except EOFError:
            return
        number += 1
        answer: tuple[list[str] | None, str | None]
        try:
            if not handles:
                handles = [library.create_ruleset(f"shard{index}", text) for index, text in enumerate(definitions)]
            answer = sharded(handles, firings, fact, number, library), None
        except (DurableError, library.error, ValueError) as failure:
            answer = None, str(failure)
        pipe.send(answer)


class Worker:
    """One process that holds the shards; started with the first question, replaced after a failure."""

    def __init__(self, definitions: Sequence[str], firings: Sequence[int], limit: float) -> None:
        self._definitions = tuple(definitions)
        self._firings = tuple(firings)
        self._limit = limit
        self._context: SpawnContext = multiprocessing.get_context("spawn")
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None

    def ask(self, fact: str) -> list[str]:
        """Return the names of the rules that fire; DurableError where there is no sound answer in time."""
        pipe = self._pipe or self._start()
        try:
            pipe.send(fact)
            if not pipe.poll(self._limit):
                self.close()
                raise DurableError(f"the library gave no answer within {self._limit:g} seconds")
            names, failure = pipe.recv()
        except (EOFError, OSError) as error:
            self.close()
            raise DurableError("the library's process died") from error
        if failure is not None:
            self.close()
            raise DurableError(failure)
        found: list[str] = names
        return found

    def close(self) -> None:
        """End the process; the next question starts another."""
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
        self._pipe = self._process = None

    def _start(self) -> Connection:
        self._pipe, theirs = self._context.Pipe()
        self._process = self._context.Process(
            target=serve, args=(theirs, self._definitions, self._firings), daemon=True
        )
        self._process.start()
        theirs.close()
        return self._pipe
