"""Commands: from this machine, with the token, and with an answer that a person can use."""

import asyncio
import json
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from casewarden.web.app import http_doors
from casewarden.web.client import AskError, NoSidecarError, ask
from casewarden.web.serve import Serving
from support.http_talk import PATIENCE, client
from support.memory_doors import SECRETS, TOKEN, MemoryDoors, served

BEARER = {"Authorization": f"Bearer {TOKEN}"}
ORDER: dict[str, Any] = {"arguments": {"case": "1042", "deep": [None, 1.5, {"ü": True}]}, "who": "Ada"}


def test_a_command_is_carried_out_for_a_person(http: httpx.Client) -> None:
    answer = http.post("/control/echo", json=ORDER, headers=BEARER)
    assert (answer.status_code, answer.json()) == (200, ORDER)


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer \xff"],
)
def test_nothing_is_done_without_the_token(http: httpx.Client, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
    answer = http.post("/control/echo", json=ORDER, headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert TOKEN not in answer.text


def test_the_token_is_read_before_the_command(http: httpx.Client) -> None:
    assert http.post("/control/none", json=ORDER).status_code == 401
    assert http.post("/control/NONE", content=b"{").status_code == 401


def test_a_command_that_fails_says_why_and_what_to_do(http: httpx.Client) -> None:
    answer = http.post("/control/none", json=ORDER, headers=BEARER)
    assert answer.status_code == 422
    assert answer.json() == {
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "there is no command `none`",
        "fix": "ask for `echo`",
    }


@pytest.mark.parametrize("command", ["Echo", "e c", "e%00", "1", "a" * 65])
def test_what_can_be_no_command_is_not_asked_for(http: httpx.Client, command: str) -> None:
    assert http.post(f"/control/{command}", json=ORDER, headers=BEARER).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"arguments": {}}',
        b'{"arguments": [], "who": "Ada"}',
        b'{"arguments": {}, "who": ""}',
        b'{"arguments": {}, "who": "Ada", "more": 1}',
        b'{"arguments": {}, "who": 1}',
        b'{"arguments": {}, "who": "\\u001b[2J"}',
        b'{"arguments": {}, "who": "a", "who": "b"}',
        b'{"arguments": {"a": NaN}, "who": "Ada"}',
        b'{"arguments": {}, "who": "' + b"a" * 201 + b'"}',
        b'{"arguments": {}, "who": "\xff"}',
        b"[" * 100_000,
    ],
)
def test_another_form_is_refused(http: httpx.Client, body: bytes) -> None:
    assert http.post("/control/echo", content=body, headers=BEARER).status_code == 400


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
def test_a_proxy_does_not_bring_commands(http: httpx.Client, header: str) -> None:
    answer = http.post("/control/echo", json=ORDER, headers=BEARER | {header: "127.0.0.1"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("peer", "status"),
    [
        ("127.0.0.1", 200),
        ("127.8.9.10", 200),
        ("::1", 200),
        ("::ffff:127.0.0.1", 200),
        ("192.168.0.7", 403),
        ("203.0.113.9", 403),
        ("::ffff:203.0.113.9", 403),
        ("fe80::1%eth0", 403),
        ("0.0.0.0", 403),
        ("localhost", 403),
    ],
)
def test_commands_come_from_this_machine_only(peer: str, status: int) -> None:
    assert answer_to(peer).status_code == status


def answer_to(peer: str) -> httpx.Response:
    """The answer of the application to a peer at this address, without a network in between."""
    transport = httpx.ASGITransport(http_doors(MemoryDoors(), SECRETS.get, TOKEN), client=(peer, 4000))

    async def post() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://casewarden") as one:
            return await one.post("/control/echo", json=ORDER, headers=BEARER)

    return asyncio.run(post())


@pytest.mark.parametrize("token", ["", "short", "ü" * 40])
def test_a_token_that_can_be_guessed_opens_no_doors(token: str) -> None:
    with pytest.raises(ValueError, match="at least 16 ASCII letters"):
        http_doors(MemoryDoors(), SECRETS.get, token)


def test_a_mistake_of_ours_shows_nothing_of_itself(caplog: pytest.LogCaptureFixture, logged: list[str]) -> None:
    logged.append("Exception in ASGI application")
    with served(MemoryDoors()) as serving, client(serving.url) as http:
        answer = http.post("/control/fail", json=ORDER, headers=BEARER)
    assert answer.status_code == 500
    assert answer.json()["detail"] == "the sidecar failed here; its log says why"
    assert "swordfish" not in answer.text
    (told,) = [one for one in caplog.records if one.levelname == "ERROR"]
    assert told.exc_info is not None
    assert isinstance(told.exc_info[1], ZeroDivisionError)


def test_the_command_line_asks(serving: Serving) -> None:
    answer = ask(serving.url, TOKEN, "echo", ORDER["arguments"], who="Ada")
    assert answer == ORDER
    assert isinstance(answer, dict)
    asked = ask(serving.url, TOKEN, "echo", {})
    assert isinstance(asked, dict)
    assert asked["who"]


def test_the_command_line_is_told_why_not(serving: Serving) -> None:
    with pytest.raises(AskError, match=r"^there is no command `none`$") as caught:
        ask(serving.url, TOKEN, "none", {})
    assert caught.value.fix == "ask for `echo`"
    with pytest.raises(AskError, match=r"^the sidecar at http://127\.0\.0\.1:\d+ does not take the token$"):
        ask(serving.url, "t0ken-of-another-run", "echo", {})
    with pytest.raises(AskError, match=r"^there is no such command$"):
        ask(serving.url, TOKEN, "what?", {})


def test_the_command_line_asks_no_proxy(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ask(serving.url, TOKEN, "echo", {}, who="Ada") == {"arguments": {}, "who": "Ada"}


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("url", ["file:///etc/passwd", "https://127.0.0.1", "127.0.0.1:8420", ""])
def test_only_the_address_of_a_sidecar_is_asked(url: str) -> None:
    with pytest.raises(AskError, match="is not the address of a sidecar"):
        ask(url, TOKEN, "echo", {})


def test_no_sidecar_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoSidecarError, match="does not answer: Connection refused") as caught:
        ask(f"http://127.0.0.1:{closed_port()}", TOKEN, "echo", {})
    assert caught.value.fix == "see whether it runs"
    assert not list(tmp_path.iterdir())


SOMETHING_ELSE: Mapping[str, bytes] = {
    "another protocol": b"220 mail.example.org ESMTP\r\n",
    "nothing at all": b"",
    "a page": b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
    "other JSON": b"HTTP/1.1 400 No\r\nContent-Length: 4\r\n\r\n[12]",
    "somewhere else": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\n{}",
    "half an answer": b"HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n12",
}


@pytest.mark.parametrize("said", SOMETHING_ELSE.values(), ids=SOMETHING_ELSE)
def test_something_else_that_listens_there_is_told(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer_once, args=(listener, said))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(NoSidecarError, match=r"does not answer|is no sidecar"):
            ask(url, TOKEN, "echo", {})
        thread.join(PATIENCE)


def test_an_answer_that_does_not_come_is_not_waited_for_without_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(AskError, match=r"did not answer within 0\.05 seconds") as caught:
            ask(url, TOKEN, "echo", {}, timeout=0.05)
        assert caught.value.fix == "it may have done it all the same: look before trying again"


def answer_once(listener: socket.socket, said: bytes) -> None:
    line, _ = listener.accept()
    with line:
        line.settimeout(PATIENCE)
        wanted = len(json.dumps({"arguments": {}, "who": ""}))
        got = b""
        while len(got.partition(b"\r\n\r\n")[2]) < wanted:
            got += line.recv(65536)
        line.sendall(said)
