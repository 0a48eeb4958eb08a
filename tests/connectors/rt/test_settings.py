"""Settings of a Request Tracker connector: what is wrong is told in plain words, by name, and without its secret."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from casewarden_rt.plugin import SPEC, RequestTracker
from casewarden_rt.settings import read_settings
from casewarden_rt.wanted import STATES

GOOD: dict[str, Any] = {"url": "https://rt.example.com", "token": "1-14-0123456789abcdef"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"url": None}, "`url` is missing"),
        ({"url": 5}, "`url` is where people open Request Tracker"),
        ({"url": "http://rt.example.com"}, "http"),
        ({"url": "rt.example.com"}, "https://"),
        ({"token": None}, "`token` is missing"),
        ({"token": "s3cret"}, "`token` is no authentication token"),
        ({"tokens": "x"}, "there is no setting `tokens`"),
        ({"calls_per_second": 0}, "`calls_per_second` is a whole number from 1 to 1000"),
        ({"calls_per_second": True}, "`calls_per_second` is a whole number"),
        ({"statuses": {"waiting": "pending"}}, "`waiting` means none of new, open,"),
        ({"statuses": ["open"]}, "`statuses` is a mapping"),
        ({"close_with": ""}, "`close_with` is a status, as a text"),
        ({"queues": []}, "`queues` is a list of names of queues"),
        ({"queues": "Support"}, "`queues` is a list of names of queues"),
        ({"queues": ["Support", 5]}, "`queues` is a list of names of queues"),
        ({"queues": [" "]}, "`queues` is a list of names of queues"),
        ({"tags": 5}, "`tags` is the name of a custom field, as a text"),
        ({"certificates": 5}, "`certificates` is the name of a file"),
        ({"certificates": "/not/there.pem"}, "/not/there.pem"),
        ({"mapping": {"field": {}}}, "did you mean `fields`?"),
    ],
)
def test_what_is_wrong_is_told(changed: dict[str, Any], said: str) -> None:
    settings = {name: value for name, value in {**GOOD, **changed}.items() if value is not None}
    with pytest.raises(ValueError, match=r".") as refused:
        RequestTracker().connect("desk", settings)
    assert said in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_the_address_may_be_that_of_the_programs_door() -> None:
    for url in ("https://rt.example.com/", "https://rt.example.com/REST/2.0", "https://rt.example.com/REST/2.0/"):
        assert read_settings({**GOOD, "url": url}).url == "https://rt.example.com"
    assert read_settings(GOOD).account == "14"


def test_queues_are_named_once_and_all_are_watched_where_none_is() -> None:
    assert read_settings(GOOD).queues is None
    assert read_settings({**GOOD, "queues": ["Support", " Sales ", "Support"]}).queues == ("Support", "Sales")


def test_statuses_are_those_of_the_default_lifecycle_unless_said_otherwise() -> None:
    said = read_settings({**GOOD, "statuses": {"waiting": "waiting_on_customer", "resolved": "closed"}})
    assert (said.statuses["waiting"], said.statuses["resolved"], said.statuses["open"]) == (
        "waiting_on_customer", "closed", "open",
    )  # fmt: skip
    assert said.status_for("waiting_on_customer") == "waiting"
    assert said.status_for("closed") == "resolved"
    assert said.status_for("resolved") is None


def test_the_schema_takes_what_the_reader_takes() -> None:
    validator = Draft202012Validator(dict(SPEC.settings))
    assert not list(validator.iter_errors({**GOOD, "statuses": {"waiting": "on_hold"}, "tags": "Tags", "mapping": {}}))
    assert list(validator.iter_errors({"url": "https://rt.example.com"}))
    assert SPEC.actions >= STATES


def test_the_plugin_is_loaded_without_what_only_its_connectors_need() -> None:
    import subprocess
    import sys

    words = "import sys, casewarden_rt.plugin; print([m for m in ('httpx', 'inscriptis', 'lxml') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
