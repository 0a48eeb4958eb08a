"""Health and metrics, and what all answers have in common."""

import httpx
import pytest

from casewarden.web.doors import Health
from support.http_talk import event, post
from support.memory_doors import MemoryDoors

STATES = {
    "sound": (Health(alive=True, ready=True), 200, 200),
    "behind": (Health(alive=True, ready=False, reasons=("the store is being migrated",)), 200, 503),
    "broken": (Health(alive=False, ready=False, reasons=("the loop stands still",)), 503, 503),
    "broken, and it does not know": (Health(alive=False, ready=True, reasons=("the loop stands still",)), 503, 503),
}


@pytest.mark.parametrize(("state", "alive", "ready"), STATES.values(), ids=STATES)
def test_health_says_whether_and_why_not(
    http: httpx.Client, doors: MemoryDoors, state: Health, alive: int, ready: int
) -> None:
    doors.state = state
    answers = [http.get("/healthz"), http.get("/readyz")]
    assert [answer.status_code for answer in answers] == [alive, ready]
    assert answers[0].json() == {"alive": alive == 200, "reasons": list(state.reasons) if alive == 503 else []}
    assert answers[1].json() == {"ready": ready == 200, "reasons": list(state.reasons)}


def test_metrics_are_in_the_form_that_prometheus_reads(http: httpx.Client, doors: MemoryDoors) -> None:
    answer = http.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.content == doors.exposition


def test_head_is_answered_without_a_body(http: httpx.Client) -> None:
    answer = http.head("/healthz")
    assert (answer.status_code, answer.content) == (200, b"")


ANSWERS = [
    ("GET", "/healthz", 200),
    ("GET", "/metrics", 200),
    ("GET", "/", 404),
    ("GET", "/healthz/", 404),
    ("GET", "/ingest/shop", 405),
    ("POST", "/ingest/shop/", 404),
    ("POST", "/ingest/shop", 401),
    ("POST", "/webhooks/none", 404),
    ("POST", "/control/echo", 401),
    ("DELETE", "/metrics", 405),
    ("OPTIONS", "/ingest/shop", 405),
    ("GET", "/%ff%00/../etc/passwd", 404),
]


@pytest.mark.parametrize(("method", "path", "code"), ANSWERS)
def test_every_answer_is_kept_from_browsers(http: httpx.Client, method: str, path: str, code: int) -> None:
    answer = http.request(method, path)
    assert answer.status_code == code
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "server" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers
    if code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == code


def test_every_door_is_open_at_once(http: httpx.Client) -> None:
    assert post(http, event()).status_code == 200
    assert http.get("/readyz").status_code == 200
