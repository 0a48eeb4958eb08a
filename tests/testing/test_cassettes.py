"""What is recorded holds no secret, and plays back as it was."""

import base64
import json
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casewarden.plugin import Check
from casewarden.testing.cassette import Cassette, Exchange, body_of, load
from casewarden.testing.recorder import PlayedOutError, Player, Recorder
from casewarden.testing.scaffold.acme.fake import TOKEN, WEBHOOK_SECRET, FakeAcme
from casewarden.testing.scaffold.acme.plugin import Acme
from casewarden.testing.scrubbing import HIDDEN, Scrubber

SECRET = "s3cr3t/with+odd=signs"


def kept(headers: dict[str, str], body: bytes, target: str = "/", secrets: tuple[str, ...] = (SECRET,)) -> str:
    cassette = Cassette(Scrubber(secrets))
    cassette.add("POST", target, (headers, body), 200, (headers, body))
    return cassette.text()


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET, safe=""),
        json.dumps(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(f"lee@acme.org/token:{SECRET}".encode()).decode(),
        base64.urlsafe_b64encode(f"ab{SECRET}cd".encode()).decode(),
        SECRET.encode().hex(),
    ],
)
def test_a_known_secret_is_hidden_in_every_form(form: str) -> None:
    text = kept({"x-thing": f"it is {form}"}, f'{{"note": "{form}"}}'.encode(), f"/x?q={form}")
    assert SECRET not in text
    assert form not in text
    assert text.count(HIDDEN) >= 5


@pytest.mark.parametrize("lead", ["", "a", "ab", "abc"])
def test_base64_is_known_wherever_the_secret_lies_in_it(lead: str) -> None:
    text = kept({}, base64.b64encode(f"{lead}{SECRET}tail".encode()))
    body = json.loads(text)["exchanges"][0]["request"]["body"]
    left = "".join(part for part in body.split(HIDDEN))
    assert HIDDEN in body
    assert len(left) < 16


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Authorization": "Bearer abcdef"}, b""),
        ({"Set-Cookie": "session=abcdef; HttpOnly"}, b""),
        ({"X-Api-Key": "abcdef"}, b""),
        ({}, b'{"access_token": "abcdef", "kind": "x"}'),
        ({}, b"grant_type=password&password=abcdef&x=1"),
        ({}, b'{"client_secret":"abcdef"}'),
    ],
)
def test_what_looks_like_a_secret_is_hidden_though_nobody_named_it(headers: dict[str, str], body: bytes) -> None:
    assert "abcdef" not in kept(headers, body, secrets=())


def test_addresses_become_stand_ins_the_same_for_the_same() -> None:
    text = kept({}, b"from ann@corp.com to bob@corp.com, cc Ann@corp.com and x@y.example", secrets=())
    assert "corp.com" not in text
    said = json.loads(text)["exchanges"][0]["request"]["body"]
    ann, bob = "person-1@example.invalid", "person-2@example.invalid"
    assert said == f"from {ann} to {bob}, cc {ann} and x@y.example"


@given(st.binary(max_size=200))
def test_any_body_comes_back(body: bytes) -> None:
    cassette = Cassette(Scrubber((), keep_addresses=True))
    cassette.add("GET", "/", ({}, b""), 200, ({}, body))
    text = json.loads(cassette.text())["exchanges"][0]["answer"]["body"]
    if HIDDEN not in text and "@example.invalid" not in text:
        assert body_of(Exchange("", "", {}, "", 200, {}, text)) == body


def test_a_conversation_is_recorded_and_played_back(tmp_path: Path) -> None:
    with FakeAcme() as acme, Recorder(acme.url, [TOKEN, WEBHOOK_SECRET]) as recorder:
        acme.open_ticket("help")
        made = Acme(now=acme.now, retries=0)
        first = made.connect("desk", {"url": recorder.url, "token": TOKEN})
        page, ticket, check = first.changes(None), first.fetch("1"), first.check()
        first.close()
    recorder.cassette.save(tmp_path / "acme.json")
    assert TOKEN not in (tmp_path / "acme.json").read_text(encoding="utf-8")
    with Player(load(tmp_path / "acme.json"), [TOKEN]) as player:
        again = made.connect("desk", {"url": player.url, "token": TOKEN})
        for _ in range(2):
            assert (again.changes(None), again.fetch("1"), again.check()) == (page, ticket, check)
        again.close()


def checked(url: str) -> Check:
    """What a connector says of what answers there."""
    with closing(Acme(retries=0).connect("desk", {"url": url, "token": TOKEN})) as connector:
        return connector.check()


def test_what_was_not_recorded_is_told() -> None:
    with pytest.raises(PlayedOutError, match=r"no answer for: GET /me$"), Player(Cassette()) as player:
        checked(player.url)


def test_a_helpdesk_that_does_not_answer_is_a_502() -> None:
    with FakeAcme() as acme:
        gone = acme.url
    with Recorder(gone) as recorder:
        assert not checked(recorder.url).is_fit
    assert recorder.cassette.exchanges == []


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"casewarden_cassette": 9, "exchanges": []}'])
def test_what_is_no_cassette_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(ValueError, match=r"x\.json is (no cassette|a cassette of version 9)"):
        load(tmp_path / "x.json")
