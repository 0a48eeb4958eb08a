"""One HTTP client for a connector: bounded, paced, with its login, and typed in what goes wrong."""

import json as json_format
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import httpx
from httpx_retries import Retry, RetryTransport

from casewarden.model.event import Json
from casewarden.plugin import clock
from casewarden.plugin.http.addresses import base_url, is_loopback, is_same_origin, resolve
from casewarden.plugin.http.body import ENCODINGS, read_body
from casewarden.plugin.http.hiding import Veil
from casewarden.plugin.http.login import Anonymous, Login
from casewarden.plugin.http.outcome import Rests, problem_of
from casewarden.plugin.http.pace import Pace
from casewarden.plugin.http.problems import HttpError, RefusedError, UnreachableError
from casewarden.plugin.http.quota import SECOND, Quota, date_of, read_quotas
from casewarden.plugin.http.reply import Reply

Params = Mapping[str, str | int | Sequence[str | int]]
_ASKS: Final = frozenset({"GET", "HEAD"})
_AGAIN: Final = (502, 504)
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 3


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that is taken of an answer (`body` in bytes once unpacked, `depth` of its JSON), and times in seconds.

    `connect` and `read` are for each step, `whole` for all of an answer. A GET that got no answer is tried `retries`
    times more, after `retry_wait` and then twice as long each time.
    """

    body: int = 20_000_000
    depth: int = 100
    connect: float = 10.0
    read: float = 30.0
    whole: float = 120.0
    retries: int = 2
    retry_wait: float = 0.5


class Http:
    """All requests of one connector to one host; safe to be used by several threads.

    `base` is the address to which paths are added: https, or http on the same machine. `certificates` is a file of
    authorities to trust beside the system's own; there is no way to trust everybody. `pace` is our own rate. Tests
    give a `transport` (`httpx.MockTransport`). ValueError says what is wrong with an address.
    """

    def __init__(
        self,
        base: str,
        *,
        login: Login | None = None,
        pace: Pace | None = None,
        bounds: Bounds | None = None,
        headers: Mapping[str, str] | None = None,
        certificates: Path | None = None,
        proxy: str | None = None,
        transport: httpx.BaseTransport | None = None,
        now: Callable[[], int] = clock.now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base = base_url(base)
        self._login = login or Anonymous()
        self._pace = pace
        self._bounds = bounds or Bounds()
        self._now = now
        self._monotonic = monotonic
        self._veil = Veil(self._login.secrets())
        self._rests = Rests()
        self._lock = threading.Lock()
        self._quotas: dict[str, Quota] = {}
        self._skew: float | None = None
        inner = transport if transport is not None else _transport(self._base, certificates, proxy)
        self._client = httpx.Client(
            transport=RetryTransport(inner, _retry(self._bounds)),
            headers={"user-agent": f"casewarden/{version('casewarden')}", "accept": "application/json"}
            | {"accept-encoding": ENCODINGS}
            | dict(headers or {}),
            timeout=httpx.Timeout(self._bounds.read, connect=self._bounds.connect),
            trust_env=False,
            follow_redirects=False,
        )

    @property
    def host(self) -> str:
        """The host that this speaks to, for messages."""
        return self._base.host

    @property
    def quotas(self) -> Mapping[str, Quota]:
        """What the last answers said of our rate: the account's own under the empty name, those of endpoints beside."""
        with self._lock:
            return dict(self._quotas)

    @property
    def skew(self) -> float | None:
        """Seconds by which the other end's clock is ahead of ours, to the second; None before the first answer."""
        with self._lock:
            return self._skew

    def hide(self, text: str) -> str:
        """A text without the secrets that this client knows."""
        self._know_secrets()
        return self._veil.hide(text)

    def get(
        self,
        path: str,
        params: Params | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        pace: Pace | None = None,
    ) -> Reply:
        """Ask for something, again where there is no answer. HttpError; ValueError for a path that leads elsewhere.

        `path` may be a whole address of the same host, as links to a next page are. A 304 is a reply, too. `pace` is
        that of this endpoint, beside the client's own.
        """
        return self._ask("GET", path, params, headers, None, pace)

    def send(
        self,
        method: str,
        path: str,
        json: Json = None,
        *,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        pace: Pace | None = None,
    ) -> Reply:
        """Change something, once: after an UnreachableError nobody knows whether it happened. HttpError, ValueError.

        The body is `json` (None: there is none), or a `form`, or `content` as it is, whose type is among `headers`.
        """
        kind: dict[str, str] = {}
        if json is not None:
            content, kind = json_format.dumps(json, ensure_ascii=False).encode(), {"content-type": "application/json"}
        elif form is not None:
            content = str(httpx.QueryParams(form)).encode()
            kind = {"content-type": "application/x-www-form-urlencoded"}
        return self._ask(method.upper(), path, params, kind | dict(headers or {}), content, pace)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _ask(
        self,
        method: str,
        path: str,
        params: Params | None,
        headers: Mapping[str, str] | None,
        content: bytes | None,
        pace: Pace | None,
    ) -> Reply:
        url = resolve(self._base, path)
        if params:
            url = url.copy_merge_params(dict(params))
        followed = 0
        while (reply := self._once(method, url, headers, content, pace)).status in _REDIRECTS:
            if followed == _MOST_REDIRECTS:
                raise RefusedError(f"{reply.what}: the answer leads from one address to the next", reply.status)
            followed += 1
            url = self._redirected(reply, url)
        return reply

    def _once(
        self, method: str, url: httpx.URL, headers: Mapping[str, str] | None, content: bytes | None, pace: Pace | None
    ) -> Reply:
        what = f"{method} {self._veil.said(url.path, 120)}"
        self._rests.check(method, url.path, what, self._now())
        shown = self._login.headers()
        reply = self._exchange(what, method, url, {**(headers or {}), **shown}, content, pace)
        if reply.status == httpx.codes.UNAUTHORIZED and self._login.renewed(shown):
            shown = self._login.headers()
            reply = self._exchange(what, method, url, {**(headers or {}), **shown}, content, pace)
        self._know_secrets()
        problem = problem_of(reply, self._now(), self._veil)
        self._rests.remember(method, url.path, reply.headers, problem, self._now())
        if problem is not None:
            raise problem
        return reply

    def _exchange(
        self,
        what: str,
        method: str,
        url: httpx.URL,
        headers: Mapping[str, str],
        content: bytes | None,
        pace: Pace | None,
    ) -> Reply:
        for one in (pace, self._pace):
            if one is not None:
                one.wait_turn()
        self._know_secrets()
        request = self._client.build_request(method, url, headers=headers, content=content)
        try:
            reply = self._received(what, request)
        except HttpError:
            raise
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError) as problem:
            reason = self._reason(problem)
        else:
            self._note(reply)
            return reply
        # Outside, so that what the library raised, with addresses and headers, does not hang on it
        raise UnreachableError(f"{what}: no answer from {self.host}: {reason}")

    def _received(self, what: str, request: httpx.Request) -> Reply:
        begun = self._monotonic()
        with closing(self._client.send(request, stream=True)) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            pieces = response.stream
            assert isinstance(pieces, httpx.SyncByteStream)  # the client is no asynchronous one
            body = read_body(
                () if request.method == "HEAD" else pieces,
                headers,
                self._bounds.body,
                what,
                lambda: self._monotonic() - begun <= self._bounds.whole,
            )
        return Reply(response.status_code, headers, body, what, self._bounds.depth)

    def _note(self, reply: Reply) -> None:
        now = self._now()
        quotas, server = read_quotas(reply.headers, now), date_of(reply.headers)
        with self._lock:
            self._quotas |= {quota.name: quota for quota in quotas}
            if server is not None:
                self._skew = (server - now // SECOND * SECOND) / SECOND

    def _redirected(self, reply: Reply, url: httpx.URL) -> httpx.URL:
        """Where an answer leads: for what only asks, and at the same host. Else RefusedError."""
        try:
            target = url.join(reply.headers.get("location", ""))
        except (httpx.InvalidURL, ValueError):
            raise RefusedError(f"{reply.what}: the answer leads to what is no address", reply.status) from None
        if reply.what.partition(" ")[0] not in _ASKS or not is_same_origin(url, target):
            place = self._veil.said(f"{target.scheme}://{target.host}{target.path}", 120)
            raise RefusedError(
                f"{reply.what}: the answer leads to {place}, which is not followed; give the address that is meant",
                reply.status,
            )
        return target

    def _know_secrets(self) -> None:
        for secret in self._login.secrets():
            self._veil.add(secret)

    def _reason(self, problem: Exception) -> str:
        match problem:
            case httpx.ConnectTimeout():
                return "no connection in time"
            case httpx.TimeoutException():
                return "it did not come in time"
            case _:
                said = self._veil.said(str(problem), 160)
                return said or type(problem).__name__


def _retry(bounds: Bounds) -> Retry:
    return Retry(
        total=bounds.retries,
        allowed_methods=sorted(_ASKS),
        status_forcelist=_AGAIN,
        backoff_factor=bounds.retry_wait,
        respect_retry_after_header=False,
    )


def _transport(base: httpx.URL, certificates: Path | None, proxy: str | None) -> httpx.HTTPTransport:
    # Reading the system's authorities takes long, and to what is not encrypted nobody has to prove who he is.
    trusted = ssl.create_default_context() if base.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if certificates is not None:
        try:
            trusted.load_verify_locations(certificates)
        except (OSError, ssl.SSLError) as problem:
            raise ValueError(f"the certificates in {certificates} cannot be read: {problem}") from None
    through = None if proxy is None or is_loopback(base.host) else proxy
    return httpx.HTTPTransport(verify=trusted, proxy=through)
