"""The headers by which helpdesks tell their rate, each as its vendor documents it."""

import pytest

from casewarden.model.instants import parse_instant
from casewarden.plugin.http import Quota, read_quotas, retry_after

NOW = parse_instant("2026-03-02T12:00:00Z")
SECOND = 1_000_000


def at(seconds: int) -> int:
    return NOW + seconds * SECOND


@pytest.mark.parametrize(
    ("headers", "quotas"),
    [
        ({}, ()),
        ({"x-rate-limit": "700", "x-rate-limit-remaining": "699"}, (Quota("", 700, 699),)),
        (
            {
                "x-rate-limit": "700",
                "ratelimit-limit": "700",
                "x-rate-limit-remaining": "699",
                "ratelimit-remaining": "699",
                "ratelimit-reset": "41",
                "zendesk-ratelimit-tickets-index": "total=100; remaining=99; resets=41",
            },
            (Quota("", 700, 699, at(41)), Quota("tickets-index", 100, 99, at(41))),
        ),
        ({"rate-limit": "400", "rate-limit-remaining": "0"}, (Quota("", 400, 0),)),
        (
            {"rate-limit-limit": "400", "rate-limit-remaining": "0", "rate-limit-reset": "7"},
            (Quota("", 400, 0, at(7)),),
        ),
        (  # Jira Cloud
            {
                "x-ratelimit-limit": "100",
                "x-ratelimit-remaining": "15",
                "x-ratelimit-reset": "2026-03-02T12:01Z",
                "x-ratelimit-nearlimit": "true",
            },
            (Quota("", 100, 15, at(60), is_near=True),),
        ),
        ({"x-ratelimit-nearlimit": "true"}, (Quota("", is_near=True),)),
        (  # Jira Data Center
            {
                "x-ratelimit-limit": "100",
                "x-ratelimit-remaining": "0",
                "x-ratelimit-interval-seconds": "60",
                "x-ratelimit-fillrate": "100",
                "retry-after": "9",
            },
            (Quota("", 100, 0, at(60)),),
        ),
        (  # seconds since the epoch, as GitHub does
            {"x-ratelimit-limit": "60", "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(at(30) // SECOND)},
            (Quota("", 60, 0, at(30)),),
        ),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(at(30) // 1000)}, (Quota("", None, 0, at(30)),)),
        (
            {"ratelimit-limit": "100, 100;w=10", "ratelimit-remaining": "50", "ratelimit-reset": "5"},  # draft 05
            (Quota("", 100, 50, at(5)),),
        ),
        ({"ratelimit": "limit=100, remaining=50, reset=5"}, (Quota("policy", 100, 50, at(5)),)),  # draft 07
        (  # draft 08 and later
            {
                "ratelimit": '"burst";r=5;t=1, "daily";r=4000',
                "ratelimit-policy": '"burst";q=10;w=1, "daily";q=5000;w=86400',
            },
            (Quota("burst", 10, 5, at(1)), Quota("daily", 5000, 4000)),
        ),
        (
            {
                "beta-ratelimit": '"global-app-quota";r=0;t=600',
                "beta-ratelimit-policy": '"global-app-quota";q=65000;w=3600',
            },
            (Quota("global-app-quota", 65000, 0, at(600)),),
        ),
        (  # what cannot be read is left out
            {"x-rate-limit": "many", "x-rate-limit-remaining": "-1", "ratelimit": '";;;=', "ratelimit-reset": "soon"},
            (),
        ),
        ({"ratelimit-limit": "9" * 30, "ratelimit-remaining": "3", "ratelimit-reset": "9" * 17}, (Quota("", None, 3),)),
    ],
)
def test_each_spelling_is_read(headers: dict[str, str], quotas: tuple[Quota, ...]) -> None:
    assert read_quotas(headers, NOW) == quotas


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("93", 93.0),
        (" 93 ", 93.0),
        ("1.5", 1.0),
        ("Mon, 02 Mar 2026 12:01:00 GMT", 60.0),
        ("Monday, 02-Mar-26 12:01:00 GMT", 60.0),  # RFC 850, as RFC 9110 5.6.7 wants it read
        ("Mon Mar  2 12:01:00 2026", 60.0),  # asctime
        ("2026-03-02T12:01:00Z", 60.0),
        ("Mon, 02 Mar 2026 11:59:00 GMT", None),
        ("0", None),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("9" * 18, None),
        ("Mon, 99 Mar 2026 12:01:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}, NOW) == seconds


def test_no_retry_after_is_none() -> None:
    assert retry_after({}, NOW) is None


def test_what_is_used_up_is_waited_for() -> None:
    assert Quota("", 10, 0, at(7)).wait(NOW) == 7
    assert Quota("", 10, 1, at(7)).wait(NOW) is None
    assert Quota("", 10, 0).wait(NOW) is None
    assert Quota("", 10, 0, at(-1)).wait(NOW) is None
