"""OAuth 2.0 client credentials (RFC 6749, 4.4): a token kept in memory, renewed in time, once for all threads."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal

from casewarden.plugin import clock
from casewarden.plugin.http.client import Http
from casewarden.plugin.http.hiding import HIDDEN
from casewarden.plugin.http.login import Basic, require_printable
from casewarden.plugin.http.problems import RefusedError, UnreadableError
from casewarden.plugin.http.quota import SECOND
from casewarden.plugin.http.reply import Reply, as_number, as_text

Style = Literal["json", "form", "basic"]
"""How the client shows itself: in a JSON body (Zendesk, Atlassian), in a form, or by HTTP Basic (RFC 6749, 2.3.1)."""

_MARGIN: Final = 60 * SECOND
_DEFAULT_LIFE: Final = 300
"""Seconds for which a token is taken to be good where nothing is said (`expires_in` is only recommended)."""
_LONGEST_LIFE: Final = 30 * 86_400
_KEPT: Final = 8
"""Tokens that were in use lately: they may still stand in what the other end answers."""


class ClientCredentials:
    """A login by a token that ends. `http` speaks to the host that gives tokens, at `path`.

    It is renewed a minute before its end (a short one after nine tenths of its life), or at once where it is refused.
    While one thread fetches it, the others wait for that one.
    """

    def __init__(
        self,
        http: Http,
        path: str,
        client_id: str,
        client_secret: str,
        *,
        scope: str | None = None,
        style: Style = "json",
        more: Mapping[str, str] | None = None,
        now: Callable[[], int] = clock.now,
    ) -> None:
        require_printable(client_id, "the client's id")
        require_printable(client_secret, "the client's secret")
        self._http = http
        self._path = path
        self._id, self._secret = client_id, client_secret
        self._asked = {"grant_type": "client_credentials", **({"scope": scope} if scope else {}), **(more or {})}
        self._style = style
        self._now = now
        self._lock = threading.Lock()
        self._token: str | None = None
        self._renew_at = 0
        self._known: deque[str] = deque(maxlen=_KEPT)

    def headers(self) -> Mapping[str, str]:
        """See `Login`. HttpError where no token is to be had; the texts hold neither it nor the client's secret."""
        with self._lock:
            if self._token is None or self._now() >= self._renew_at:
                self._token = self._fetched()
            return {"authorization": f"Bearer {self._token}"}

    def secrets(self) -> Iterable[str]:
        """See `Login`."""
        return (self._secret, *tuple(self._known))

    def renewed(self, refused: Mapping[str, str]) -> bool:
        """See `Login`: forget the token that was refused, unless another thread has a newer one already."""
        with self._lock:
            if refused.get("authorization") == f"Bearer {self._token}":
                self._token = None
        return True

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def _fetched(self) -> str:
        try:
            reply = self._ask()
        except RefusedError as problem:
            status, said = problem.status, self._http.hide(problem.said).replace(self._secret, HIDDEN)
        else:
            return self._read(reply)
        # A wrong client is told by 400 or 401 (RFC 6749, 5.2): for whoever asked it is a login that is refused
        raise RefusedError(f"no token from {self._http.host}: {status}, {said or 'nothing is said why'}", 401, said)

    def _ask(self) -> Reply:
        known = {"client_id": self._id, "client_secret": self._secret}
        match self._style:
            case "json":
                return self._http.send("POST", self._path, {**self._asked, **known})
            case "form":
                return self._http.send("POST", self._path, form={**self._asked, **known})
            case "basic":
                login = Basic(self._id, self._secret).headers()
                return self._http.send("POST", self._path, form=self._asked, headers=login)

    def _read(self, reply: Reply) -> str:
        """The token of an answer, and when it is to be renewed. UnreadableError."""
        answer = reply.object()
        token = as_text(answer.get("access_token"), f"{reply.what}: `access_token`")
        kind = answer.get("token_type", "bearer")
        if not isinstance(kind, str) or kind.casefold() != "bearer":
            raise UnreadableError(f"{reply.what}: the token is of a type that is not known; Bearer was expected")
        try:
            require_printable(token, "the token")
        except ValueError:
            raise UnreadableError(f"{reply.what}: the token is none that a header takes") from None
        life = answer.get("expires_in")
        seconds = _DEFAULT_LIFE if life is None else as_number(life, f"{reply.what}: `expires_in`")
        length = max(0, min(seconds, _LONGEST_LIFE)) * SECOND
        self._renew_at = self._now() + length - min(_MARGIN, length // 10)
        self._known.append(token)
        return token
