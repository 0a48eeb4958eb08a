"""Refusals as RFC 9457 problem details."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.responses import Response

from casewarden.model.event import Json


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that is wrong with one event of a request: the event counted from 1, and its line in JSON lines."""

    event: int
    code: str
    message: str
    fix: str | None = None
    line: int | None = None

    def form(self) -> dict[str, Json]:
        """As it stands in an answer; what is None is left out."""
        said: dict[str, Json] = {"event": self.event, "line": self.line, "code": self.code, "message": self.message}
        said["fix"] = self.fix
        return {key: value for key, value in said.items() if value is not None}


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818  # its name in RFC 9457
    """A request that is refused: status, what is wrong, what would be right, and for events each thing that is.

    `events` is how many events were not taken for it; a body that cannot be read counts as one.
    """

    status: int
    detail: str
    fix: str | None = None
    refusals: Sequence[Refusal] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    events: int = 1

    def __str__(self) -> str:
        return self.detail


def json_response(value: Json, status: int = 200, media_type: str = "application/json") -> Response:
    """JSON in ASCII, so that no text can break it or steer a terminal. ValueError for NaN and infinity."""
    return Response(json.dumps(value, allow_nan=False).encode("ascii"), status, media_type=media_type)


def problem_response(problem: Problem) -> Response:
    """The answer to a request that is refused."""
    said: dict[str, Json] = {
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.fix is not None:
        said["fix"] = problem.fix
    if problem.refusals:
        said["problems"] = [refusal.form() for refusal in problem.refusals]
    response = json_response(said, problem.status, "application/problem+json")
    response.headers.update(problem.headers)
    return response
