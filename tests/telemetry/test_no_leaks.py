"""At `info` nothing that a person wrote is in the log, and at no level a secret, whatever way it goes in."""

import base64
import io
import json
import logging
import re
import urllib.parse
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casewarden.telemetry.hiding import HIDDEN, forget_all, hide, scrub
from casewarden.telemetry.logs import Form, Level, configure_logs

pytestmark = pytest.mark.usefixtures("fresh_logging")
PROPERTY = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])

# A secret that is one of our own words would stand in the frame of every record; texts of persons have several words.
SECRETS = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["Cs", "Cc"]), min_size=9
).filter(lambda secret: re.fullmatch(r"[a-z_.\[\]]+", secret) is None)
WORDS = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyzäß0123456789!?@:=/\"'\\{}%"), min_size=5, max_size=12)
TEXTS = st.lists(WORDS, min_size=2, max_size=5).map(" ".join).map("Zq {}".format)


class Odd:
    """An object that shows what it holds."""

    def __init__(self, held: str) -> None:
        self.held = held

    def __repr__(self) -> str:
        return f"Odd({self.held!r})"


def raising(text: str) -> Exception:
    error = ValueError(f"cannot read {text}")
    error.__cause__ = KeyError(text)
    return error


DOORS: dict[str, Callable[[Any, str], None]] = {
    "an unlisted key": lambda log, text: log.info("e", text=text),
    "the key itself": lambda log, text: log.info("e", **{text: 1}),
    "a listed key": lambda log, text: log.info("e", case=text),
    "a list": lambda log, text: log.info("e", rule=[text]),
    "a mapping": lambda log, text: log.warning("e", kind={"a": [text], text: 1}),
    "an object": lambda log, text: log.error("e", state=Odd(text)),
    "an exception": lambda log, text: log.error("e", exc_info=raising(text)),
    "a group": lambda log, text: log.error("e", exc_info=ExceptionGroup(text, [raising(text)])),
    "a bound value": lambda log, text: log.bind(text=text, case=text).critical("e"),
    "a library's message": lambda _, text: logging.getLogger("lib").warning(text.replace("%", "")),
    "a library's argument": lambda _, text: logging.getLogger("lib").error("cannot read %s", text),
    "a library's wrong argument": lambda _, text: logging.getLogger("lib").error("cannot read %d", text),
    "a library's exception": lambda _, text: logging.getLogger("lib").error("e", exc_info=raising(text)),
    "an exception as a message": lambda _, text: logging.getLogger("lib").error(raising(text)),
    "a job": lambda _, text: logging.getLogger("procrastinate.worker").info(
        text.replace("%", ""), extra={"action": text, "job": {"id": text, "task_name": text}}
    ),
    "a request": lambda _, text: logging.getLogger("uvicorn.access").warning(
        '%s - "%s %s HTTP/%s" %d', text, text, text, "1.1", 200
    ),
}
DEBUG_DOORS: dict[str, Callable[[Any, str], None]] = {
    **DOORS,
    "a value": lambda log, text: log.debug("e", body=text, nested={"a": [{"b": (text,)}]}),
    "bytes": lambda log, text: log.debug("e", body=text.encode()),
    "JSON": lambda log, text: log.debug("e", body=json.dumps({"a": text})),
    "a URL": lambda log, text: log.debug("e", url="https://h/p?" + urllib.parse.urlencode({"q": text})),
    "Base64": lambda log, text: log.debug("e", head="x " + base64.b64encode(b"ann:" + text.encode()).decode()),
    "the event": lambda log, text: log.debug(text),
}


def written(level: Level, form: Form, door: Callable[[Any, str], None], text: str) -> str:
    stream = io.StringIO()
    configure_logs(level, stream, form)
    door(structlog.get_logger("casewarden.test"), text)
    assert stream.getvalue(), "nothing was written"
    return stream.getvalue()


