"""IDLE: the server says at once that mail has come (RFC 2177). Only that: what has come is found by polling."""

import imaplib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from imap_tools import BaseMailBox
from imap_tools.errors import ImapToolsError

from casewarden_email.boxes import TIMEOUT_S, open_box
from casewarden_email.settings import MailSettings

_IDLE_S: Final = 9 * 60
"""Some routers forget a connection after ten minutes; the standard allows 29."""
_LOOK_S: Final = 1.0
_REST_S: Final = 60.0


@dataclass(slots=True)
class Listener:
    """A thread and a connection that wait for mail, until it is closed."""

    said: MailSettings
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def listen(self, ring: Callable[[], None]) -> None:
        """Ring whenever mail has come, from now on."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, args=(ring,), name="idle", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End, and wait for it."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(TIMEOUT_S)

    def _run(self, ring: Callable[[], None]) -> None:
        while not self._stop.is_set():
            try:
                box = open_box(self.said.imap, TIMEOUT_S)
            except (OSError, imaplib.IMAP4.error, ImapToolsError):
                self._stop.wait(_REST_S)  # polling tells the operator of it
                continue
            try:
                if "IDLE" not in box.client.capabilities:
                    return
                box.folder.set(self.said.folders.inbox, readonly=True)
                while not self._stop.is_set():
                    self._idle(box, ring)
            except (OSError, EOFError, imaplib.IMAP4.error, ImapToolsError):
                ring()  # something may have come meanwhile
                self._stop.wait(_LOOK_S)
            finally:
                _end(box)

    def _idle(self, box: BaseMailBox, ring: Callable[[], None]) -> None:
        with box.idle as idle:
            ring()  # what came before the server was listened to, and what it said of it with its first words
            for _ in range(int(_IDLE_S / _LOOK_S)):
                if self._stop.is_set():
                    return
                said = idle.poll(timeout=_LOOK_S)
                if any(b"EXISTS" in line for line in said):
                    ring()
                elif not said and box.client.sock is None:
                    return


def _end(box: BaseMailBox) -> None:
    try:
        box.client.shutdown()
    except (OSError, imaplib.IMAP4.error):
        return  # it had ended
