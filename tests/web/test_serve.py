"""Opening and closing the doors."""

import logging
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from casewarden.web.app import http_doors
from casewarden.web.limits import Limits
from casewarden.web.serve import ServeError, serve
from support.http_talk import PATIENCE, client, event, post
from support.memory_doors import SECRETS, TOKEN, Gate, MemoryDoors, served


def test_port_0_is_a_free_one_that_is_told() -> None:
    with served(MemoryDoors()) as one, served(MemoryDoors()) as other:
        assert one.port != other.port
        assert one.url == f"http://127.0.0.1:{one.port}"
        with client(other.url) as http:
            assert http.get("/healthz").status_code == 200


def test_it_listens_on_addresses_of_either_version() -> None:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("this machine has no IPv6")
    with served(MemoryDoors(), host="::1") as serving, client(serving.url) as http:
        assert serving.url == f"http://[::1]:{serving.port}"
        assert http.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("host", "port", "reason"),
    [
        ("192.0.2.1", 0, "Cannot assign requested address"),
        ("no such host", 0, "not known|resolution"),
        ("a" * 70, 0, "label|not known|resolution"),
        ("127.0.0.1", 70_000, "0-65535"),
    ],
)
def test_where_it_cannot_listen_it_says_why(host: str, port: int, reason: str) -> None:
    with pytest.raises(ServeError, match=f"^{host}, port {port}, cannot be opened: .*({reason})") as caught:
        serve(http_doors(MemoryDoors(), SECRETS.get, TOKEN), host, port, threading.Event())
    assert caught.value.fix == "choose another host or port in the configuration"


def test_two_do_not_share_a_port() -> None:
    with served(MemoryDoors()) as serving, pytest.raises(ServeError, match="Address already in use"):
        serve(http_doors(MemoryDoors(), SECRETS.get, TOKEN), "127.0.0.1", serving.port, threading.Event())


def test_what_is_under_way_when_it_stops_is_brought_to_its_end() -> None:
    gate, stop = Gate(), threading.Event()
    doors = MemoryDoors(gate=gate)
    limits = Limits(stop_seconds=30)
    serving = serve(http_doors(doors, SECRETS.get, TOKEN, limits), "127.0.0.1", 0, stop, limits)
    with client(serving.url) as http, ThreadPoolExecutor(1) as threads:
        answer = threads.submit(post, http, event())
        assert gate.reached.wait(PATIENCE)
        stop.set()
        wait_until_closed(serving.port)
        gate.open()
        assert answer.result(PATIENCE).json() == {"new": 1, "duplicates": 0}
        serving.wait(PATIENCE)


def test_what_does_not_end_when_it_stops_is_told_so(logged: list[str]) -> None:
    logged.append("Cancel 1 running task(s), timeout graceful shutdown exceeded")
    gate, stop = Gate(), threading.Event()
    limits = Limits(stop_seconds=1)
    serving = serve(http_doors(MemoryDoors(gate=gate), SECRETS.get, TOKEN, limits), "127.0.0.1", 0, stop, limits)
    with client(serving.url) as http, ThreadPoolExecutor(1) as threads:
        answer = threads.submit(post, http, event())
        assert gate.reached.wait(PATIENCE)
        stop.set()
        assert answer.result(PATIENCE).status_code == 503
        assert answer.result().json()["detail"] == "the sidecar stops"
        serving.wait(PATIENCE)


def wait_until_closed(port: int) -> None:
    """Return once nobody listens there any more; each try waits for the server to answer or to be gone."""
    for _ in range(100_000):
        try:
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as line:
                line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                while line.recv(4096):
                    pass
        except ConnectionError:
            return
    pytest.fail("it goes on listening")


def test_idle_connections_do_not_keep_it() -> None:
    stop = threading.Event()
    serving = serve(http_doors(MemoryDoors(), SECRETS.get, TOKEN), "127.0.0.1", 0, stop)
    with client(serving.url) as http, socket.create_connection(("127.0.0.1", serving.port)) as silent:
        assert http.get("/healthz").status_code == 200
        stop.set()
        serving.wait(PATIENCE)
        silent.settimeout(PATIENCE)
        assert silent.recv(1) == b""


def test_a_server_that_does_not_end_is_told() -> None:
    with served(MemoryDoors()) as serving, pytest.raises(TimeoutError, match="did not close within 0 seconds"):
        serving.wait(0)


def test_requests_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), served(MemoryDoors()) as serving, client(serving.url) as http:
        post(http, event())
        http.get("/control/a-secret-path")
    assert not [
        one
        for one in caplog.records
        if one.name != "httpx" and ("secret" in one.getMessage() or "POST" in one.getMessage())
    ]
