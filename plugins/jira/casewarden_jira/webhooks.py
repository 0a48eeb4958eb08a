"""Webhooks: hints that make things faster. Polling finds all that they say.

Two kinds: those that an administrator makes are signed (`X-Hub-Signature: sha256=` and the HMAC of the body, on Cloud
and Data Center), and the body has a `timestamp`; those that an OAuth app registers come with a token (HS256, by the
client's secret).
Sources: developer.atlassian.com, Webhooks (Jira Cloud platform), Secure admin webhooks; RFC 7515, RFC 7519.
"""

import base64
import binascii
import hmac
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from casewarden.plugin import WebhookError
from casewarden.plugin.http import UnreadableError
from casewarden.plugin.http.body import read_json

IDENTIFIER: Final = "x-atlassian-webhook-identifier"
_MOST_KNOWN: Final = 10_000
_LEEWAY: Final = 60
_FRESH: Final = 2 * 3600 * 1_000_000
"""Jira tries for less than an hour to deliver."""
_ISSUE_OF_COMMENT: Final = re.compile(r"/issue/(\d{1,18})/comment/\d{1,18}/?$")


def verify(secret: str | None, client_secret: str | None, headers: Mapping[str, str], body: bytes, now: int) -> None:
    """Accept a webhook; WebhookError otherwise."""
    signature = headers.get("x-hub-signature")
    if signature is not None:
        if secret is None:
            raise WebhookError("no `webhook_secret` is set for this connector")
        wanted = "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()
        if not hmac.compare_digest(wanted.encode(), signature.strip().encode()):
            raise WebhookError("the signature is not ours: the secret differs, or the body was changed")
        at = time_of(read(body))
        if at is not None and abs(now - at) > _FRESH:
            raise WebhookError("the webhook was signed hours ago; where it was not, compare the clocks")
        return
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.casefold() in ("jwt", "bearer") and client_secret is not None:
        _verify_token(token.strip(), client_secret, now)
        return
    raise WebhookError("the webhook is not signed: give it a secret in Jira, and the same here as `webhook_secret`")


def read(body: bytes) -> Mapping[str, Any]:
    """The object of a body; WebhookError."""
    try:
        found = read_json(body, {"content-type": "application/json"}, 100, "the webhook")
    except UnreadableError as problem:
        raise WebhookError(str(problem)) from None
    if not isinstance(found, dict) or not isinstance(found.get("webhookEvent"), str):
        raise WebhookError("the body is no webhook of Jira: it has no `webhookEvent`")
    return found


def time_of(said: Mapping[str, Any]) -> int | None:
    """When Jira made a webhook, in microseconds; None where it does not say."""
    millis = said.get("timestamp")
    return millis * 1000 if isinstance(millis, int) and not isinstance(millis, bool) else None


def issue_of(said: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Id and key of the issue that a webhook is about; comments of Data Center name it in their address only."""
    issue = said.get("issue")
    if isinstance(issue, Mapping):
        id_, key = issue.get("id"), issue.get("key")
        return (id_ if isinstance(id_, str) else None), (key if isinstance(key, str) else None)
    comment = said.get("comment")
    address = comment.get("self") if isinstance(comment, Mapping) else None
    found = _ISSUE_OF_COMMENT.search(address) if isinstance(address, str) else None
    return (found[1] if found else None), None


class Deliveries:
    """Which deliveries came already: the identifier stays the same when Jira tries again."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def is_new(self, headers: Mapping[str, str]) -> bool:
        """Whether a delivery is the first of its identifier; one without any always is."""
        name = headers.get(IDENTIFIER, "")[:200]
        if not name:
            return True
        with self._lock:
            if name in self._known:
                return False
            self._known[name] = None
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return True


def _verify_token(token: str, secret: str, now: int) -> None:
    parts = token.split(".")
    if len(parts) != 3 or len(token) > 8_000:
        raise WebhookError("the webhook's token is none")
    head, claims = _part(parts[0]), _part(parts[1])
    if head.get("alg") != "HS256":
        raise WebhookError("the webhook's token is not signed by HS256")
    wanted = hmac.new(secret.encode(), f"{parts[0]}.{parts[1]}".encode(), "sha256").digest()
    if not hmac.compare_digest(wanted, _decoded(parts[2])):
        raise WebhookError("the webhook's token is not signed by our client's secret")
    ends, begins = claims.get("exp"), claims.get("iat")
    seconds = now // 1_000_000
    if not isinstance(ends, int) or ends + _LEEWAY < seconds:
        raise WebhookError("the webhook's token has ended")
    if isinstance(begins, int) and begins - _LEEWAY > seconds:
        raise WebhookError("the webhook's token has not begun; compare the clocks")


def _part(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(_decoded(text))
    except (ValueError, RecursionError):
        raise WebhookError("the webhook's token cannot be read") from None
    if not isinstance(found, dict):
        raise WebhookError("the webhook's token cannot be read")
    return found


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise WebhookError("the webhook's token cannot be read") from None
