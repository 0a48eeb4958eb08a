"""The door for the command line: from this machine alone, with the token that the sidecar wrote for its owner."""

import hmac
import ipaddress
import re
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request

from casewarden.scenario.history import parse
from casewarden.scenario.wire import EventError
from casewarden.web.problems import Problem

MAX_WHO: Final = 200
MIN_TOKEN: Final = 16

_COMMAND: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_PROXIED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class Order:
    """A command with its arguments, and the person who gives it."""

    command: str
    arguments: dict[str, Any]
    who: str


def admit(request: Request, token: str) -> None:
    """Let a request in, before its body is read.

    Problem: 403 from another machine or through a proxy, 401 without the token.
    """
    if request.client is None or not _is_loopback(request.client.host):
        raise Problem(403, "commands are taken from this machine only", "run the command where the sidecar runs")
    if any(name in request.headers for name in _PROXIED):
        raise Problem(403, "commands are not taken through a proxy", "leave /control out of what the proxy passes on")
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    is_right = hmac.compare_digest(given.strip().encode("latin-1"), token.encode("ascii"))
    if scheme.lower() != "bearer" or not is_right:
        raise Problem(401, "the token is not the sidecar's", headers={"WWW-Authenticate": "Bearer"})


def read_order(command: str, body: bytes) -> Order:
    """What is asked. Problem: 404 for what can be no command, 400 for another form of body."""
    if not _COMMAND.fullmatch(command):
        raise Problem(404, "there is no such command")
    try:
        said = parse(body.decode("utf-8"), strict=True)
    except UnicodeDecodeError:
        raise Problem(400, "the body is not UTF-8") from None
    except EventError as error:
        raise Problem(400, f"the body is not JSON: {error}", error.fix) from None
    if not isinstance(said, dict) or set(said) != {"arguments", "who"} or not isinstance(said["arguments"], dict):
        raise Problem(400, 'the body is {"arguments": {...}, "who": "..."}')
    who = said["who"]
    if not isinstance(who, str) or not 0 < len(who) <= MAX_WHO or not who.isprintable():
        raise Problem(400, f"`who` is a name of at most {MAX_WHO} letters")
    return Order(command, said["arguments"], who)


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:  # the name of a socket, not an address
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
