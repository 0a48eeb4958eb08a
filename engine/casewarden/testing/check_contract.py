"""The rules of what a connector says of itself, tried."""

import gc
import re
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from jsonschema import SchemaError, ValidationError
from jsonschema.validators import validator_for

from casewarden.model.event import Json
from casewarden.plugin import CONTRACT, Answer, Applied, Check, Connector
from casewarden.testing.factories import ALL_KINDS, TEXT_KINDS
from casewarden.testing.helpdesk import REST, Fault
from casewarden.testing.rules import BrokenError
from casewarden.testing.trial import Trial, shown

_SECRET_NAME: Final = re.compile(
    r"(?i)(?:^|_)(?:token|secret|password|passwd|passphrase|api_?key|credentials?|private_key)$"
)
_CODE: Final = re.compile(r"Traceback|<html|<[A-Za-z_.]+ object at 0x|\w+(?:Error|Exception)\(|\bhttpx\.|\burllib")
_MANY: Final = 1_000
_THREADS: Final = 4


def spec_valid(trial: Trial) -> None:
    """Look at what the factory says, and a connector of its."""
    spec = trial.factory.spec()
    if trial.connect().spec() != spec:
        raise BrokenError("the connector's `spec` is another one than its factory's")
    if not (spec.name and spec.version):
        raise BrokenError("it has no name or no version")
    if spec.contract != CONTRACT:
        raise BrokenError(f"it is for contract {spec.contract}, and this is {CONTRACT}")
    if unknown := spec.actions - ALL_KINDS:
        raise BrokenError(f"there is no action {', '.join(sorted(unknown))}; known are {', '.join(sorted(ALL_KINDS))}")
    schema = plain(spec.settings)
    try:
        kind = validator_for(schema)
        kind.check_schema(schema)
        kind(schema).validate(dict(trial.settings))
    except SchemaError as problem:
        raise BrokenError(f"`settings` are no JSON Schema: {problem.message}") from None
    except ValidationError as problem:
        where = ".".join(map(str, problem.absolute_path)) or "as a whole"
        raise BrokenError(f"the settings of the test do not fit the schema ({where}, `{problem.validator}`)") from None
    for path, part in objects(schema):
        if part.get("additionalProperties", part.get("unevaluatedProperties")) is None:
            raise BrokenError(f"the schema lets unknown keys pass at {path or 'its top'}: say `additionalProperties`")
    for path, name, part in properties(schema):
        if _SECRET_NAME.search(name) and part.get("type", "string") == "string" and part.get("secret") is not True:
            raise BrokenError(f'`{path}` is called like a secret, and has no `"secret": true`')


