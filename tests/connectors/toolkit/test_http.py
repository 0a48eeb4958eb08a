"""The HTTP client of connectors: bounded, honest about what it does not know, and silent about secrets."""

import gzip
import json
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from pyrate_limiter import AbstractClock

from casewarden.model.instants import parse_instant
from casewarden.plugin import Conflict, Rejected, Retry
from casewarden.plugin.http import (
    Basic,
    Bounds,
    Http,
    HttpError,
    LimitedError,
    Login,
    Pace,
    RefusedError,
    Token,
    TooLargeError,
    UnreachableError,
    UnreadableError,
    as_answer,
    as_array,
    as_id,
    path_of,
)

NOW = parse_instant("2026-03-02T12:00:00Z")
BASE = "https://desk.example.com"
SECRET = "s3cr3t/+==token"
QUICK = Bounds(retries=2, retry_wait=0.0)

Handler = Callable[[httpx.Request], httpx.Response]


def http(handler: Handler, login: Login | None = None, base: str = BASE, **more: Any) -> Http:
    more.setdefault("bounds", QUICK)
    more.setdefault("now", lambda: NOW)
    return Http(base, login=login or Token(SECRET), transport=httpx.MockTransport(handler), **more)


def says(*answers: httpx.Response | Exception) -> tuple[Handler, list[httpx.Request]]:
    """A server that gives these answers one after the other, the last of them for ever."""
    asked: list[httpx.Request] = []
    waiting = list(answers)

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return handler, asked


def test_a_request_has_its_login_its_query_and_a_reply() -> None:
    handler, asked = says(httpx.Response(200, json={"tickets": [{"id": 5}]}))
    reply = http(handler, base=f"{BASE}/api/v2").get("/tickets.json", {"page[size]": 100, "include": ["a", "b"]})
    assert str(asked[0].url) == f"{BASE}/api/v2/tickets.json?page%5Bsize%5D=100&include=a&include=b"
    assert asked[0].headers["authorization"] == f"Bearer {SECRET}"
    assert as_id(as_array(reply.object()["tickets"], "tickets")[0]["id"], "id") == "5"  # type: ignore[index, call-overload]
    assert reply.what == "GET /api/v2/tickets.json"


def test_a_body_is_sent_as_it_was_meant() -> None:
    handler, asked = says(httpx.Response(201, json={}))
    client = http(handler)
    client.send("post", "/a", {"text": "grüezi"})
    client.send("POST", "/a", form={"grant": "x y"})
    client.send("PUT", "/a", content=b"\x00\x01", headers={"content-type": "image/png"})
    client.send("DELETE", "/a")
    assert [request.method for request in asked] == ["POST", "POST", "PUT", "DELETE"]
    assert json.loads(asked[0].content) == {"text": "grüezi"}
    assert asked[1].content == b"grant=x+y"
    assert asked[2].headers["content-type"] == "image/png"
    assert asked[3].content == b""


def test_ids_stay_within_their_place() -> None:
    assert path_of("/issue/{}/comment/{}", "A/../B?x", 7) == "/issue/A%2F..%2FB%3Fx/comment/7"
    for wrong in ("", "..", ".", " "):
        with pytest.raises(ValueError, match="is no id"):
            path_of("/issue/{}", wrong)


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ("http://desk.example.com", "the address of desk.example.com is http, which anybody on the way can read"),
        ("https://joe:hunter2@desk.example.com", "the address has a login in it"),
        ("ftp://desk.example.com", "the address is none of HTTP"),
        ("desk.example.com", "the address is none of HTTP"),
        ("https://desk.example.com/?a=b", "the address goes on after its path"),
        ("https://desk.example.com:port", "the address cannot be read"),
        ("http://127.0.0.1.example.com", "is http, which anybody on the way can read"),
    ],
)
def test_an_address_is_held_to_https(base: str, said: str) -> None:
    with pytest.raises(ValueError, match="address") as caught:
        Http(base)
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("base", ["http://127.0.0.1:8095", "http://localhost:1", "http://[::1]:5", "https://a.example"])
def test_plain_text_is_for_the_same_machine(base: str) -> None:
    Http(base).close()


