"""Client credentials: one token for all threads, renewed in time, and again where it is refused."""

import base64
import json
import threading
import traceback
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import httpx
import pytest

from casewarden.model.instants import parse_instant
from casewarden.plugin import Retry
from casewarden.plugin.http import Bounds, Http, HttpError, RefusedError, UnreadableError, as_answer
from casewarden.plugin.oauth import ClientCredentials, Style

NOW = parse_instant("2026-03-02T12:00:00Z")
CLIENT, SECRET = "warden", "cl13nt-s3cret"
SECOND = 1_000_000


@dataclass
class Desk:
    """A helpdesk that gives tokens and takes them."""

    now: int = NOW
    life: object = 7200
    refuse: httpx.Response | None = None
    token_type: object = "bearer"
    valid: set[str] = field(default_factory=set)
    given: list[httpx.Request] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    slow: threading.Barrier | None = None

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/tokens":
            self.given.append(request)
            if self.refuse is not None:
                return self.refuse
            token = f"token-{len(self.given)}-abcdef"
            self.valid = {token}
            answer = {"access_token": token, "token_type": self.token_type, "expires_in": self.life}
            return httpx.Response(200, json={key: value for key, value in answer.items() if value is not None})
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        self.seen[shown] += 1
        return httpx.Response(200, json={}) if shown in self.valid else httpx.Response(401, text=f"bad token {shown}")

    def http(self, style: Style = "json", scope: str | None = "read write") -> Http:
        transport = httpx.MockTransport(self.answer)
        bounds = Bounds(retries=0)
        plain = Http("https://desk.example.com", transport=transport, bounds=bounds, now=lambda: self.now)
        login = ClientCredentials(
            plain, "/oauth/tokens", CLIENT, SECRET, scope=scope, style=style, now=lambda: self.now
        )
        return Http("https://desk.example.com", login=login, transport=transport, bounds=bounds, now=lambda: self.now)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_token_is_used_until_shortly_before_its_end(desk: Desk) -> None:
    client = desk.http()
    for _ in range(3):
        client.get("/a")
    desk.now += 7139 * SECOND
    client.get("/a")
    assert len(desk.given) == 1
    desk.now += SECOND
    client.get("/a")
    assert len(desk.given) == 2
    assert desk.seen == {"token-1-abcdef": 4, "token-2-abcdef": 1}


@pytest.mark.parametrize(("life", "good"), [(100, 90), (None, 270), (0, 0), (-5, 0)])
def test_short_lives_are_used_for_nine_tenths(desk: Desk, life: int | None, good: int) -> None:
    desk.life = life
    client = desk.http()
    client.get("/a")
    desk.now += max(0, good * SECOND - 1)
    client.get("/a")
    assert len(desk.given) == (1 if good else 2)
    desk.now += 1
    client.get("/a")
    assert len(desk.given) == (2 if good else 3)


def test_a_token_that_is_refused_is_renewed_once_also_for_a_write(desk: Desk) -> None:
    client = desk.http()
    client.get("/a")
    desk.valid = set()
    assert client.send("POST", "/a", {"b": 1}).status == 200
    assert len(desk.given) == 2


def test_a_login_that_stays_refused_is_an_error_without_secrets(desk: Desk) -> None:
    desk.refuse = httpx.Response(401, json={"error": "invalid_client", "error_description": f"no {CLIENT} {SECRET}"})
    with pytest.raises(RefusedError, match=r"no token from desk\.example\.com: 401, no warden") as caught:
        desk.http().send("POST", "/a", {})
    assert isinstance(as_answer(caught.value), Retry)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert desk.seen == {}


def test_a_token_is_not_repeated_by_an_error(desk: Desk) -> None:
    client = desk.http()
    client.get("/a")
    desk.refuse = httpx.Response(500)
    desk.valid = set()
    with pytest.raises(HttpError) as caught:
        client.get("/a")
    assert "token-1" not in str(caught.value)


def test_no_token_in_the_answer_is_told(desk: Desk) -> None:
    desk.token_type = "mac"
    with pytest.raises(UnreadableError, match="of a type that is not known"):
        desk.http().get("/a")
    desk.refuse = httpx.Response(200, json={"token": "x"})
    with pytest.raises(UnreadableError, match="`access_token` is null, and a text was expected"):
        desk.http().get("/a")
    desk.refuse = httpx.Response(200, json={"access_token": "a\nb"})
    with pytest.raises(UnreadableError, match="none that a header takes"):
        desk.http().get("/a")


def test_the_client_shows_itself_in_each_style(desk: Desk) -> None:
    for style in ("json", "form", "basic"):
        desk.http(style).get("/a")
    first, second, third = desk.given
    whole = {"grant_type": "client_credentials", "scope": "read write", "client_id": CLIENT, "client_secret": SECRET}
    assert json.loads(first.content) == whole
    assert parse_qs(second.content.decode()) == {key: [value] for key, value in whole.items()}
    assert parse_qs(third.content.decode()) == {"grant_type": ["client_credentials"], "scope": ["read write"]}
    assert base64.b64decode(third.headers["authorization"].removeprefix("Basic ")) == f"{CLIENT}:{SECRET}".encode()


def test_many_threads_have_one_renewal(desk: Desk) -> None:
    client = desk.http()
    client.get("/a")
    desk.valid = set()
    begin = threading.Barrier(8)
    failed: list[BaseException] = []

    def ask() -> None:
        begin.wait()
        try:
            client.get("/a")
        except HttpError as problem:
            failed.append(problem)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(desk.given) == 2
