"""`Threads`: a few threads for the calls to one connector; one that never returns keeps nobody else, nor the end."""

import queue
import threading
from collections.abc import Callable


class Threads:
    """Runs jobs in at most so many threads, begun as they are needed. They end with the process, whatever they do."""

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._begun = 0
        self._is_over = False

    def submit(self, job: Callable[[], None]) -> None:
        """Let a job run soon; after `close` none is begun any more. A job must not raise."""
        if self._begun < self._most:
            self._begun += 1
            threading.Thread(target=self._run, name=f"{self._name}-{self._begun}", daemon=True).start()
        self._jobs.put(job)

    def close(self) -> None:
        """Begin no more; what is underway is not waited for."""
        self._is_over = True
        for _ in range(self._begun):
            self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            if self._is_over:
                return
            job()
