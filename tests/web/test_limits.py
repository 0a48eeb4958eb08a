"""Peers that send too much, too slowly, or no HTTP, over bare sockets."""

import json
import select
import socket
import struct
from collections.abc import Iterator

import pytest

from casewarden.web.limits import Limits
from casewarden.web.serve import Serving
from support.http_talk import PATIENCE, client, event, head, one_answer, post, signed, status, talk, to_the_end
from support.memory_doors import Gate, MemoryDoors, served

SOUND = json.dumps(event()).encode()


def ingest(body: bytes, **headers: str) -> bytes:
    """The head of a request that signs this body, with other headers for its length."""
    return head("POST", "/ingest/shop", **signed("shop", body), **headers)


def is_alive(serving: Serving) -> bool:
    with client(serving.url) as http:
        return http.get("/healthz").status_code == 200


def problem(answer: bytes) -> str:
    top, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in top
    assert b"nosniff" in top
    detail = json.loads(body)["detail"]
    assert isinstance(detail, str)
    return detail


NO_HTTP = {
    "words": b"hello\r\n\r\n",
    "TLS": bytes.fromhex("16030100c5010000c1030300") + bytes(200),
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "NUL in a header": head("GET", "/healthz", X="a\0b"),
    "a line feed in a name": b"GET /healthz HTTP/1.1\r\nHost: x\r\nA\nB: c\r\n\r\n",
    "a blank before the colon": b"GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n",
    "two lengths": b"POST /webhooks/status HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a negative length": head("POST", "/webhooks/status", Content_Length="-1"),
    "a length in words": head("POST", "/webhooks/status", Content_Length="ten"),
    "a length without end": head("POST", "/webhooks/status", Content_Length="9" * 30),
    "a chunk without size": head("POST", "/webhooks/status", Transfer_Encoding="chunked") + b"zz\r\n",
    "chunks twice": head("POST", "/webhooks/status", Transfer_Encoding="chunked, chunked") + b"0\r\n\r\n",
    "another transfer": head("POST", "/webhooks/status", Transfer_Encoding="gzip") + b"0\r\n\r\n",
}


@pytest.mark.parametrize("said", NO_HTTP.values(), ids=NO_HTTP)
def test_what_is_no_http_is_answered_and_closed(serving: Serving, said: bytes) -> None:
    answer = talk(serving.port, said)
    assert status(answer) == 400
    assert problem(answer) == "this is no HTTP/1.1, or its headers have more than 16384 bytes"
    assert b"connection: close" in answer.lower()
    assert is_alive(serving)


LONG_HEADS = {
    "a long header": head("GET", "/healthz", X="a" * 20_000),
    "many headers": head("GET", "/healthz", **{f"x{number}": "a" for number in range(5_000)}),
    "a long path": head("GET", "/" + "a" * 20_000),
    "a long query": head("GET", "/healthz?" + "a" * 20_000),
}


@pytest.mark.parametrize("said", LONG_HEADS.values(), ids=LONG_HEADS)
def test_a_long_head_is_not_read_whether_it_comes_at_once_or_in_parts(serving: Serving, said: bytes) -> None:
    answer = talk(serving.port, said)
    assert status(answer) in {400, 431}  # as the operating system hands it over
    assert problem(answer).endswith("have more than 16384 bytes")
    with socket.create_connection(("127.0.0.1", serving.port), PATIENCE) as line:
        send_until_refused(line, said[:-2] + b"X: y\r\n" * 1_000_000)
        assert b" 200 " not in to_the_end(line)


def test_a_body_with_two_lengths_is_not_read(serving: Serving, doors: MemoryDoors) -> None:
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(SOUND), SOUND)
    answer = talk(serving.port, ingest(SOUND, Content_Length="7", Transfer_Encoding="chunked"), chunks)
    assert status(answer) == 400
    assert not doors.events


def test_a_body_that_says_it_is_too_large_is_not_waited_for(serving: Serving) -> None:
    with socket.create_connection(("127.0.0.1", serving.port), PATIENCE) as line:
        line.sendall(ingest(SOUND, Content_Length="1000001", Expect="100-continue"))
        answer = one_answer(line)
    assert status(answer) == 413
    assert problem(answer) == "the body has more than 1,000,000 bytes"


@pytest.mark.parametrize("door", ["/ingest/shop", "/webhooks/status"])
def test_a_body_that_is_too_large_is_answered_although_the_peer_goes_on_sending(serving: Serving, door: str) -> None:
    large = bytes(4_000_000)
    answer = talk(serving.port, head("POST", door, **signed("shop", SOUND), Content_Length=str(len(large))), large)
    assert status(answer) == 413
    assert answer.lower().count(b"http/1.1") == 1


