"""The rule of secrets, tried: all that a connector says while much goes wrong is searched for them."""

import io
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Final

from casewarden.plugin import Attempt
from casewarden.testing.check_contract import plain, properties, with_wrong_secrets
from casewarden.testing.helpdesk import REST, Fault
from casewarden.testing.rules import BrokenError
from casewarden.testing.scrubbing import forms_of
from casewarden.testing.trial import Trial

_MANY: Final = 1_000
_SHORT: Final = 6


def secrets_of(trial: Trial) -> list[str]:
    """The values of settings that the schema marks as secret, wherever they stand."""
    found: list[str] = []
    for path, _, part in properties(plain(trial.factory.spec().settings)):
        if part.get("secret") is not True:
            continue
        value: object = trial.settings
        for step in path.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, str):
            found.append(value)
    return found


def secrets_hidden(trial: Trial) -> None:
    """Let everything go well, then wrong, and search what was said."""
    secrets = secrets_of(trial)
    if short := [value for value in secrets if len(value) < _SHORT]:
        raise BrokenError(f"{len(short)} secrets of the test have fewer than {_SHORT} characters and cannot be sought")
    said: list[tuple[str, str]] = []
    with _listening(said):
        ticket = trial.happen()
        connector = trial.connect()
        said.append(("the text form of the connector", f"{connector!r} {connector}"))
        for call in _calls(trial, ticket):
            _run(said, call)
        for name, settings in with_wrong_secrets(trial):
            secrets.append(str(settings[name]))
            wrong = trial.connect(settings)
            _run(said, wrong.check)
            _run(said, lambda of=wrong: of.changes(None))  # type: ignore[misc]
            _run(said, lambda of=wrong: of.apply(_attempt(trial, ticket)))  # type: ignore[misc]
        for fault in Fault:
            if fault in trial.helpdesk.faults and fault not in (Fault.LATE, Fault.SLOW):
                trial.helpdesk.inject(fault, times=_MANY)
                for call in _calls(trial, ticket):
                    _run(said, call)
                trial.helpdesk.clear()
                trial.helpdesk.advance(REST)
        for webhook in trial.helpdesk.webhooks(secret="another secret"):  # noqa: S106  # that is the point
            _run(said, lambda of=webhook: connector.verify_webhook(of.headers, of.body, trial.helpdesk.now()))  # type: ignore[misc]
    said.append(("a recording", trial.helpdesk.recorded()))
    for where, text in said:
        for secret in secrets:
            if any(form in text for form in forms_of(secret)):
                raise BrokenError(f"a secret stands in {where}")


def _attempt(trial: Trial, ticket: str) -> Attempt:
    return trial.attempt(trial.main_kind or "note", ticket, trial.text())


def _calls(trial: Trial, ticket: str) -> Iterator[Callable[[], object]]:
    connector = trial.connect()
    yield connector.check
    yield lambda: connector.changes(None)
    yield lambda: connector.fetch(ticket)
    yield lambda: connector.apply(_attempt(trial, ticket))
    yield connector.close


def _run(said: list[tuple[str, str]], call: Callable[[], object]) -> None:
    try:
        said.append(("an answer", f"{call()!r}"))
    except Exception as problem:  # noqa: BLE001  # it is searched
        said.append(("an exception", "".join(traceback.format_exception(problem)) + repr(problem)))
        said.extend(("an exception", f"{one!r} {vars(one)}") for one in _chain(problem))


def _chain(problem: BaseException | None) -> Iterator[BaseException]:
    while problem is not None:
        yield problem
        problem = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)


class _Ear(logging.Handler):
    """Hears every record of every logger."""

    def __init__(self, said: list[tuple[str, str]]) -> None:
        super().__init__(logging.NOTSET)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record with all that is attached to it."""
        self._said.append((f"the log of {record.name}", f"{record.getMessage()} {vars(record)}"))


@contextmanager
def _listening(said: list[tuple[str, str]]) -> Iterator[None]:
    root, ear, out = logging.getLogger(), _Ear(said), io.StringIO()
    before = {name: logging.getLogger(name).level for name in ("", *logging.root.manager.loggerDict)}
    for name in before:
        logging.getLogger(name).setLevel(logging.DEBUG)
    handlers, root.handlers = root.handlers, [ear]  # nobody else wants to hear all of it
    try:
        with redirect_stdout(out), redirect_stderr(out):
            yield
    finally:
        root.handlers = handlers
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
        said.append(("what is printed", out.getvalue()))
