"""Addresses of a helpdesk: its base, and paths that do not lead out of it."""

import ipaddress
import re
from typing import Final
from urllib.parse import quote

import httpx

_UNFIT: Final = re.compile(r"[\x00-\x20\x7f\\]|[^\x00-\x7f]")
_DOTS: Final = frozenset({".", "..", "%2e", "%2e%2e", ".%2e", "%2e."})


def base_url(text: str) -> httpx.URL:
    """The base of a helpdesk's API; ValueError where it is no address, shows a login, or is plain text over a network.

    Plain HTTP is for the same machine only: everywhere else somebody may listen, and answer in the helpdesk's place.
    """
    try:
        url = httpx.URL(text.strip())
    except (httpx.InvalidURL, TypeError, ValueError):
        raise ValueError("the address cannot be read; write it like https://example.zendesk.com") from None
    if url.userinfo:
        raise ValueError("the address has a login in it; leave that out, and give it in its own settings")
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("the address is none of HTTP; write it like https://example.zendesk.com")
    if url.query or url.fragment:
        raise ValueError("the address goes on after its path; leave out what comes from `?` or `#` on")
    if url.scheme == "http" and not is_loopback(url.host):
        raise ValueError(f"the address of {url.host} is http, which anybody on the way can read; write https")
    return url.copy_with(path=url.path.rstrip("/") or "/")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def path_of(template: str, *ids: str | int) -> str:
    """A path with ids of the helpdesk in it: `path_of("/api/v2/tickets/{}.json", 5)`.

    ValueError for an id that is empty or only dots, which would lead to another place.
    """
    parts = [str(one) for one in ids]
    for part in parts:
        if part.strip() in ("", ".", ".."):
            raise ValueError(f"`{part[:20]}` is no id")
    return template.format(*(quote(part, safe="") for part in parts))


def resolve(base: httpx.URL, path: str) -> httpx.URL:
    """The address of a path below the base, or of a whole address at the same host (the link to a next page).

    ValueError for anything that leads elsewhere; the address is not repeated, since its query may be one's business.
    """
    if _UNFIT.search(path):
        raise ValueError("a path of the helpdesk has a character that no address takes; build it with `path_of`")
    if path.startswith(("https://", "http://")):
        url = httpx.URL(path)
        if not is_same_origin(base, url):
            raise ValueError(f"an address of the helpdesk leads to another host, {url.host}, and is not followed")
    elif path.startswith("/") and not path.startswith("//"):
        head, mark, query = path.partition("?")
        url = httpx.URL(str(base.copy_with(path="/")).rstrip("/") + base.path.rstrip("/") + head + mark + query)
    else:
        raise ValueError("a path of the helpdesk begins with one slash")
    if not _DOTS.isdisjoint(url.raw_path.partition(b"?")[0].decode("ascii").casefold().split("/")):
        raise ValueError("a path of the helpdesk leads upwards by dots")
    if not _DOTS.isdisjoint(path.partition("?")[0].casefold().split("/")):
        raise ValueError("a path of the helpdesk leads upwards by dots")
    return url


def is_same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether both are of one scheme, host and port, and the other shows no login of its own."""
    return _origin(one) == _origin(other) and not other.userinfo


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host.casefold(), url.port or {"https": 443, "http": 80}.get(url.scheme)