def test_chunks_without_end_are_bounded(serving: Serving, doors: MemoryDoors) -> None:
    chunk = b"8000\r\n" + bytes(0x8000) + b"\r\n"
    with socket.create_connection(("127.0.0.1", serving.port), PATIENCE) as line:
        line.sendall(ingest(SOUND, Transfer_Encoding="chunked"))
        sent = send_until_refused(line, chunk)
        assert sent < 100_000_000
        if answer := to_the_end(line):
            assert status(answer) == 413
    assert not doors.events
    assert is_alive(serving)


def send_until_refused(line: socket.socket, part: bytes) -> int:
    sent = 0
    while sent < 100_000_000:
        try:
            line.sendall(part)
        except (BrokenPipeError, ConnectionResetError):
            break
        sent += len(part)
    return sent


def test_a_body_in_chunks_is_read_as_one(serving: Serving, doors: MemoryDoors) -> None:
    chunks = b"".join(b"1;extension=x\r\n%c\r\n" % byte for byte in SOUND) + b"0\r\nTrailer: x\r\n\r\n"
    answer = talk(serving.port, ingest(SOUND, Transfer_Encoding="chunked", Connection="close"), chunks)
    assert status(answer) == 200
    assert len(doors.events) == 1


def test_a_body_that_ends_early_is_not_taken(serving: Serving, doors: MemoryDoors) -> None:
    with socket.create_connection(("127.0.0.1", serving.port), PATIENCE) as line:
        line.sendall(ingest(SOUND, Content_Length=str(len(SOUND) + 5)) + SOUND)
        line.shutdown(socket.SHUT_WR)
        answer = to_the_end(line)
    assert answer == b"" or status(answer) == 400
    assert not doors.events
    assert is_alive(serving)


def test_a_peer_that_hangs_up_at_once_leaves_nothing(serving: Serving, doors: MemoryDoors) -> None:
    for part in (b"", b"POST", ingest(SOUND, Content_Length="100"), ingest(SOUND, Content_Length="1000") + SOUND):
        with socket.create_connection(("127.0.0.1", serving.port), PATIENCE) as line:
            line.sendall(part)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, not an end
    assert is_alive(serving)
    assert not doors.events


def test_what_follows_a_body_is_the_next_request(serving: Serving, doors: MemoryDoors) -> None:
    answer = talk(serving.port, ingest(SOUND, Content_Length=str(len(SOUND))) + SOUND + b"}}}\r\n\r\n")
    assert status(answer) == 200
    assert answer.count(b"HTTP/1.1 ") == 2
    assert b"HTTP/1.1 400 " in answer
    assert len(doors.events) == 1