@pytest.mark.parametrize(
    "path",
    [
        "tickets",
        "//evil.example/x",
        "https://evil.example/api",
        "http://desk.example.com/api",
        "https://desk.example.com:444/api",
        "https://desk.example.com@evil.example/api",
        "https://joe:pw@desk.example.com/api",
        "/api/../admin",
        "/api/%2e%2e/admin",
        "/a b",
        "/a\r\nHost: evil.example",
        "/a\\b",
    ],
)
def test_a_path_leads_nowhere_else(path: str) -> None:
    handler, asked = says(httpx.Response(200, json={}))
    with pytest.raises(ValueError, match=r"helpdesk|address"):
        http(handler).get(path)
    assert asked == []


def test_a_link_to_the_next_page_is_followed_at_the_same_host() -> None:
    handler, asked = says(httpx.Response(200, json={}))
    http(handler, base=f"{BASE}/api").get(f"{BASE}/api/x?cursor=a%2Bb")
    assert str(asked[0].url) == f"{BASE}/api/x?cursor=a%2Bb"


def test_a_redirect_is_followed_at_the_same_host_only() -> None:
    handler, asked = says(httpx.Response(302, headers={"location": "/new?x=1"}), httpx.Response(200, json=[1]))
    assert http(handler).get("/old").array() == [1]
    assert [str(request.url) for request in asked] == [f"{BASE}/old", f"{BASE}/new?x=1"]


@pytest.mark.parametrize(
    "location",
    ["https://evil.example/x", "http://desk.example.com/x", "https://desk.example.com:8443/x", "//evil.example"],
)
def test_a_redirect_to_another_host_is_told_and_sees_no_login(location: str) -> None:
    handler, asked = says(httpx.Response(302, headers={"location": f"{location}?token=abcdefgh"}))
    with pytest.raises(RefusedError, match="which is not followed") as caught:
        http(handler).get("/old")
    assert len(asked) == 1
    assert "abcdefgh" not in str(caught.value)


def test_a_write_is_not_redirected() -> None:
    handler, asked = says(httpx.Response(307, headers={"location": "/new"}))
    with pytest.raises(RefusedError):
        http(handler).send("PUT", "/old", {})
    assert len(asked) == 1


def test_redirects_in_a_circle_end() -> None:
    handler, asked = says(httpx.Response(302, headers={"location": "/old"}))
    with pytest.raises(RefusedError, match="from one address to the next"):
        http(handler).get("/old")
    assert len(asked) == 4


def test_asking_is_tried_again_and_writing_is_not() -> None:
    handler, asked = says(httpx.ConnectError("refused"), httpx.Response(502), httpx.Response(200, json={}))
    http(handler).get("/a")
    assert len(asked) == 3
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        handler, asked = says(httpx.ReadTimeout("slow"))
        with pytest.raises(UnreachableError, match="it did not come in time") as caught:
            http(handler).send(method, "/a", {})
        assert len(asked) == 1
        assert as_answer(caught.value) == Retry(str(caught.value), reached=False)


def test_a_limit_is_not_run_into_again() -> None:
    handler, asked = says(httpx.Response(429, headers={"retry-after": "93"}, text="Number of allowed API requests"))
    client = http(handler)
    for _ in range(3):
        with pytest.raises(LimitedError) as caught:
            client.get("/a")
        assert caught.value.after == 93
        assert isinstance(as_answer(caught.value), Retry)
    assert len(asked) == 1
    with pytest.raises(LimitedError):
        client.send("POST", "/b", {})
    assert len(asked) == 1


