"""What persons wrote is taken out of events, and only the right key for the right row brings it back."""

import hashlib
import json
import unicodedata
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from casewarden.model import Event
from casewarden.store.sealing import (
    PERSONAL_PATHS,
    Part,
    Parts,
    Sealer,
    SealError,
    Wrapping,
    identity,
    join,
    join_who,
    new_key,
    split,
    split_content,
    split_event,
)

PERSONAL = PERSONAL_PATHS | {"case.iban", "links.defect.reporter", "nickname"}
ROW = identity("desk", "m-1", "case:1")
NAME_KEY = bytes(range(32))
KEY = bytes(range(100, 132))

WORDS = """
    text subject facts content actions kind path value create id rules to who a@b case.core case.iban contact.name
    reporter nickname defect
"""
NAMES = st.sampled_from(WORDS.split()) | st.text(max_size=3)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | NAMES | st.sampled_from(sorted(PERSONAL))
)
JSON: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=25
)
DATA = st.dictionaries(NAMES, JSON, max_size=6)


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(Wrapping(bytes(range(200, 232))), NAME_KEY, "")


# -- splitting


@given(DATA)
def test_what_is_split_and_joined_is_what_it_was(data: dict[str, Any]) -> None:
    before = json.dumps(data)
    clear, parts = split(data, PERSONAL)
    assert json.dumps(join(clear, parts)) == before  # in the same order as well
    assert json.dumps(data) == before


@given(DATA)
def test_sealed_and_opened_it_is_still_what_it_was(data: dict[str, Any]) -> None:
    sealer = Sealer(Wrapping(KEY), NAME_KEY, "")
    clear, parts = split(data, PERSONAL)
    if parts is not None:
        parts = sealer.unseal(KEY, sealer.seal(KEY, parts, ROW), ROW)
    assert json.dumps(join(json.loads(json.dumps(clear)), parts)) == json.dumps(data)


@given(DATA)
def test_splitting_what_is_clear_finds_nothing(data: dict[str, Any]) -> None:
    clear, parts = split(data, PERSONAL)
    again, rest = split(clear, PERSONAL)
    assert rest is None
    assert json.dumps(again) == json.dumps(clear)
    assert (parts is None) == (json.dumps(clear) == json.dumps(data))


CHANGE = {"change": "started", "plan": "gold"}
DEFECT = {"kind": "defect", "id": "D-1"}
REPLY = {"message": "hello", "via": "mail"}
DECIDED = {"revision": "r", "rules": {"text": "t1", "subject": "t2"}}
TAG = {"key": "a", "kind": "tag", "content": {"add": ["x"]}}


@pytest.mark.parametrize(
    ("data", "clear"),
    [
        ({"via": "mail", "text": "It is down", "language": "en"}, {"via": "mail", "language": "en"}),
        ({"text": None, "to": "support"}, {"to": "support"}),
        ({"to": "boss@acme.example", "public": True}, {"public": True}),
        ({"facts": {"contact.email": "a@b.example", "case.core": True}}, {"facts": {"case.core": True}}),
        ({"facts": {"case.subject": "Anna cannot log in"}, "via": "web"}, {"facts": {}, "via": "web"}),
        ({**CHANGE, "facts": {"case.iban": "CH93"}}, {**CHANGE, "facts": {}}),
        ({**DEFECT, "facts": {"reporter": "Anna", "state": "open"}}, {**DEFECT, "facts": {"state": "open"}}),
        (
            {"kind": "change", "id": "C-1", "facts": {"reporter": "Anna", "nickname": "Ann"}},
            {"kind": "change", "id": "C-1", "facts": {"reporter": "Anna"}},
        ),
        (
            {"key": "k", "action": "reply", "content": {**REPLY, "text": "Dear Anna", "subject": "Re: x"}},
            {"key": "k", "action": "reply", "content": REPLY},
        ),
        ({**DECIDED, "facts": {"contact.phone": "+41", "case.tier": 1}}, {**DECIDED, "facts": {"case.tier": 1}}),
        (
            {"actions": [TAG, {"key": "b", "content": {"text": "Dear Anna"}}, 7]},
            {"actions": [TAG, {"key": "b", "content": {}}, 7]},
        ),
    ],
)
def test_of_each_kind_of_event_goes_what_persons_wrote(data: dict[str, Any], clear: dict[str, Any]) -> None:
    found, parts = split(data, PERSONAL)
    assert found == clear
    assert parts is not None
    assert join(found, None) == clear


@pytest.mark.parametrize(
    ("content", "clear"),
    [
        ({"path": "contact.email", "value": "a@b.example"}, {"path": "contact.email"}),
        ({"path": "case.core", "value": True}, {"path": "case.core", "value": True}),
        ({"path": ["contact.email"], "value": "x"}, {"path": ["contact.email"], "value": "x"}),
        (
            {"kind": "defect", "create": {"reporter": "Anna", "title": "x"}},
            {"kind": "defect", "create": {"title": "x"}},
        ),
        ({"message": "m", "text": "Dear Anna", "who": "manager"}, {"message": "m", "who": "manager"}),
        ({"message": "m", "text": "Dear Anna", "who": "boss@us.example"}, {"message": "m", "who": "boss@us.example"}),
    ],
)
def test_of_an_action_go_its_text_and_personal_values(content: dict[str, Any], clear: dict[str, Any]) -> None:
    found, parts = split_content(content, PERSONAL)
    assert found == clear
    assert join(found, parts) == content
    data, _ = split({"content": content}, PERSONAL)
    assert data == {"content": clear}


