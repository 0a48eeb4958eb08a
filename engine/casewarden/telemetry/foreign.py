"""What libraries log through the standard library, as records like ours.

Their messages are free text that may hold anything: an address, a query string, an argument of a job. Where texts may
not be shown, the template is (`Retrying after %s`) and what was put into it is not; a message without a template is
told by its place. The HTTP server, the migrations and the job queue are read properly.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from casewarden.telemetry.failures import exception_of
from casewarden.telemetry.harmless import LONGEST

QUIET: Final = (
    "uvicorn.access",
    "httpx",
    "httpcore",
    "urllib3",
    "asyncio",
    "sqlalchemy",
    "opentelemetry",
    "alembic.runtime.plugins",
)
"""Loggers that speak below `warning` only where the level is `debug`: a line for every request, or for every part
that is loaded, helps nobody."""

_KNOWN: Final = ("uvicorn.error", "alembic", "casewarden")
"""Loggers whose one-line messages are about ports, processes and migrations."""


def record_of(record: logging.LogRecord, *, texts: bool) -> dict[str, Any]:
    """The event's name under `event` and its values; with `texts`, the message as the library wrote it."""
    logger = record.name
    if logger == "uvicorn.access" and isinstance(record.args, tuple) and len(record.args) == 5:
        _, method, path, _, status = record.args
        return {"event": "request", "method": method, "path": str(path).partition("?")[0], "status": status}
    if logger.startswith("procrastinate"):
        return _of_queue(record, texts=texts)
    values: dict[str, Any] = {"logger": logger}
    if texts or _is_known(record):
        return {"event": _message(record), **values}
    if isinstance(record.msg, str) and record.args and len(record.msg) <= LONGEST:
        return {"event": " ".join(record.msg.split()), **values}
    error = record.msg if isinstance(record.msg, BaseException) else exception_of(record.exc_info)
    event = "a library reported an error" if error is not None else "a library's message, left out"
    values["place"] = f"{record.filename}:{record.lineno}"
    return {"event": event, **values, **({"exc_info": error} if error is not None else {})}


def _is_known(record: logging.LogRecord) -> bool:
    if not any(record.name == name or record.name.startswith(f"{name}.") for name in _KNOWN):
        return False
    message = _message(record).strip()
    return isinstance(record.msg, str) and len(message) <= LONGEST and "\n" not in message


def _of_queue(record: logging.LogRecord, *, texts: bool) -> dict[str, Any]:
    """Procrastinate states what it does as `action`, and the job beside it; the job's arguments are left out."""
    action, job = getattr(record, "action", None), getattr(record, "job", None)
    values: dict[str, Any] = {"logger": record.name}
    if isinstance(job, Mapping):
        values |= {"job": job.get("id"), "task": job.get("task_name"), "attempts": job.get("attempts")}
    if texts:
        return {"event": _message(record), **values}
    event = action.replace("_", " ") if isinstance(action, str) and action.isidentifier() else "a job queue's message"
    return {"event": event, **values, "place": f"{record.filename}:{record.lineno}"}


def _message(record: logging.LogRecord) -> str:
    """The message with its arguments; the bare template where they do not fit it."""
    try:
        return record.getMessage().strip()
    except (TypeError, ValueError):
        return str(record.msg)
