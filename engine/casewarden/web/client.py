"""The command line's side of the control door: asks the running sidecar, by nothing but the standard library."""

import http.client
import json
import os
import pwd
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

from casewarden.model.event import Json

MAX_ANSWER: Final = 256_000_000


class AskError(Exception):
    """The sidecar did not do it: what is wrong, and what would be right."""

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.fix = fix


class NoSidecarError(AskError):
    """No sidecar answers there."""


def ask(
    url: str, token: str, command: str, arguments: Mapping[str, Json], *, who: str | None = None, timeout: float = 60.0
) -> Json:
    """What the sidecar at an address answers to a command; no proxy is asked and no redirection followed.

    `who` is the person who asks, the login name if left out; `timeout` in seconds is for each wait. AskError says why
    it was not done, NoSidecarError that nobody answers.
    """
    order = {"arguments": dict(arguments), "who": who or login_name()}
    status, text = _post(url, token, f"/control/{quote(command, safe='')}", json.dumps(order).encode("ascii"), timeout)
    try:
        answer = json.loads(text)
    except ValueError:
        raise NoSidecarError(f"what answers at {url} is no sidecar", "see what listens there") from None
    if status == http.client.OK:
        return answer  # type: ignore[no-any-return]
    raise _refusal(url, status, answer)


def _refusal(url: str, status: int, answer: Any) -> AskError:
    if not isinstance(answer, dict) or not isinstance(answer.get("detail"), str):
        return NoSidecarError(f"what answers at {url} is no sidecar", "see what listens there")
    if status == http.client.UNAUTHORIZED:
        return AskError(f"the sidecar at {url} does not take the token", "it was started anew; run the command again")
    fix = answer.get("fix")
    return AskError(answer["detail"], fix if isinstance(fix, str) else None)


def _post(url: str, token: str, path: str, body: bytes, timeout: float) -> tuple[int, bytes]:
    place = urlsplit(url)
    if place.scheme != "http" or place.hostname is None:
        raise AskError(f"`{url}` is not the address of a sidecar", "it is like http://127.0.0.1:8420")
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=timeout)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        text = response.read(MAX_ANSWER + 1)
        if response.length and len(text) <= MAX_ANSWER:
            raise http.client.IncompleteRead(text, response.length)
    except TimeoutError:
        raise AskError(
            f"the sidecar at {url} did not answer within {timeout:g} seconds",
            "it may have done it all the same: look before trying again",
        ) from None
    except (OSError, http.client.HTTPException) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
        raise NoSidecarError(f"the sidecar at {url} does not answer: {why}", "see whether it runs") from None
    finally:
        connection.close()
    if len(text) > MAX_ANSWER:
        raise AskError(f"the answer of {url} is too large")
    return response.status, text


def login_name() -> str:
    """The name of the user who runs this process; its number where it has no name, as in containers."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"user {os.getuid()}"
