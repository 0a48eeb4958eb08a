"""The rules of webhooks, tried."""

from collections.abc import Mapping, Sequence
from typing import Final

from casewarden.model.event import Event
from casewarden.plugin import Connector, WebhookError
from casewarden.testing.helpdesk import Webhook
from casewarden.testing.rules import BrokenError, UntriedError
from casewarden.testing.trial import Trial, told

_DAY: Final = 86_400_000_000
_GARBAGE: Final = (b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b'{"id": 1}', b"<html></html>", b"[[[[[[[[")


def _sent(trial: Trial) -> Sequence[Webhook]:
    trial.story()
    found = trial.helpdesk.webhooks()
    if not found:
        raise UntriedError("the helpdesk sends no webhooks")
    return found


def _heard(connector: Connector, one: Webhook, now: int) -> Sequence[Event]:
    try:
        connector.verify_webhook(one.headers, one.body, now)
        return connector.parse_webhook(one.headers, one.body)
    except WebhookError as problem:
        raise BrokenError(f"an authentic webhook is refused: {problem}") from None


def webhook_keys(trial: Trial) -> None:
    """Take webhooks in, the last first and each of them twice, and compare with polling.

    One that gives no event only says that there is something.
    """
    sent = _sent(trial)
    connector, now = trial.connect(), trial.helpdesk.now()
    heard = [event for one in reversed(sent) for event in _heard(connector, one, now)]
    for one in sent:
        try:
            connector.verify_webhook(one.headers, one.body, now)
        except WebhookError:
            continue  # a delivery that was there before may be refused
        heard += connector.parse_webhook(one.headers, one.body)
    trial.settle()
    polled = {event.key: event for event in trial.poll(trial.connect()).events}
    if foreign := {event.key for event in heard} - polled.keys():
        raise BrokenError(f"polling never gives these keys: {told(foreign)}")
    for event in heard:
        known = polled[event.key]
        if (event.subject, event.kind, event.at, event.by) != (known.subject, known.kind, known.at, known.by):
            raise BrokenError(f"the event {event.key!r} is another one in the webhook: {event} and {known}"[:600])


def webhook_forged(trial: Trial) -> None:
    """Change what was signed, leave the signature out, sign with another secret."""
    first, *others = _sent(trial)
    connector, now = trial.connect(), trial.helpdesk.now()
    _refused(connector, first.headers, first.body + b" ", now, "a body with a space more")
    _refused(connector, first.headers, first.body.replace(b"a", b"b", 1), now, "a body with another letter")
    _refused(connector, {}, first.body, now, "a body without any header")
    for other in others:
        if other.body != first.body:
            _refused(connector, first.headers, other.body, now, "a body under the headers of another one")
    for signed in trial.helpdesk.webhooks(secret="not the secret"):  # noqa: S106  # that is the point
        _refused(connector, signed.headers, signed.body, now, "a body that was signed with another secret")


def webhook_stale(trial: Trial) -> None:
    """Bring a webhook of yesterday, as it was and with each of its headers from today."""
    _sent(trial)
    connector, now = trial.connect(), trial.helpdesk.now()
    (old, *_), (new, *_) = trial.helpdesk.webhooks(at=now - _DAY), trial.helpdesk.webhooks(at=now)
    differing = [name for name in new.headers if new.headers[name] != old.headers.get(name)]
    if not differing:
        raise UntriedError("the helpdesk's signature does not depend on the time")
    _refused(connector, old.headers, old.body, now, "a webhook of yesterday")
    if len(differing) > 1:
        for name in differing:
            mixed = {**old.headers, name: new.headers[name]}
            _refused(connector, mixed, old.body, now, f"a webhook of yesterday with the `{name}` of today")


def webhook_malformed(trial: Trial) -> None:
    """Let bodies be parsed that are none."""
    headers = _sent(trial)[0].headers
    connector = trial.connect()
    for body in _GARBAGE:
        try:
            found = connector.parse_webhook(headers, body)
        except WebhookError:
            continue
        except Exception as problem:  # noqa: BLE001  # whatever it is, it is told
            raise BrokenError(f"the body {body!r} raises {problem!r}"[:300]) from None
        if list(found):
            raise BrokenError(f"the body {body!r} gives events")


def _refused(connector: Connector, headers: Mapping[str, str], body: bytes, now: int, what: str) -> None:
    try:
        connector.verify_webhook(headers, body, now)
    except WebhookError:
        return
    except Exception as problem:  # noqa: BLE001  # whatever it is, it is told
        raise BrokenError(f"{what} raises {problem!r}, not a WebhookError"[:300]) from None
    raise BrokenError(f"{what} is believed")
