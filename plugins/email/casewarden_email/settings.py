"""What the email connector is told, checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from casewarden_email.schema import ADDRESS, SCHEMA, TLS

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
Tls = Literal["tls", "starttls", "none"]


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server is, and the account there."""

    host: str
    port: int
    tls: Tls = "tls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Folders:
    """Names of folders as IMAP has them."""

    inbox: str = "INBOX"
    sent: str = "Sent"
    notes: str = "Casewarden"


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The settings of one instance; addresses in lower case."""

    address: str
    secret: bytes = field(repr=False)
    imap: Server
    smtp: Server
    name: str = ""
    aliases: frozenset[str] = frozenset()
    folders: Folders = field(default_factory=Folders)
    cases: bool = True
    agents: frozenset[str] = frozenset()
    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    authserv: str | None = None
    plus: bool = True
    subject_token: bool = True
    most_bytes: int = 10_000_000
    most_a_day: int = 20
    most_to_one: int = 100
    lag: int = 5

    @property
    def domain(self) -> str:
        """The domain that our message ids are of."""
        return self.address.rpartition("@")[2]

    def is_own(self, address: str) -> bool:
        """Whether mail to this address comes back to us."""
        local, _, domain = address.casefold().rpartition("@")
        return f"{local.partition('+')[0]}@{domain}" in {self.address, *self.aliases} or address in self.aliases

    def is_agent(self, address: str) -> bool:
        """Whether this is the address of an agent, or of one of our people whom rules notify; ours is the team's."""
        known = self.agents.union(*self.people.values())
        return address in known or f"@{address.rpartition('@')[2]}" in known


def read_settings(said: Mapping[str, Any]) -> MailSettings:
    """The settings of one instance; ValueError says in plain words what is wrong with them."""
    known: Any = SCHEMA["properties"]
    for name in said:
        if name not in known:
            raise ValueError(f"there is no setting `{name}`; known are {', '.join(known)}")
    address = _address(said.get("address"), "address")
    secret = said.get("secret")
    if not isinstance(secret, str) or len(secret) < 16:
        raise ValueError("`secret` is a text of 16 characters or more; make one: openssl rand -hex 32")
    return MailSettings(
        address,
        secret.encode(),
        _server(said.get("imap"), "imap"),
        _server(said.get("smtp"), "smtp"),
        _line(said.get("name", ""), "name"),
        frozenset(_address(one, "aliases") for one in _list(said, "aliases")),
        _folders(said.get("folders", {})),
        _yes(said, "cases"),
        frozenset(_agent(one) for one in _list(said, "agents")),
        _people(said.get("people", {})),
        None if said.get("authserv") is None else _line(said["authserv"], "authserv").casefold(),
        _yes(said, "plus"),
        _yes(said, "subject_token"),
        _count(said, "most_bytes", 10_000, 10_000_000),
        _count(said, "most_a_day", 1, 20),
        _count(said, "most_to_one", 1, 100),
        _count(said, "lag", 0, 5),
    )


def _server(said: Any, name: str) -> Server:
    if not isinstance(said, Mapping):
        raise ValueError(f"`{name}` is missing: an object with host, port, user and password")  # noqa: TRY004
    for key in said:
        if key not in ("host", "port", "tls", "user", "password"):
            raise ValueError(f"there is no setting `{name}.{key}`; known are host, port, tls, user, password")
    host, port, tls = _line(said.get("host"), f"{name}.host"), said.get("port"), said.get("tls", "tls")
    if not host:
        raise ValueError(f"`{name}.host` is missing")
    if not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65536:
        raise ValueError(f"`{name}.port` is a number from 1 to 65535")
    if tls not in TLS:
        raise ValueError(f"`{name}.tls` is one of {', '.join(TLS)}")
    if tls == "none" and host not in LOOPBACK:
        raise ValueError(f"`{name}.tls` is none, and {host} is another machine; take tls or starttls")
    user, password = said.get("user"), said.get("password")
    if (user is None) != (password is None) or (name == "imap" and user is None):
        raise ValueError(f"`{name}` needs both `user` and `password`")
    return Server(
        host,
        port,
        tls,
        None if user is None else _line(user, f"{name}.user"),
        None if password is None else _line(password, f"{name}.password"),
    )


def _folders(said: Any) -> Folders:
    if not isinstance(said, Mapping) or not set(said) <= {"inbox", "sent", "notes"}:
        raise ValueError("`folders` has inbox, sent and notes, each the name of a folder")
    folders = Folders(**{name: _line(value, f"folders.{name}") for name, value in said.items()})
    if len({folders.inbox, folders.sent, folders.notes}) < 3:
        raise ValueError("`folders` names one folder twice; what we write must be apart from what comes in")
    return folders


def _people(said: Any) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(said, Mapping):
        raise ValueError("`people` is an object of roles and lists of addresses")  # noqa: TRY004
    return {
        str(role): tuple(_address(one, f"people.{role}") for one in _items(found, f"people.{role}"))
        for role, found in said.items()
    }


def _agent(said: Any) -> str:
    return said.casefold() if isinstance(said, str) and said.startswith("@") else _address(said, "agents")


def _address(said: Any, name: str) -> str:
    if not isinstance(said, str) or not re.fullmatch(ADDRESS, said):
        raise ValueError(f"`{name}` is a mail address such as support@example.com")
    return said.casefold()


def _line(said: Any, name: str) -> str:
    if not isinstance(said, str) or re.search(r"[\r\n\0]", said):
        raise ValueError(f"`{name}` is a text on one line")
    return said


def _yes(said: Mapping[str, Any], name: str) -> bool:
    value = said.get(name, True)
    if not isinstance(value, bool):
        raise ValueError(f"`{name}` is true or false")  # noqa: TRY004
    return value


def _count(said: Mapping[str, Any], name: str, least: int, usual: int) -> int:
    value = said.get(name, usual)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"`{name}` is a number, {least} or more")
    return value


def _list(said: Mapping[str, Any], name: str) -> list[Any]:
    return _items(said.get(name, []), name)


def _items(said: Any, name: str) -> list[Any]:
    if not isinstance(said, list | tuple):
        raise ValueError(f"`{name}` is a list")  # noqa: TRY004
    return list(said)