@given(st.lists(st.sampled_from(["manager", "anna@acme.example", "@", "u-17", "Bob <b@x.example>"]), max_size=5))
def test_roles_stay_and_addresses_go(who: list[str]) -> None:
    event = Event("case:1", "message", 1, 1, "customer", "desk", "m", who=tuple(who), data={"public": True})
    clear, data, parts = split_event(event, PERSONAL)
    assert clear == tuple(name for name in who if "@" not in name)
    assert (parts is None) == (len(clear) == len(who))
    assert join_who(clear, parts) == tuple(who)
    assert data == {"public": True}


# -- sealing


def test_the_form_is_the_documented_one(sealer: Sealer) -> None:
    sealed = sealer.seal(KEY, Parts((Part(("facts",), 2, "contact.name", "Anna"),), ((0, "a@b.example"),)), ROW)
    assert sealed[:1] == b"\x01"
    plain = AESGCM(KEY).decrypt(sealed[1:13], sealed[13:], b'["desk","m-1","case:1"]')
    assert json.loads(plain) == [[[["facts"], 2, "contact.name", "Anna"]], [[0, "a@b.example"]]]


def test_nothing_sealed_twice_looks_the_same(sealer: Sealer) -> None:
    parts = Parts((Part((), 0, "text", "It is down again"),))
    sealed = {sealer.seal(KEY, parts, ROW) for _ in range(100)}
    assert len(sealed) == 100
    assert not any(b"down" in one for one in sealed)


def test_what_is_sealed_opens_in_its_own_row_under_its_own_key_only(sealer: Sealer) -> None:
    sealed = sealer.seal(KEY, Parts((Part((), 0, "text", "It is down"),)), ROW)
    for row in (identity("desk", "m-2", "case:1"), identity("desk", "m-1", "case:2"), identity("desk,m-1", "case:1")):
        with pytest.raises(SealError, match="belongs to another row"):
            sealer.unseal(KEY, sealed, row)
    with pytest.raises(SealError):
        sealer.unseal(new_key(), sealed, ROW)


def test_what_is_sealed_and_changed_anywhere_does_not_open(sealer: Sealer) -> None:
    sealed = sealer.seal(KEY, Parts((Part((), 0, "text", "It is down"),)), ROW)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SealError):
            sealer.unseal(KEY, bytes(changed), ROW)
        with pytest.raises(SealError):
            sealer.unseal(KEY, sealed[:place], ROW)


@given(st.lists(st.text(max_size=3), max_size=3), st.lists(st.text(max_size=3), max_size=3))
def test_no_two_rows_have_one_identity(one: list[str], other: list[str]) -> None:
    assert (identity(*one) == identity(*other)) == (one == other)


# -- wrapping and names


def test_a_key_is_unwrapped_under_its_own_for_its_own(sealer: Sealer) -> None:
    wrapped = sealer.wrapping.wrap(KEY, b"anna")
    assert sealer.wrapping.unwrap(wrapped, b"anna") == KEY
    assert KEY not in wrapped
    for wrapping, name in ((Wrapping(new_key()), b"anna"), (sealer.wrapping, b"bob")):
        with pytest.raises(SealError, match="not the one that this store was sealed with") as told:
            wrapping.unwrap(wrapped, name)
        assert "rotate-key" in str(told.value.fix)


@pytest.mark.parametrize("key", [b"", bytes(16), bytes(31), bytes(33)])
def test_a_key_of_another_length_is_refused(key: bytes) -> None:
    with pytest.raises(SealError, match="not 32 bytes"):
        Wrapping(key)


def test_a_name_is_known_by_hmac_sha256(sealer: Sealer) -> None:
    def by_hand(message: bytes) -> str:  # RFC 2104, with a block of 64 bytes
        inner = hashlib.sha256(bytes(x ^ 0x36 for x in NAME_KEY.ljust(64, b"\0")) + message).digest()
        return hashlib.sha256(bytes(x ^ 0x5C for x in NAME_KEY.ljust(64, b"\0")) + inner).hexdigest()

    assert sealer.name_hash(" Anna@Acme.Example\n") == by_hand(b"anna@acme.example")
    assert sealer.name_hash(unicodedata.normalize("NFD", "Zoë")) == by_hand("zoë".encode())


@pytest.mark.parametrize(
    "other", ["anna@acme.example.evil", "ann\u0430@acme.example", "anna@acme.example\0", "", "\ud800"]
)
def test_names_that_only_look_alike_are_others(sealer: Sealer, other: str) -> None:
    assert sealer.name_hash(other) != sealer.name_hash("anna@acme.example")