def test_a_limit_ends() -> None:
    now = [NOW]
    handler, asked = says(httpx.Response(429, headers={"retry-after": "93"}), httpx.Response(200, json={}))
    client = http(handler, now=lambda: now[0])
    with pytest.raises(LimitedError):
        client.get("/a")
    now[0] += 93_000_000
    assert client.get("/a").status == 200
    assert len(asked) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"ratelimit-reason": "jira-per-issue-on-write", "retry-after": "2"},
        {
            "retry-after": "41",
            "x-rate-limit": "700",
            "x-rate-limit-remaining": "500",
            "zendesk-ratelimit-tickets-index": "total=100; remaining=0; resets=41",
        },
    ],
)
def test_a_limit_of_one_endpoint_stops_that_alone(headers: dict[str, str]) -> None:
    handler, asked = says(httpx.Response(429, headers=headers), httpx.Response(200, json={}))
    client = http(handler)
    with pytest.raises(LimitedError):
        client.get("/a")
    with pytest.raises(LimitedError, match="not asked"):
        client.get("/a")
    client.get("/b")
    assert len(asked) == 2


def test_a_429_without_a_time_says_so_and_one_with_a_used_up_quota_takes_its_reset() -> None:
    for headers, after in (
        ({}, None),
        ({"retry-after": "0"}, None),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "41"}, 41),
    ):
        handler, _ = says(httpx.Response(429, headers=headers))
        with pytest.raises(LimitedError) as caught:
            http(handler).get("/a")
        assert caught.value.after == after


def test_a_quota_that_is_used_up_is_waited_for_before_it_is_overdrawn() -> None:
    full = {"ratelimit-limit": "700", "ratelimit-remaining": "0", "ratelimit-reset": "41"}
    handler, asked = says(httpx.Response(200, headers=full, json={}))
    client = http(handler)
    client.get("/a")
    assert client.quotas[""].limit == 700
    with pytest.raises(LimitedError) as caught:
        client.get("/b")
    assert caught.value.after == 41
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        (httpx.Response(409, text="Conflict"), Conflict("PUT /a: 409, Conflict")),
        (httpx.Response(412), Conflict("PUT /a: 412")),
        (
            httpx.Response(401, json={"error": "Couldn't authenticate you"}),
            Retry("PUT /a: 401, Couldn't authenticate you", reached=True),
        ),
        (httpx.Response(403, json={"error": "Forbidden"}), Rejected("PUT /a: 403, Forbidden")),
        (
            httpx.Response(403, headers={"www-authenticate": 'Bearer error="insufficient_scope"'}),
            Retry("PUT /a: 403", reached=True),
        ),
        (
            httpx.Response(422, json={"error": "RecordInvalid", "description": "Record validation errors"}),
            Rejected("PUT /a: 422, Record validation errors; RecordInvalid"),
        ),
        (
            httpx.Response(400, json={"errorMessages": [], "errors": {"priority": "is required"}}),
            Rejected("PUT /a: 400, priority: is required"),
        ),
        (httpx.Response(404), Rejected("PUT /a: 404")),
        (httpx.Response(500, text="<h1>Oops</h1><script>alert(1)</script>"), Retry("PUT /a: 500, Oops", reached=False)),
        (httpx.Response(503, headers={"retry-after": "7"}), Retry("PUT /a: 503", 7.0, reached=False)),
        (httpx.Response(502), Retry("PUT /a: 502", reached=False)),
    ],
)
def test_each_refusal_has_its_answer(response: httpx.Response, answer: object) -> None:
    handler, _ = says(response)
    with pytest.raises(HttpError) as caught:
        http(handler).send("PUT", "/a", {})
    assert as_answer(caught.value) == answer


# What comes back


def test_an_answer_is_given_up_where_it_becomes_too_large() -> None:
    sent = []

    def pieces() -> Iterator[bytes]:
        for number in range(1_000):
            sent.append(number)
            yield b"x" * 1_000

    client = http(lambda _: httpx.Response(200, content=pieces()), bounds=Bounds(body=10_000))
    with pytest.raises(TooLargeError, match="more than 10,000 bytes; ask for less at once"):
        client.get("/a")
    assert len(sent) == 11


def test_a_small_answer_does_not_become_a_large_one() -> None:
    bomb = gzip.compress(b"x" * 50_000_000)
    assert len(bomb) < 100_000
    client = http(
        lambda _: httpx.Response(200, headers={"content-encoding": "gzip"}, content=iter([bomb])),
        bounds=Bounds(body=1_000_000),
    )
    with pytest.raises(TooLargeError):
        client.get("/a")


