"""How a connector shows who it is. OAuth, whose tokens end, is in `casewarden.plugin.oauth`."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


class Login(Protocol):
    """Headers that go with each request, and to no other host than the connector's own."""

    def headers(self) -> Mapping[str, str]:
        """The headers now. HttpError where they have to be fetched and cannot be."""
        ...

    def secrets(self) -> Iterable[str]:
        """What must not be shown, of now and of before."""
        ...

    def renewed(self, refused: Mapping[str, str]) -> bool:
        """Told that these headers were refused (401): whether it has others now, so that asking again helps."""
        ...


@dataclass(frozen=True, slots=True)
class Anonymous:
    """No login: a page that everybody may read."""

    def headers(self) -> Mapping[str, str]:
        """See `Login`."""
        return {}

    def secrets(self) -> Iterable[str]:
        """See `Login`."""
        return ()

    def renewed(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002
        """See `Login`."""
        return False


@dataclass(frozen=True, slots=True)
class Token:
    """A token that stays: `Authorization: Bearer ...`, or another word before it (Request Tracker takes `token`)."""

    token: str = field(repr=False)
    scheme: str = "Bearer"

    def __post_init__(self) -> None:
        require_printable(self.token, "the token")

    def headers(self) -> Mapping[str, str]:
        """See `Login`."""
        return {"authorization": f"{self.scheme} {self.token}"}

    def secrets(self) -> Iterable[str]:
        """See `Login`."""
        return (self.token,)

    def renewed(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002
        """See `Login`."""
        return False


@dataclass(frozen=True, slots=True)
class Basic:
    """A name and a password, or a token in its place (Zendesk: `EMAIL/token` and the token; Jira: e-mail and token)."""

    user: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        if ":" in self.user:
            raise ValueError("the user's name has a colon in it, which this kind of login cannot say")  # RFC 7617, 2

    def headers(self) -> Mapping[str, str]:
        """See `Login`."""
        return {"authorization": f"Basic {self._pair()}"}

    def secrets(self) -> Iterable[str]:
        """See `Login`."""
        return (self.password, self._pair())

    def renewed(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002
        """See `Login`."""
        return False

    def _pair(self) -> str:
        return base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


def require_printable(secret: str, what: str) -> None:
    """ValueError where a secret cannot stand in a header; it is not repeated."""
    if not secret:
        raise ValueError(f"{what} is empty")
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        raise ValueError(f"{what} has a blank, a line break or another character that no header takes; copy it anew")
