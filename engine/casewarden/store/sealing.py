"""Sealing what persons wrote: split off an event, encrypted under the contact's key, joined to it again.

Each contact has a random data key of 32 bytes. It seals with AES-256-GCM under a fresh nonce, bound to the identity of
the row that the parts belong to, so that what is sealed for one row opens in no other. Data keys stand in the store
wrapped with the sidecar's own key, which never does.
"""

import hmac
import json
import os
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from casewarden.model.compact import compact
from casewarden.model.event import Event, Json

KEY_BYTES: Final = 32
PERSONAL_PATHS: Final = frozenset({"contact.id", "contact.email", "contact.name", "contact.phone", "case.subject"})
"""The facts that are personal whatever the configuration says."""

_TEXTS: Final = frozenset({"text", "subject"})
_FORM: Final = b"\x01"
_NONCE_BYTES: Final = 12
_SEALED: Final = "sealed"
_encode: Final = compact()


class SealError(Exception):
    """Something cannot be sealed or opened; `fix` says what would be right. No key and no text is in either."""

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.fix = fix


class Part(NamedTuple):
    """One value that was taken out: the way to its object, at which place it stood in it, and under which name."""

    path: tuple[str | int, ...]
    place: int
    name: str
    value: Json


@dataclass(frozen=True, slots=True)
class Parts:
    """What was taken out of one event: of its data, and of its `who` the addresses with their places."""

    data: tuple[Part, ...] = ()
    who: tuple[tuple[int, str], ...] = ()


# -- what is personal


def split_event(event: Event, personal: frozenset[str]) -> tuple[tuple[str, ...], dict[str, Json], Parts | None]:
    """Return an event's `who` and data without what is personal in them, and that; None where nothing is.

    Of `who` roles and names stay, as rules look at them; an entry with an `@` in it is an address.
    """
    data, parts = split(event.data, personal)
    if not any("@" in name for name in event.who):
        return event.who, data, parts
    addresses = tuple((place, name) for place, name in enumerate(event.who) if "@" in name)
    who = tuple(name for name in event.who if "@" not in name)
    return who, data, Parts(() if parts is None else parts.data, addresses)


def split(data: Mapping[str, Json], personal: frozenset[str]) -> tuple[dict[str, Json], Parts | None]:
    """Return an event's data without what is personal in it, and that; None where nothing is.

    Personal are the `text` and `subject` of messages, of actions and of what became of them, and `to` where it is an
    address; the facts whose path is in `personal`, and the values of actions that set such a fact. A field of a linked
    ticket is named `links.KIND.FIELD` there, or by its name alone for every kind. `who` of an action stands in the
    ruleset anyway.
    """
    found: list[Part] = []
    to = data.get("to")
    names = _TEXTS | {"to"} if isinstance(to, str) and "@" in to else _TEXTS
    clear = _without(data, names, (), found)
    facts, content, actions = data.get("facts"), data.get("content"), data.get("actions")
    if isinstance(facts, dict):
        clear["facts"] = _without(facts, _fields(facts, data.get("kind"), personal), ("facts",), found)
    if isinstance(content, dict):
        clear["content"] = _content(content, personal, ("content",), found)
    if isinstance(actions, list):
        clear["actions"] = [_action(one, personal, ("actions", n), found) for n, one in enumerate(actions)]
    return clear, Parts(tuple(found)) if found else None


def split_content(content: Mapping[str, Json], personal: frozenset[str]) -> tuple[dict[str, Json], Parts | None]:
    """Return an action's content without what is personal in it, and that; None where nothing is."""
    found: list[Part] = []
    clear = _content(content, personal, (), found)
    return clear, Parts(tuple(found)) if found else None


def join(clear: Mapping[str, Json], parts: Parts | None) -> dict[str, Json]:
    """Return data with its parts where they were; without parts, as after an erasure, what is there."""
    data: Any = dict(clear)
    for path, group in groupby(parts.data if parts is not None else (), key=attrgetter("path")):
        if not path:
            data = _restored(data, group)
            continue
        holder = data
        for step in path[:-1]:
            inner = holder[step].copy()
            holder[step] = inner
            holder = inner
        holder[path[-1]] = _restored(holder[path[-1]], group)
    return data  # type: ignore[no-any-return]  # a mapping of Json, rebuilt from one


def join_who(clear: Iterable[str], parts: Parts | None) -> tuple[str, ...]:
    """Return `who` with its addresses where they were."""
    who = list(clear)
    for place, name in parts.who if parts is not None else ():
        who.insert(place, name)
    return tuple(who)


def _without(
    values: Mapping[str, Json], names: Collection[str], path: tuple[str | int, ...], found: list[Part]
) -> dict[str, Json]:
    clear = dict(values)
    if any(name in clear for name in names):
        for place, (name, value) in enumerate(values.items()):
            if name in names:
                found.append(Part(path, place, name, value))
                del clear[name]
    return clear


def _fields(values: Mapping[str, Json], kind: Json, personal: frozenset[str]) -> frozenset[str]:
    if not isinstance(kind, str):
        return personal.intersection(values)
    return frozenset(name for name in values if name in personal or f"links.{kind}.{name}" in personal)