def plain(value: Any) -> Any:
    """A schema of plain dicts and lists."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def objects(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The schemas of objects that have named properties, with their paths."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield path, schema
        for key, value in schema.items():
            yield from objects(value, path if key == "properties" else f"{path}.{key}".strip("."))
    elif isinstance(schema, list):
        for item in schema:
            yield from objects(item, path)


def properties(schema: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """All named properties: path, name, schema."""
    for path, part in objects(schema):
        for name, value in part["properties"].items():
            if isinstance(value, dict):
                yield f"{path}.{name}".strip("."), name, value


def settings_refused(trial: Trial) -> None:
    """Leave out, add and mistype settings."""
    schema = plain(trial.factory.spec().settings)
    wrong: list[tuple[str, dict[str, Json]]] = [("no_such_setting", {**trial.settings, "no_such_setting": "x"})]
    for name in schema.get("required", ()):
        wrong.append((name, {key: value for key, value in trial.settings.items() if key != name}))
        wrong.append((name, {**trial.settings, name: [["of", "another"], "type"]}))
    for name, settings in wrong:
        try:
            trial.connect(settings)
        except ValueError as problem:
            if name not in str(problem) or _CODE.search(str(problem)):
                raise BrokenError(f"`{name}` is wrong, and it says: {problem}") from None
            continue
        except Exception as problem:  # noqa: BLE001  # whatever it is, it is told
            raise BrokenError(f"`{name}` is wrong, and raises {problem!r}, not a ValueError"[:300]) from None
        raise BrokenError(f"`{name}` is wrong, and it connects")


def check_plain(trial: Trial) -> None:
    """Check where all is well, with wrong secrets, and where the helpdesk fails."""
    trial.happen()
    found = _checked(trial.connect(), "where all is well")
    if not found.is_fit or not found.findings:
        said = "; ".join(finding.message for finding in found.findings if finding.level == "error")
        raise BrokenError(f"all is well, and it says: {said or 'nothing'}")
    for name, settings in with_wrong_secrets(trial):
        _require_unfit(_checked(trial.connect(settings), f"with a wrong `{name}`"), f"`{name}` is wrong")
    connector = trial.connect()
    for fault in (Fault.REFUSED, Fault.LOST_BEFORE, Fault.UNAVAILABLE, Fault.MALFORMED, Fault.TOO_MANY):
        if fault in trial.helpdesk.faults:
            trial.helpdesk.inject(fault, times=_MANY)
            found = _checked(connector, fault.value)
            trial.helpdesk.clear()
            trial.helpdesk.advance(REST)
            if fault is not Fault.TOO_MANY:
                _require_unfit(found, fault.value)


def _checked(connector: Connector, when: str) -> Check:
    try:
        found = connector.check()
    except Exception as problem:  # noqa: BLE001  # whatever it is, it is told
        raise BrokenError(f"{when}: `check` raises {problem!r}"[:300]) from None
    for finding in found.findings:
        said = f"{finding.message} {finding.fix or ''}"
        if len(finding.message.split()) < 3 or _CODE.search(said):
            raise BrokenError(f"{when}: these are no plain words: {said[:200]}")
        if finding.level == "error" and not finding.fix:
            raise BrokenError(f"{when}: no fix is told for: {finding.message}")
    return found


def _require_unfit(found: Check, when: str) -> None:
    if found.is_fit:
        raise BrokenError(f"{when}, and `check` finds nothing wrong")


def with_wrong_secrets(trial: Trial) -> Iterator[tuple[str, dict[str, Json]]]:
    """The settings with one secret at a time that is another one.

    Secrets of webhooks, and those that are ours alone (`"ours": true`), cannot be tried by calling.
    """
    schema = plain(trial.factory.spec().settings)
    for path, name, part in properties(schema):
        value = trial.settings.get(name)
        if part.get("secret") is True and isinstance(value, str) and path == name and not _is_untried(name, part):
            yield name, {**trial.settings, name: value[::-1] if value[::-1] != value else f"{value}x"}


def _is_untried(name: str, part: Mapping[str, Json]) -> bool:
    return "webhook" in name or part.get("ours") is True


def close_lets_go(trial: Trial) -> None:
    """Use a connector, close it twice, and look what is left."""
    gc.collect()
    before = {thread.ident for thread in threading.enumerate()}
    ticket = trial.happen()
    with warnings.catch_warnings(record=True) as left_open:
        warnings.simplefilter("always", ResourceWarning)
        connector = trial.connect()
        trial.poll(connector)
        connector.fetch(ticket)
        connector.check()
        _close(connector)
        _close(connector)
        trial.forget(connector)
        del connector
        gc.collect()
    if (count := trial.helpdesk.connections()) > 0:
        raise BrokenError(f"{count} connections are still open")
    left = [thread.name for thread in threading.enumerate() if thread.ident not in before]
    if left := [name for name in left if not name.startswith("fake-helpdesk")]:
        raise BrokenError(f"these threads are still there: {', '.join(left)}")
    if left_open:
        raise BrokenError(f"something was not closed: {left_open[0].message}")


def _close(connector: Connector) -> None:
    try:
        connector.close()
    except Exception as problem:  # noqa: BLE001  # whatever it is, it is told
        raise BrokenError(f"`close` raises {problem!r}"[:300]) from None


def calls_from_threads(trial: Trial) -> None:
    """Poll, fetch and write from several threads at once."""
    tickets = [trial.happen() for _ in range(_THREADS)]
    connector = trial.connect()
    kind = trial.main_kind
    texts = [trial.text() for _ in tickets]
    attempts = [trial.attempt(kind, one, text) for one, text in zip(tickets, texts, strict=True)] if kind else []
    answers: list[Answer | Exception] = []

    def write(number: int) -> None:
        answers.append(trial.apply(connector, attempts[number]))

    calls: list[Callable[[], object]] = [lambda: trial.poll(connector), lambda: trial.poll(connector)]
    calls += [lambda one=ticket: connector.fetch(one) for ticket in tickets]  # type: ignore[misc]
    calls += [lambda one=number: write(one) for number in range(len(attempts))]  # type: ignore[misc]
    problems = _at_once(calls)
    if problems:
        raise BrokenError(f"a call from another thread raises {problems[0]!r}"[:300])
    for answer in answers:
        if not isinstance(answer, Applied):
            raise BrokenError(f"an action from another thread is answered with {shown(answer)}")
    if kind in TEXT_KINDS:
        for text in texts:
            if (standing := trial.helpdesk.standing(text)) != 1:
                raise BrokenError(f"an action from another thread stands {standing} times")
    trial.settle()
    trial.require_all(trial.poll(connector).events)


def _at_once(calls: list[Callable[[], object]]) -> list[Exception]:
    """What the calls raise, each in a thread of its own, begun together."""
    problems: list[Exception] = []
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        try:
            gate.wait()
            call()
        except Exception as problem:  # noqa: BLE001  # it is told by the rule
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(call,), name="kit") for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems
