"""Logs as data: one line each, ours and the libraries' through one pipeline, written to one stream.

A record has the time (UTC), the level, the event's name, the ids it is found by (case, decision, rule, connector), then
the rest. At `info` and above nothing that a person wrote is in it, and at no level is there a secret; what that takes
is in `harmless` and `hiding`. The event's name is a constant in the code, never made of values.

Servers that configure logging themselves must be told not to (`uvicorn.run(log_config=None)`).
"""

import json
import logging
import sys
import threading
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Literal, TextIO

import structlog

from casewarden.telemetry.failures import exception_of, failure
from casewarden.telemetry.foreign import QUIET, record_of
from casewarden.telemetry.harmless import IDS, harmless, scrubbed
from casewarden.telemetry.hiding import scrub

Level = Literal["debug", "info", "warning", "error"]
Form = Literal["json", "console"]

_FIRST: Final = ("time", "level", "event", *IDS)


def configure_logs(level: Level, stream: TextIO, form: Form = "json") -> None:
    """Send everything that this process logs from now on to a stream; again, to change level, stream or form.

    `level` is the least that is written. At `debug`, texts are shown as well: exceptions', libraries' and what records
    of that level hold; secrets never are. Exceptions that end the process or a thread are logged too.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,  # a reload may change the level
    )
    handler = _Handler(stream)
    handler.setFormatter(_Formatter(form, texts=level == "debug"))
    root = logging.getLogger()
    root.handlers[:] = [handler]  # any other would write what this one leaves out
    root.setLevel(number)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.NOTSET if level == "debug" else max(number, logging.WARNING))
    sys.excepthook = _ended
    threading.excepthook = _thread_ended


class _Handler(logging.StreamHandler[TextIO]):
    """Writes lines. One that cannot be written is told by its kind of error; the standard library would print it."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the standard library's name
        error = sys.exc_info()[1]
        if sys.__stderr__ is not None and self.stream is not sys.__stderr__:
            place = f"{record.filename}:{record.lineno}"
            sys.__stderr__.write(f"casewarden: a line of the log was lost ({type(error).__name__}), from {place}\n")


class _Formatter(logging.Formatter):
    """A record of ours or of a library as one line."""

    def __init__(self, form: Form, *, texts: bool) -> None:
        super().__init__()
        self._line: Callable[[dict[str, Any]], str] = _as_json if form == "json" else _as_text
        self._texts = texts

    def format(self, record: logging.LogRecord) -> str:
        values = self._values(record)
        event = scrub(str(values.pop("event", "")))
        error = exception_of(values.pop("exc_info", None)) or exception_of(record.exc_info)
        values.pop("stack_info", None)
        shown = scrubbed(values) if record.levelno < logging.INFO else harmless(values)
        if error is not None:
            shown["error"] = failure(error, texts=self._texts)
        time = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        whole = {**shown, "time": time, "level": record.levelname.lower(), "event": event}
        return self._line({key: whole[key] for key in _FIRST if key in whole} | whole)

    def _values(self, record: logging.LogRecord) -> dict[str, Any]:
        """What was logged, by name; ours comes as a mapping that `wrap_for_formatter` put in the message's place."""
        if isinstance(record.msg, MutableMapping) and hasattr(record, "_logger"):
            return {"logger": record.name, **record.msg}
        return record_of(record, texts=self._texts)


def _as_json(values: dict[str, Any]) -> str:
    return json.dumps(values, separators=(",", ":"))


def _as_text(values: dict[str, Any]) -> str:
    """For people at a terminal: `10:00:00.000000Z info event case=17`, without what could steer the terminal."""
    head = f"{values['time'][11:]} {values['level']:<7} {_plain(values['event'])}"
    rest = (f"{_plain(key)}={_plain(value)}" for key, value in values.items() if key not in ("time", "level", "event"))
    return " ".join((head, *rest))


def _plain(value: object) -> str:
    is_plain = isinstance(value, str) and value.isprintable() and not {'"', "="} & set(value)
    return str(value) if is_plain else json.dumps(value)


def _ended(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The process ends by an exception; a keyboard interrupt is no fault."""
    del trace
    if issubclass(kind, KeyboardInterrupt):
        return
    structlog.get_logger("casewarden").error("the process ends by an exception", exc_info=error)


def _thread_ended(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is None or issubclass(args.exc_type, SystemExit):
        return
    name = args.thread.name if args.thread is not None else None
    structlog.get_logger("casewarden").error("a thread ends by an exception", thread=name, exc_info=args.exc_value)