def _content(
    content: Mapping[str, Json], personal: frozenset[str], path: tuple[str | int, ...], found: list[Part]
) -> dict[str, Json]:
    said = content.get("path")
    names = _TEXTS | {"value"} if isinstance(said, str) and said in personal else _TEXTS
    clear = _without(content, names, path, found)
    create = content.get("create")
    if isinstance(create, dict):
        clear["create"] = _without(create, _fields(create, content.get("kind"), personal), (*path, "create"), found)
    return clear


def _action(action: Json, personal: frozenset[str], path: tuple[str | int, ...], found: list[Part]) -> Json:
    content = action.get("content") if isinstance(action, dict) else None
    if not isinstance(action, dict) or not isinstance(content, dict):
        return action
    return {**action, "content": _content(content, personal, (*path, "content"), found)}


def _restored(holder: Mapping[str, Json], parts: Iterable[Part]) -> dict[str, Json]:
    entries = list(holder.items())
    for part in parts:
        entries.insert(part.place, (part.name, part.value))
    return dict(entries)


# -- keys and what they seal


def identity(*names: str) -> bytes:
    """Return what tells a row from all others, to which sealed parts are bound: source, key and subject of an event."""
    return _encode(names).encode("ascii")


class Wrapping:
    """Wraps keys under the sidecar's own key of 32 bytes, each bound to what it is the key of."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise SealError(f"the key for personal data is not {KEY_BYTES} bytes", "make one with `casewarden init`")
        self._cipher = AESGCM(_derived(master, b"wrapping"))

    def wrap(self, key: bytes, bound_to: bytes) -> bytes:
        """Return a key encrypted."""
        return _encrypted(self._cipher, key, bound_to)

    def unwrap(self, wrapped: bytes, bound_to: bytes) -> bytes:
        """Return the key; SealError where it was wrapped under another one, or for something else."""
        try:
            return _decrypted(self._cipher, wrapped, bound_to)
        except InvalidTag:
            raise SealError(
                "the key for personal data is not the one that this store was sealed with",
                "configure the key that it had; `casewarden personal rotate-key` changes it",
            ) from None


class Sealer:
    """Seals and opens parts under contacts' keys, and tells under which hash a contact's name is known.

    `casewarden.store.contacts.open_sealer` makes it; `stated` is the wrapped key of names as the store states it. No
    contact's key is remembered: to unwrap one takes a microsecond, and one that was destroyed is nowhere any more.
    """

    def __init__(self, wrapping: Wrapping, name_key: bytes, stated: str) -> None:
        self.wrapping = wrapping
        self.stated = stated
        self._name_key = name_key

    def seal(self, contact_key: bytes, parts: Parts, bound_to: bytes) -> bytes:
        """Return the parts encrypted under a contact's key, bound to an `identity`."""
        return _encrypted(AESGCM(contact_key), _encode([parts.data, parts.who]).encode("ascii"), bound_to)

    def unseal(self, contact_key: bytes, sealed: bytes, bound_to: bytes) -> Parts:
        """Return the parts; SealError where they are not what was sealed for this row under this key."""
        data, who = json.loads(self._open(contact_key, sealed, bound_to))
        return Parts(
            tuple(Part(tuple(path), place, name, value) for path, place, name, value in data),
            tuple((place, name) for place, name in who),
        )

    def seal_json(self, contact_key: bytes, value: Json, bound_to: bytes) -> str:
        """Return a value encrypted like parts, as JSON text that says so: what a column of text can hold."""
        sealed = _encrypted(AESGCM(contact_key), _encode(value).encode("ascii"), bound_to)
        return _encode({_SEALED: b64encode(sealed).decode("ascii")})

    def unseal_json(self, contact_key: bytes, stated: Json, bound_to: bytes) -> Json:
        """Return a value that `seal_json` sealed, as read; one that was never sealed is as it is."""
        if not isinstance(stated, dict) or stated.keys() != {_SEALED}:
            return stated
        opened: Json = json.loads(self._open(contact_key, b64decode(str(stated[_SEALED])), bound_to))
        return opened

    def key_for(self, purpose: bytes) -> bytes:
        """Return a key of the store for other keyed hashes, the same for ever: of what nobody may find by trying."""
        return _derived(self._name_key, purpose)

    def _open(self, contact_key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
        try:
            return _decrypted(AESGCM(contact_key), sealed, bound_to)
        except InvalidTag:
            raise SealError(
                "what is sealed was changed, or belongs to another row", "restore the store from a backup"
            ) from None

    def name_hash(self, name: str) -> str:
        """Return the keyed hash under which a contact is known, the same for capital and small letters."""
        plain = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.strip()).casefold())
        return hmac.digest(self._name_key, plain.encode("utf-8", "surrogatepass"), "sha256").hex()


def new_key() -> bytes:
    """Return a random key for a contact."""
    return os.urandom(KEY_BYTES)


def _derived(key: bytes, purpose: bytes) -> bytes:
    """A key of its own for one purpose, from which the other cannot be told."""
    info = b"casewarden/" + purpose
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key)


def _encrypted(cipher: AESGCM, plain: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return _FORM + nonce + cipher.encrypt(nonce, plain, bound_to)


def _decrypted(cipher: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    begin = len(_FORM)
    if sealed[:begin] != _FORM:
        raise SealError("what is sealed is in a form that this version does not know", "use the version that sealed it")
    end = begin + _NONCE_BYTES
    if len(sealed) < end:
        raise InvalidTag
    return cipher.decrypt(sealed[begin:end], sealed[end:], bound_to)
