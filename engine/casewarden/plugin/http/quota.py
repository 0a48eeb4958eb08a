"""How much of a helpdesk's rate is left, out of the headers that say so, in all their spellings.

| header | who | source |
| --- | --- | --- |
| `X-Rate-Limit`, `X-Rate-Limit-Remaining` | Zendesk | developer.zendesk.com, Best practices for avoiding rate limiting |
| `ratelimit-limit`, `-remaining`, `-reset` (seconds) | Zendesk, IETF draft up to 06 | the same; draft-ietf-httpapi-ratelimit-headers |
| `zendesk-ratelimit-tickets-index: total=100; remaining=99; resets=41` | Zendesk, for one endpoint | the same |
| `X-RateLimit-Limit`, `-Remaining`, `-Reset` (ISO 8601 to the minute), `-NearLimit` | Jira Cloud | developer.atlassian.com, Rate limiting |
| `X-RateLimit-Limit`, `-Remaining`, `-Interval-Seconds`, `-FillRate` | Jira Data Center | confluence.atlassian.com, Rate limiting: HTTP headers |
| `RateLimit-Reason` | Jira Cloud, on 429 | developer.atlassian.com, Rate limiting |
| `RateLimit: "name";r=5;t=30`, `RateLimit-Policy: "name";q=100;w=60` | IETF draft from 08 | draft-ietf-httpapi-ratelimit-headers |
| `RateLimit: limit=100, remaining=5, reset=30` | IETF draft 07 | the same |
| `Retry-After` (seconds or a date) | all | RFC 9110, 10.2.3 |

What cannot be read is left out: a header of another end never stops an answer.
"""  # noqa: E501  # a table of sources

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from casewarden.model.instants import parse_instant

SECOND: Final = 1_000_000
_LONGEST: Final = 366 * 86_400 * SECOND
"""A wait beyond a year is a number that was misread."""
_EPOCH_SECONDS, _EPOCH_MILLISECONDS = 1_000_000_000, 1_000_000_000_000
_NUMBER: Final = re.compile(r"\s*(\d{1,18})(?:\.\d{1,9})?\s*(?:[,;].*)?$", re.ASCII | re.DOTALL)
_PART: Final = re.compile(r"([a-z]+)\s*=\s*\"?(\d{1,18})", re.ASCII | re.IGNORECASE)
_ITEM: Final = re.compile(r"\s*\"?([^\";,]{0,80})\"?\s*((?:;\s*[a-z]+\s*=\s*[^;,]{1,80})+)", re.IGNORECASE)
_ENDPOINT: Final = "zendesk-ratelimit-"

_SPELLINGS: Final = ("x-ratelimit", "ratelimit", "x-rate-limit", "rate-limit")
"""Before `-limit` (or alone, as the limit itself), `-remaining` and `-reset`; the first that is there counts."""


@dataclass(frozen=True, slots=True)
class Quota:
    """What one rate allows. `name` is empty for the account's own, else the endpoint's or policy's.

    `limit` and `left` are numbers of requests; `resets_at` is an instant in microseconds, when it is whole again. Each
    is None where it is not said. `is_near`: the other end says that little is left.
    """

    name: str = ""
    limit: int | None = None
    left: int | None = None
    resets_at: int | None = None
    is_near: bool = False

    def wait(self, now: int) -> float | None:
        """Seconds until there is something again; None where there is, or where that is not known."""
        if self.left is None or self.left > 0 or self.resets_at is None or self.resets_at <= now:
            return None
        return (self.resets_at - now) / SECOND


def read_quotas(headers: Mapping[str, str], now: int) -> tuple[Quota, ...]:
    """The quotas that an answer states, the account's own first. Header names are in lower case."""
    return tuple(_quotas(headers, now))


def retry_after(headers: Mapping[str, str], now: int) -> float | None:
    """Seconds to wait by `Retry-After`; None where it is not there, is not readable, or says that there is no need."""
    text = headers.get("retry-after", "").strip()
    number = _NUMBER.match(text)
    seconds = float(number[1]) if number else _until(_date(text), now)
    return seconds if seconds is not None and 0 < seconds <= _LONGEST / SECOND else None


