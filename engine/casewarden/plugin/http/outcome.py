"""What an answer means: a reply, or which problem; and for how long nothing more is asked after a limit was reached."""

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from casewarden.plugin.http.hiding import Veil
from casewarden.plugin.http.problems import HttpError, LimitedError, RefusedError, UnreachableError
from casewarden.plugin.http.quota import SECOND, read_quotas, reason_of, retry_after
from casewarden.plugin.http.reply import Reply

_LIMITED: Final = 429
_NOT_NOW: Final = {408: True, 425: True, 503: False}
"""Try again: 408 and 425 were not processed (RFC 9110, RFC 8470); a 503 of a proxy leaves that open."""
_NARROW: Final = frozenset({"jira-burst-based", "jira-per-issue-on-write"})
"""Limits of one endpoint or one issue, and not of the whole account."""
_WORDS: Final = ("error_description", "description", "errorMessages", "errors", "message", "error", "details", "title")
"""Where helpdesks say what is wrong: Zendesk, Jira, Request Tracker, OAuth (RFC 6749, 5.2), problems (RFC 9457)."""
_MOST_RESTS: Final = 1_000


def problem_of(reply: Reply, now: int, veil: Veil) -> HttpError | None:
    """The problem that an answer states, None for one that is as it should be. Redirects are not judged here."""
    if reply.status < 400:
        return None
    said = said_in(reply, veil)
    message = f"{reply.what}: {reply.status}" + (f", {said}" if said else "")
    if reply.status == _LIMITED:
        reason = reason_of(reply.headers)
        return LimitedError(f"{message} ({veil.said(reason, 60)})" if reason else message, _after(reply.headers, now))
    if reply.status in _NOT_NOW:
        return LimitedError(message, retry_after(reply.headers, now), reached=_NOT_NOW[reply.status])
    if reply.status >= 500:
        return UnreachableError(message, reply.status)
    scope = reply.status == 403 and "insufficient_scope" in reply.headers.get("www-authenticate", "")
    return RefusedError(message, reply.status, said, needs_scope=scope)


def said_in(reply: Reply, veil: Veil) -> str:
    """What an answer says is wrong, in its own words: out of JSON or out of a page, cleaned and cut."""
    text = reply.text()[:100_000]
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return veil.said(text)
    return veil.said("; ".join(dict.fromkeys(_words(value, 0))))


def _words(value: Any, depth: int) -> Iterator[str]:
    """The texts of an error, with the names of the fields that they are about."""
    match value:
        case str():
            yield value
        case list() if depth < 4:
            for item in value[:10]:
                yield from _words(item, depth + 1)
        case dict() if depth < 4:
            known = [key for key in _WORDS if key in value]
            for key in known or list(value)[:10]:
                for word in _words(value[key], depth + 1):
                    yield word if known else f"{key}: {word}"
        case _:
            pass


def _after(headers: Mapping[str, str], now: int) -> float | None:
    """How long a limit lasts: by `Retry-After`, else until the last of the quotas that are used up is whole again."""
    said = retry_after(headers, now)
    if said is not None:
        return said
    return max((wait for quota in read_quotas(headers, now) if (wait := quota.wait(now)) is not None), default=None)


@dataclass(slots=True)
class Rests:
    """Until when nothing is asked, by what a limit is about: everything, or one method and path.

    Asking before that time would be refused, and some count it against us.
    """

    _until: dict[tuple[str, str] | None, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, method: str, path: str, what: str, now: int) -> None:
        """LimitedError where a limit still lasts."""
        with self._lock:
            until = max(self._until.get(None, now), self._until.get((method, path), now))
        if until > now:
            raise LimitedError(f"{what}: not asked, as the other end wants to be left alone", (until - now) / SECOND)

    def remember(self, method: str, path: str, headers: Mapping[str, str], problem: HttpError | None, now: int) -> None:
        """Keep how long a limit lasts. One that nobody gives a time for is the caller's to wait for."""
        with self._lock:
            if isinstance(problem, LimitedError) and problem.after is not None:
                if len(self._until) >= _MOST_RESTS:
                    self._until = {key: until for key, until in self._until.items() if until > now}
                narrow = reason_of(headers) in _NARROW or _is_of_endpoint(headers, now)
                self._until[(method, path) if narrow else None] = now + round(problem.after * SECOND)
            elif problem is None and any(quota.name == "" and quota.wait(now) for quota in read_quotas(headers, now)):
                waits = (quota.wait(now) or 0.0 for quota in read_quotas(headers, now) if quota.name == "")
                self._until[None] = now + round(max(waits) * SECOND)


def _is_of_endpoint(headers: Mapping[str, str], now: int) -> bool:
    """Whether an endpoint's own quota is used up while the account's is not."""
    quotas = read_quotas(headers, now)
    return any(quota.name and quota.left == 0 for quota in quotas) and not any(
        quota.name == "" and quota.left == 0 for quota in quotas
    )