def test_a_packed_answer_is_unpacked_and_half_of_one_is_none() -> None:
    packed = gzip.compress(b'{"a": 1}')
    for content, problem in ((packed, None), (packed[:-9], "ends in the middle"), (b"plain", "is no gzip")):
        client = http(lambda _, c=content: httpx.Response(200, headers={"content-encoding": "gzip"}, content=iter([c])))  # type: ignore[misc]
        if problem is None:
            assert client.get("/a").object() == {"a": 1}
        else:
            with pytest.raises(UnreachableError, match=problem):
                client.get("/a")


def test_an_answer_that_drips_is_given_up() -> None:
    at = iter(range(0, 10_000, 50))
    client = http(
        lambda _: httpx.Response(200, content=iter([b"{", b" ", b" ", b" ", b"}"])), monotonic=lambda: float(next(at))
    )
    with pytest.raises(UnreachableError, match="did not come to its end in time"):
        client.get("/a")


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (b"<!DOCTYPE html><title>Sign in</title>", "text/html", "is a web page, and JSON was expected"),
        (b"", "application/json", "is empty, and JSON was expected"),
        (
            b'{"a": [1, 2',
            "application/json",
            "no JSON at line 1, column 12: Expecting ',' delimiter (it ends in the middle)",
        ),
        (b'{"a": NaN}', "application/json", "has a number that is none, or is too long"),
        (b"[" * 150 + b"]" * 150, "application/json", "is nested more than 100 deep"),
        (b"[" * 500_000, "application/json", "is nested more than 100 deep"),
        (b'{"a": ' + b"1" * 10_000 + b"}", "application/json", "has a number that is none, or is too long"),
        (b"[1]", "application/json", "GET /a: the answer is a list, and an object was expected"),
        (b"null", "application/json", "GET /a: the answer is null, and an object was expected"),
    ],
)
def test_what_is_not_what_was_asked_for_is_told(content: bytes, kind: str, said: str) -> None:
    handler, _ = says(httpx.Response(200, headers={"content-type": kind}, content=content))
    with pytest.raises(UnreadableError) as caught:
        http(handler).get("/a").object()
    assert said in str(caught.value)
    assert isinstance(as_answer(caught.value), Retry)


@pytest.mark.parametrize(
    ("content", "kind", "value"),
    [
        ('"grüezi"'.encode("latin-1"), "application/json; charset=ISO-8859-1", "grüezi"),
        ('"grüezi"'.encode("utf-16"), "application/json", "grüezi"),
        (b'\xef\xbb\xbf"a"', "application/json", "a"),
        (b'"a\xffb"', "application/json", "a\ufffdb"),
        (b'"a\xffb"', "application/json; charset=klingon", "a\ufffdb"),
        (b'"a\xffb"', "application/json; charset=base64", "a\ufffdb"),
        (b'"a\\ud800b\\u0000"', "application/json", "a\ufffdb\ufffd"),
        (b'"\\ud83d\\ude00"', "application/json", "\U0001f600"),
    ],
)
def test_text_in_any_charset_is_kept(content: bytes, kind: str, value: str) -> None:
    handler, _ = says(httpx.Response(200, headers={"content-type": kind}, content=content))
    assert http(handler).get("/a").json() == value


def test_the_clock_of_the_other_end_is_compared() -> None:
    handler, _ = says(httpx.Response(200, headers={"date": "Mon, 02 Mar 2026 12:02:00 GMT"}, json={}))
    client = http(handler)
    assert client.skew is None
    client.get("/a")
    assert client.skew == 120


def test_a_304_is_a_reply() -> None:
    handler, _ = says(httpx.Response(304))
    assert http(handler).get("/a", headers={"if-none-match": '"x"'}).status == 304


# Secrets

PAIR = Basic("agent@example.com/token", SECRET)