def reason_of(headers: Mapping[str, str]) -> str | None:
    """Which limit was reached, as Jira Cloud says it: `jira-burst-based`, `jira-per-issue-on-write` and the like."""
    reason = headers.get("ratelimit-reason", "").strip().casefold()
    return reason[:60] if reason else None


def date_of(headers: Mapping[str, str]) -> int | None:
    """The other end's present time (`Date`), in microseconds at the grain of a second."""
    return _date(headers.get("date", ""))


def _quotas(headers: Mapping[str, str], now: int) -> Iterator[Quota]:
    is_near = headers.get("x-ratelimit-nearlimit", "").strip().casefold() == "true"
    account = next(filter(None, (_plain(headers, name, now) for name in _SPELLINGS)), None)
    if account is not None or is_near:
        found = account or Quota()
        yield Quota("", found.limit, found.left, found.resets_at, is_near)
    for name, value in headers.items():
        if name.startswith(_ENDPOINT):
            said = {key.casefold(): int(number) for key, number in _PART.findall(value)}
            limit, left, resets = said.get("total", said.get("limit")), said.get("remaining"), said.get("resets")
            yield Quota(name.removeprefix(_ENDPOINT), limit, left, None if resets is None else _instant(resets, now))
    yield from _structured(headers, now)


def _plain(headers: Mapping[str, str], name: str, now: int) -> Quota | None:
    limit, left = _count(headers.get(f"{name}-limit", headers.get(name))), _count(headers.get(f"{name}-remaining"))
    if limit is None and left is None:
        return None
    resets = _reset(headers.get(f"{name}-reset"), now)
    if resets is None:  # Jira Data Center fills its bucket within this interval
        interval = _count(headers.get(f"{name}-interval-seconds"))
        resets = None if interval is None else _instant(interval, now)
    return Quota("", limit, left, resets)


def _structured(headers: Mapping[str, str], now: int) -> Iterator[Quota]:
    """The fields of the IETF's draft: named policies from 08 on, one unnamed before."""
    for prefix in ("", "beta-"):
        text = headers.get(f"{prefix}ratelimit", "")[:2000]
        policies = dict(_items(headers.get(f"{prefix}ratelimit-policy", "")[:2000]))
        named = list(_items(text))
        for name, said in named:
            resets = said.get("t")
            limit = policies.get(name, {}).get("q")
            yield Quota(name, limit, said.get("r"), None if resets is None else _instant(resets, now))
        plain = {} if named else {key.casefold(): int(number) for key, number in _PART.findall(text)}
        if "limit" in plain or "remaining" in plain:
            resets = plain.get("reset")
            yield Quota(
                "policy", plain.get("limit"), plain.get("remaining"), None if resets is None else _instant(resets, now)
            )


def _items(text: str) -> Iterator[tuple[str, dict[str, int]]]:
    for item in _ITEM.finditer(text):
        yield item[1].strip(), {key.casefold(): int(number) for key, number in _PART.findall(item[2])}


def _count(text: str | None) -> int | None:
    number = _NUMBER.match(text or "")
    return int(number[1]) if number else None


def _reset(text: str | None, now: int) -> int | None:
    """Seconds from now, seconds or milliseconds since the epoch, ISO 8601, or a date as HTTP writes it."""
    number = _count(text)
    if number is not None:
        return _instant(number, now)
    return _date((text or "").strip())


def _instant(number: int, now: int) -> int | None:
    if number >= _EPOCH_MILLISECONDS:
        at = number * 1000
    elif number >= _EPOCH_SECONDS:
        at = number * SECOND
    else:
        at = now + number * SECOND
    return at if abs(at - now) <= _LONGEST else None


def _date(text: str) -> int | None:
    if not text or len(text) > 60:
        return None
    try:
        return parse_instant(text)
    except ValueError:
        pass  # it is written as HTTP writes dates, or is none
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    aware = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return round((aware - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * SECOND


def _until(at: int | None, now: int) -> float | None:
    return None if at is None else (at - now) / SECOND