def lines_hold(output: str, text: str) -> bool:
    """Whether a text is somewhere in the output, as it stands or inside a value that JSON escaped."""
    forms = {text, json.dumps(text)[1:-1], repr(text)[1:-1], json.dumps(repr(text)[1:-1])[1:-1]}
    return any(form in output for form in forms)


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
@PROPERTY
@given(text=TEXTS, form=st.sampled_from(["json", "console"]))
def test_no_text_is_written_at_info(door: Callable[[Any, str], None], text: str, form: Form) -> None:
    output = written("info", form, door, text)
    assert not lines_hold(output, text)
    assert "Zq" not in output  # not even a part of it
    assert output.count("\n") == 1


@pytest.mark.parametrize("door", DEBUG_DOORS.values(), ids=DEBUG_DOORS)
@PROPERTY
@given(secret=SECRETS, form=st.sampled_from(["json", "console"]))
def test_no_registered_secret_is_written_at_any_level(
    door: Callable[[Any, str], None], secret: str, form: Form
) -> None:
    forget_all()
    hide(secret)
    output = written("debug", form, door, secret)
    assert not lines_hold(output, secret)
    assert base64.b64encode(secret.encode()).decode().rstrip("=")[:-1] not in output
    assert urllib.parse.quote(secret, safe="") not in output


@PROPERTY
@given(secret=SECRETS, before=st.binary(max_size=7), after=st.binary(max_size=7))
def test_a_secret_in_base64_is_found_wherever_it_begins(secret: str, before: bytes, after: bytes) -> None:
    forget_all()
    hide(secret)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = scrub(encode(before + secret.encode() + after).decode())
        left = whole.replace(HIDDEN, "")
        assert HIDDEN in whole
        assert len(left) <= (len(before) + len(after) + 4) * 4 // 3 + 4


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("Authorization: Bearer abc.def", "Authorization: Bearer [hidden]"),
        ("authorization: Basic YW5uOnBhc3M=", "authorization: Basic [hidden]"),
        ("{'Authorization': 'Bearer abc'}", "{'Authorization': 'Bearer [hidden]'}"),
        ('{"api_key": "abc", "n": 1}', '{"api_key": "[hidden]", "n": 1}'),
        ("https://h/p?access_token=abc&page=2", "https://h/p?access_token=[hidden]&page=2"),
        ("postgresql://warden:pa55@db/casewarden", "postgresql://warden:[hidden]@db/casewarden"),
        ("host=db password=pa55 user=warden", "host=db password=[hidden] user=warden"),
        ("X-Hub-Signature: sha256=abcdef", "X-Hub-Signature: sha256=[hidden]"),
        ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl back", "got [hidden] back"),
        ("Set-Cookie: session=abc; Path=/", "Set-Cookie: [hidden]; Path=/"),
        ("the token is renewed in 5 minutes", "the token is renewed in 5 minutes"),
        ("a basic rule", "a basic rule"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, scrubbed: str) -> None:
    assert scrub(text) == scrubbed
    assert scrub(scrubbed) == scrubbed


def test_a_value_under_a_key_that_names_a_secret_is_hidden() -> None:
    output = written("debug", "json", lambda log, text: log.debug("e", sent={"X-Api-Key": text, "n": 1}), "abc")
    assert json.loads(output)["sent"] == {"X-Api-Key": HIDDEN, "n": 1}


def test_a_secret_of_digits_is_hidden_as_a_number_as_well() -> None:
    hide("739154")
    output = written("info", "json", lambda log, text: log.info("e", count=int(text), seconds=float(text)), "739154")
    record = json.loads(output)
    assert (record["count"], record["seconds"]) == (HIDDEN, HIDDEN)


@pytest.mark.parametrize("secret", ["", "  ", "abc", " abc\n"])
def test_a_secret_that_is_too_short_to_be_hidden_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="a secret has at least 4 characters"):
        hide(secret)


def test_long_texts_are_scrubbed_in_proportion_to_their_length() -> None:
    for text in ("token" * 40_000, "a:" * 100_000, "://" + "a" * 200_000, "eyJ" + "a" * 200_000, "key-" * 50_000):
        scrub(text)  # would not come to an end if a pattern looked back from everywhere