def test_requests_that_come_together_are_answered_in_order(serving: Serving, doors: MemoryDoors) -> None:
    asked = []
    for number in range(20):
        body = json.dumps(event(key=str(number))).encode()
        asked.append(ingest(body, Content_Length=str(len(body))) + body + head("GET", "/nothing"))
    answer = talk(serving.port, *asked, head("GET", "/healthz", Connection="close"))
    codes = [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert codes == [200, 404] * 20 + [200]
    assert [key for _, key, _ in doors.events] == [str(number) for number in range(20)]


def test_an_old_client_is_answered(serving: Serving) -> None:
    answer = talk(serving.port, b"GET /readyz HTTP/1.0\r\n\r\n")
    assert answer.endswith(b'{"ready": true, "reasons": []}')


def test_a_wish_for_another_protocol_is_passed_over(serving: Serving) -> None:
    wish = {"Upgrade": "websocket", "Sec_WebSocket_Key": "AA==", "Sec_WebSocket_Version": "13"}
    answer = talk(
        serving.port, head("GET", "/healthz", **wish, Connection="Upgrade") + head("GET", "/", Connection="close")
    )
    assert status(answer) == 200


@pytest.fixture(scope="module")
def hasty() -> Iterator[tuple[MemoryDoors, Serving]]:
    """A server whose patience ends at once."""
    doors = MemoryDoors()
    with served(doors, Limits(head_seconds=1, body_seconds=0.2, idle_seconds=1, linger_seconds=0.2)) as serving:
        yield doors, serving


@pytest.mark.parametrize("begun", [b"", b"G", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Sl"], ids=["none", "one", "some"])
def test_a_head_that_does_not_come_is_not_waited_for(hasty: tuple[MemoryDoors, Serving], begun: bytes) -> None:
    assert talk(hasty[1].port, begun) == b""


def test_the_head_of_a_second_request_is_not_waited_for_either(hasty: tuple[MemoryDoors, Serving]) -> None:
    with socket.create_connection(("127.0.0.1", hasty[1].port), PATIENCE) as line:
        line.sendall(head("GET", "/healthz"))
        answer = one_answer(line)
        assert status(answer) == 200
        line.sendall(b"GET /hea")
        assert to_the_end(line).count(b"HTTP/1.1") == 0


def test_a_head_that_drips_is_not_waited_for(hasty: tuple[MemoryDoors, Serving]) -> None:
    with socket.create_connection(("127.0.0.1", hasty[1].port), PATIENCE) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
        assert send_until_silence(line, b"a")


def send_until_silence(line: socket.socket, drop: bytes) -> bool:
    """Send a drop every 20 ms until the other end closes, and at most for half a minute."""
    for _ in range(1_500):
        if select.select([line], [], [], 0.02)[0]:
            to_the_end(line)
            return True
        try:
            line.sendall(drop)
        except ConnectionError:
            return True
    return False


def test_a_body_that_drips_is_not_waited_for(hasty: tuple[MemoryDoors, Serving]) -> None:
    with socket.create_connection(("127.0.0.1", hasty[1].port), PATIENCE) as line:
        line.sendall(ingest(SOUND, Content_Length="1000000"))
        while not select.select([line], [], [], 0.02)[0]:
            line.sendall(b"a")
        answer = one_answer(line)
        assert status(answer) == 408
        assert problem(answer) == "the body did not arrive within 0.2 seconds"
        assert send_until_silence(line, b"a")
    assert not hasty[0].events


def test_an_answer_that_nobody_reads_is_dropped() -> None:
    doors = MemoryDoors(exposition=b"#" * 50_000_000)
    with (
        served(doors, Limits(unread_seconds=0.2, connections=1)) as serving,
        socket.create_connection(("127.0.0.1", serving.port), PATIENCE) as line,
    ):
        line.sendall(head("GET", "/metrics"))
        assert select.select([line], [], [], PATIENCE)[0]
        tries = 0
        while status(talk(serving.port, head("GET", "/healthz", Connection="close"))) == 503:
            tries += 1  # the connection that is not read is still the only one that there may be
            assert tries < 100_000
        assert len(to_the_end(line)) < 50_000_000


def test_a_connection_without_requests_is_closed(hasty: tuple[MemoryDoors, Serving]) -> None:
    with socket.create_connection(("127.0.0.1", hasty[1].port), PATIENCE) as line:
        line.sendall(head("GET", "/healthz"))
        assert to_the_end(line).count(b"HTTP/1.1 200") == 1


def test_there_are_so_many_connections_and_no_more() -> None:
    with served(MemoryDoors(), Limits(connections=3)) as serving:
        kept = [socket.create_connection(("127.0.0.1", serving.port), PATIENCE) for _ in range(3)]
        for line in kept:
            line.sendall(head("GET", "/healthz"))
            assert status(one_answer(line)) == 200
        answer = talk(serving.port)
        assert status(answer) == 503
        assert b"Retry-After: 1" in answer
        assert problem(answer) == "too many connections"
        kept[0].sendall(head("GET", "/healthz", Connection="close"))
        to_the_end(kept[0])
        assert status(talk(serving.port, head("GET", "/healthz", Connection="close"))) == 200
        for line in kept:
            line.close()


def test_all_bodies_together_have_their_room() -> None:
    gate = Gate()
    doors = MemoryDoors(gate=gate)
    with served(doors, Limits(max_body=2_000, held=3_000)) as serving, client(serving.url) as http:
        body = json.dumps(event(data={"text": "a" * 1_700})).encode()
        with socket.create_connection(("127.0.0.1", serving.port), PATIENCE) as line:
            line.sendall(ingest(body, Content_Length=str(len(body)), Connection="close") + body)
            assert gate.reached.wait(PATIENCE)
            answer = post(http, event(key="m-2", data={"text": "a" * 1_700}))
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
            assert http.get("/healthz").status_code == 200
            gate.open()
            assert status(to_the_end(line)) == 200
        doors.gate = None
        assert post(http, event(key="m-2", data={"text": "a" * 1_700})).status_code == 200
    assert len(doors.events) == 2