@pytest.mark.parametrize("login", [Token(SECRET), PAIR], ids=["token", "basic"])
@pytest.mark.parametrize("shown", ["text", "json", "exception", "path"])
def test_no_secret_stands_in_what_is_raised(login: Login, shown: str) -> None:
    words = [SECRET, httpx.QueryParams({"t": SECRET})["t"], str(httpx.QueryParams({"t": SECRET}))[2:], *login.secrets()]
    words += login.headers().values()
    text = " ".join(words) + " https://joe:hunter22@x.example/a?api_key=k1234567&b=c9876543 Bearer zzzzzzzzzzzz"
    match shown:
        case "text":
            handler, _ = says(httpx.Response(400, text=text))
        case "json":
            handler, _ = says(httpx.Response(400, json={"error": text}))
        case _:
            handler, _ = says(httpx.ConnectError(text))
    with pytest.raises(HttpError) as caught:
        http(handler, login).send("POST", path_of("/{}", SECRET) if shown == "path" else "/a", {})
    whole = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + str(vars(caught.value))
    for word in (*words, "hunter22", "k1234567", "c9876543", "zzzzzzzzzzzz"):
        assert word not in whole
    assert caught.value.__context__ is None
    assert SECRET not in repr(login)


def test_what_the_other_end_says_is_cleaned_and_cut() -> None:
    handler, _ = says(httpx.Response(400, text="a\x1b[31mb\u202ec\n\n<b>d</b>" + "e" * 5_000))
    with pytest.raises(RefusedError) as caught:
        http(handler).get("/a")
    assert caught.value.said.startswith("a [31mb c d eee")
    assert len(caught.value.said) <= 300


@pytest.mark.parametrize("secret", ["", "ab cd", "abc\n", "ab\u00e9", "a\x7f"])
def test_a_secret_that_no_header_takes_is_told_without_repeating_it(secret: str) -> None:
    with pytest.raises(ValueError, match="the token") as caught:
        Token(secret)
    assert not secret or secret not in str(caught.value)


def test_a_colon_in_a_users_name_is_told() -> None:
    with pytest.raises(ValueError, match="colon"):
        Basic("a:b", "c")


# Our own rate


class Hand(AbstractClock):
    """A clock that is set by hand, in milliseconds."""

    def __init__(self) -> None:
        self.at = 0
        self.slept: list[float] = []

    def now(self) -> int:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += round(seconds * 1000)


def test_our_own_rate_is_kept() -> None:
    hand = Hand()
    pace = Pace(10, 1.0, clock=hand, sleep=hand.sleep)
    for _ in range(30):
        pace.wait_turn()
    assert 1.9 <= sum(hand.slept) <= 2.2


def test_who_would_wait_too_long_is_told_when_to_come() -> None:
    hand = Hand()
    handler, asked = says(httpx.Response(200, json={}))
    exports = Pace(10, 60.0, burst=1, patience=1.0, clock=hand, sleep=hand.sleep)
    client = http(handler)
    client.get("/a", pace=exports)
    with pytest.raises(LimitedError, match="our own rate is used up") as caught:
        client.get("/a", pace=exports)
    assert caught.value.after == pytest.approx(6, abs=0.1)
    client.get("/b")
    assert len(asked) == 2


# A real server


class Serving(BaseHTTPRequestHandler):
    """Answers as its path says."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = gzip.compress(json.dumps({"path": self.path, "login": self.headers["authorization"]}).encode())
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body) + (10 if self.path == "/cut" else 0)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def served() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Serving)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_real_server_answers(served: str) -> None:
    client = Http(served, login=Token(SECRET), bounds=QUICK)
    assert client.get("/a b".replace(" ", "%20")).object() == {"path": "/a%20b", "login": f"Bearer {SECRET}"}
    with pytest.raises(UnreachableError, match=r"no answer from 127\.0\.0\.1: peer closed connection"):
        client.get("/cut")
    client.close()


def test_nobody_there_is_told() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    client = Http(f"http://127.0.0.1:{port}", bounds=QUICK)
    with pytest.raises(UnreachableError, match=r"no answer from 127\.0\.0\.1: .*refused"):
        client.get("/a")
    client.close()
