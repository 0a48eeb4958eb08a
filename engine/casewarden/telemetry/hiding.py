"""Secrets are taken out of every text before it is written anywhere.

Two nets: the secrets that were registered with `hide`, in every form in which they travel (as they are, in a URL, in
Base64, escaped in JSON or in a Python literal), and whatever looks like one (an `Authorization` header, a password in a
URL, a JSON Web Token).
"""

import base64
import json
import re
import urllib.parse
from threading import Lock
from typing import Final

HIDDEN: Final = "[hidden]"

SHORTEST: Final = 4
"""A secret of fewer characters cannot be told from ordinary text."""

_LOOKS_SECRET: Final = (
    # key: value, key=value, "key": "value"; the value ends at a space, a quote or a separator
    re.compile(
        r"""(?ix)
        (?P<kept>
            (?:[\w-]{0,40}(?:authorization|password|passwd|secret|token|credential|api[_-]?key|access[_-]?key|cookie|
                signature)[\w-]{0,40})
            ["']? \s{0,3} [:=] \s{0,3} (?:b?["'])?
            (?:(?:basic|bearer|token|digest|negotiate|sha256) [\s=]{1,3})?+
        )
        (?!\[hidden) [^\s"',;&}\]<>]+
        """
    ),
    re.compile(r"(?i)(?P<kept>\b(?:bearer|basic)\s{1,3})[\w.~+/=-]{8,}"),
    re.compile(r"(?P<kept>://[^\s/:@]{0,200}:)[^\s/@]{1,400}(?=@)"),
    re.compile(r"(?P<kept>)\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*"),
)

_lock = Lock()
_hidden: tuple[str, ...] = ()
"""All forms of all registered secrets, the longest first: logging is the process's, and so are its secrets."""


def hide(secret: str) -> None:
    """Keep a secret out of everything that is logged or traced from now on, in every form in which it travels.

    ValueError where it is shorter than `SHORTEST`: it would be taken out of the middle of ordinary words.
    """
    global _hidden  # noqa: PLW0603  # swapped whole, so that readers need no lock
    stripped = secret.strip()
    if len(stripped) < SHORTEST:
        msg = f"a secret has at least {SHORTEST} characters; choose a longer one, this one cannot be kept out of logs"
        raise ValueError(msg)
    with _lock:
        forms = {*_hidden, *_forms(secret), *_forms(stripped)}
        _hidden = tuple(sorted(forms, key=lambda form: (-len(form), form)))


def forget_all() -> None:
    """Forget every registered secret: for a process that begins anew, such as a test."""
    global _hidden  # noqa: PLW0603
    with _lock:
        _hidden = ()


def scrub(text: str) -> str:
    """The text without registered secrets and without what looks like one."""
    text = without_registered(text)
    for pattern in _LOOKS_SECRET:
        text = pattern.sub(rf"\g<kept>{HIDDEN}", text)
    return text


def without_registered(text: str) -> str:
    """The text without registered secrets."""
    for form in _hidden:
        if form in text:
            text = text.replace(form, HIDDEN)
    return text


def _forms(secret: str) -> set[str]:
    raw = secret.encode("utf-8", "surrogatepass")
    forms = {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        repr(raw)[2:-1],
        repr(secret)[1:-1].replace("'", "\\'"),
        urllib.parse.quote(raw, safe=""),
        urllib.parse.quote(raw),
        urllib.parse.quote_plus(raw),
        raw.hex(),
    }
    for shift in range(3):
        forms |= _in_base64(raw, shift)
    return {form for form in forms if len(form) >= SHORTEST}


def _in_base64(raw: bytes, shift: int) -> set[str]:
    """What Base64 makes of bytes that begin at a multiple of three plus `shift`: the characters that are wholly theirs.

    `user:secret` in Base64 holds the secret at one of three shifts; the characters at the edges share their bits with
    the neighbours and are left out.
    """
    whole = base64.b64encode(bytes(shift) + raw).decode()
    own = whole[(0, 2, 3)[shift] : (shift + len(raw)) * 8 // 6]
    return {own, own.translate(str.maketrans("+/", "-_"))} if len(own) >= 6 else set()
