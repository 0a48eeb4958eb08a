"""Logging belongs to the process: each test gets it as it was."""

import logging
import sys
import threading
from collections.abc import Iterator

import pytest
import structlog

from casewarden.telemetry.foreign import QUIET
from casewarden.telemetry.hiding import forget_all


@pytest.fixture
def fresh_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    access = logging.getLogger("uvicorn.access")
    propagated, access.propagate = access.propagate, True  # a server that ran here without such a log has cut it off
    levels = {name: logging.getLogger(name).level for name in QUIET}
    hooks = sys.excepthook, threading.excepthook
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    access.propagate = propagated
    for name, each in levels.items():
        logging.getLogger(name).setLevel(each)
    sys.excepthook, threading.excepthook = hooks
    structlog.reset_defaults()
    forget_all()
