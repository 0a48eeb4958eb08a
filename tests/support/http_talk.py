"""Speaking HTTP with the doors: signed by openssl or by us, and in bytes where no client would say it."""

import json
import socket
import subprocess
from typing import Any, Final

import httpx

from casewarden.web.signatures import SIGNATURE, TIMESTAMP, sign
from support.memory_doors import NOW, SECRETS

SECONDS: Final = NOW // 1_000_000
JSON: Final = "application/json"
LINES: Final = "application/x-ndjson"
PATIENCE: Final = 30.0
"""Seconds after which an answer that never comes fails a test."""


def event(**more: Any) -> dict[str, Any]:
    """A sound event, unless told otherwise."""
    sound = {"subject": "case:1", "kind": "message", "at": "2026-03-02T12:00:00Z", "by": "agent", "key": "m-1"}
    return sound | more


def openssl_signature(secret: bytes, timestamp: int | str, body: bytes) -> str:
    """The signature as the command line of openssl makes it."""
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{secret.hex()}", "-r"],
        input=str(timestamp).encode() + b"." + body,
        capture_output=True,
        check=True,
        timeout=PATIENCE,
    )
    return "v1=" + done.stdout.decode().split()[0]


def signed(source: str, body: bytes, media: str = JSON) -> dict[str, str]:
    """The headers of a request that this source signs."""
    signature = sign(SECRETS[source], SECONDS, body)
    return {"Content-Type": media, TIMESTAMP: str(SECONDS), SIGNATURE: signature}


def client(url: str) -> httpx.Client:
    """A client that asks no proxy."""
    return httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE)


def post(http: httpx.Client, value: Any, source: str = "shop", media: str = JSON) -> httpx.Response:
    """Send events, or bytes as they are, signed by a source."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return http.post(f"/ingest/{source}", content=body, headers=signed(source, body, media))


def talk(port: int, *parts: bytes) -> bytes:
    """Send bytes, and read until the other end closes."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as line:
        for part in parts:
            line.sendall(part)
        return to_the_end(line)


def to_the_end(line: socket.socket) -> bytes:
    """All that comes until the other end closes; a reset is an end as well."""
    got = bytearray()
    try:
        while part := line.recv(65536):
            got += part
    except ConnectionResetError:
        pass
    return bytes(got)


def one_answer(line: socket.socket) -> bytes:
    """The next answer on a connection, with as much of its body as its length says."""
    got = b""
    while b"\r\n\r\n" not in got:
        part = line.recv(65536)
        assert part, f"it closes after {got!r}"
        got += part
    top, _, body = got.partition(b"\r\n\r\n")
    length = int(top.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        part = line.recv(65536)
        assert part, f"it closes after {got!r}"
        body += part
    return top + b"\r\n\r\n" + body


def head(method: str, path: str, **headers: str) -> bytes:
    """The first line and the headers of a request; `_` in names stands for `-`."""
    lines = [f"{method} {path} HTTP/1.1", "Host: casewarden"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def status(answer: bytes) -> int:
    """The status of the first answer among bytes."""
    first = answer.split(b"\r\n", 1)[0].split(b" ")
    assert first[0] == b"HTTP/1.1", answer[:200]
    return int(first[1])
