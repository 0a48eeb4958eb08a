"""The HTTP doors as an ASGI application: events and webhooks in, health and metrics out, commands."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from casewarden.model.event import SOURCE_OF_ENGINE, Json
from casewarden.plugin.contract import WebhookError
from casewarden.web.body import Bodies
from casewarden.web.control import MIN_TOKEN, admit, read_order
from casewarden.web.doors import Busy, ControlError, Door, Doors, Taken, UnknownConnector, UnreadableWebhookError
from casewarden.web.doorstep import Doorstep
from casewarden.web.events import MEDIA, Media, read_events
from casewarden.web.limits import Limits
from casewarden.web.problems import Problem, json_response, problem_response
from casewarden.web.signatures import read_signature, verify

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def http_doors(
    doors: Doors, secret: Callable[[str], bytes | None], token: str, limits: Limits | None = None
) -> ASGIApp:
    """The application before a sidecar.

    `secret` gives the secret of a source, None for one that is not configured; it must take the same time for all.
    `token` lets the command line in. ValueError for a token that can be guessed.
    """
    if len(token) < MIN_TOKEN or not token.isascii():
        raise ValueError(f"the token has at least {MIN_TOKEN} ASCII letters")
    limits = limits or Limits()
    endpoints = _Endpoints(doors, secret, token, Bodies(limits))
    app = Starlette(
        routes=[
            Route("/ingest/{source}", endpoints.ingest, methods=["POST"]),
            Route("/webhooks/{connector}", endpoints.webhook, methods=["POST"]),
            Route("/control/{command}", endpoints.control, methods=["POST"]),
            Route("/healthz", endpoints.alive),
            Route("/readyz", endpoints.ready),
            Route("/metrics", endpoints.metrics),
        ],
        exception_handlers={
            Problem: _told,
            Busy: _busy,
            HTTPException: _by_router,
            ClientDisconnect: _cut_off,
            Exception: _failed,
        },
    )
    app.router.redirect_slashes = False
    return Doorstep(app, limits)


class _Endpoints:
    """One method for each door."""

    def __init__(self, doors: Doors, secret: Callable[[str], bytes | None], token: str, bodies: Bodies) -> None:
        self._doors = doors
        self._secret = secret
        self._token = token
        self._bodies = bodies

    async def ingest(self, request: Request) -> Response:
        """Signed events of a source."""
        source: str = request.path_params["source"]
        with self._heard("ingest"):
            signed = read_signature(request.headers, self._doors.now())
        async with self._bodies.read(request) as body:
            with self._heard("ingest"):
                verify(signed, None if source == SOURCE_OF_ENGINE else self._secret(source), body)
            try:
                events = read_events(body, _media(request), source, self._doors.now())
            except Problem as problem:
                self._doors.refused(source, problem.events)
                raise
            return _taken(await self._doors.take(events, source) if events else Taken(0, 0))

    async def webhook(self, request: Request) -> Response:
        """What a helpdesk or a status page calls."""
        headers: dict[str, str] = {}
        for name, value in request.headers.items():
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        async with self._bodies.read(request) as body:
            try:
                return _taken(await self._doors.webhook(request.path_params["connector"], headers, body))
            except UnknownConnector:
                raise Problem(404, "there is no such connector") from None
            except UnreadableWebhookError:
                raise Problem(400, "this is no webhook that the connector knows") from None
            except WebhookError:
                self._doors.disbelieved("webhook")
                raise Problem(401, "the webhook is not believed") from None

    async def control(self, request: Request) -> Response:
        """A command of the command line."""
        with self._heard("control"):
            admit(request, self._token)
        async with self._bodies.read(request) as body:
            order = read_order(request.path_params["command"], body)
        try:
            return json_response(await self._doors.control(order.command, order.arguments, order.who))
        except ControlError as error:
            raise Problem(422, str(error), error.fix) from None

    @contextmanager
    def _heard(self, door: Door) -> Iterator[None]:
        """Let it be known where somebody is not believed."""
        try:
            yield
        except Problem:
            self._doors.disbelieved(door)
            raise

    async def alive(self, _: Request) -> Response:
        """Whether to restart the sidecar."""
        health = self._doors.health()
        reasons: list[Json] = [] if health.alive else list(health.reasons)
        return json_response({"alive": health.alive, "reasons": reasons}, 200 if health.alive else 503)

    async def ready(self, _: Request) -> Response:
        """Whether to send it work."""
        health = self._doors.health()
        is_ready = health.alive and health.ready
        return json_response({"ready": is_ready, "reasons": list(health.reasons)}, 200 if is_ready else 503)

    async def metrics(self, _: Request) -> Response:
        """What Prometheus reads."""
        return Response(self._doors.metrics(), media_type=METRICS_TYPE)


def _media(request: Request) -> Media:
    word, _, parameters = request.headers.get("content-type", "").partition(";")
    for media in MEDIA:
        if word.strip().lower() == media:
            break
    else:
        raise Problem(415, "events come as JSON", f"say Content-Type: {' or '.join(MEDIA)}")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if charset not in ("", "utf-8", "utf8"):
        raise Problem(415, "events come in UTF-8", f"say Content-Type: {media}")
    return media


def _taken(taken: Taken) -> Response:
    return json_response({"new": taken.new, "duplicates": taken.duplicates})


def _told(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return problem_response(problem)


def _busy(_: Request, busy: Exception) -> Response:
    assert isinstance(busy, Busy)
    headers = {"Retry-After": str(busy.retry_after)}
    return problem_response(Problem(503, "too much waits; nothing was taken", "send it again later", headers=headers))


def _by_router(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = {404: "there is nothing here", 405: "this door takes other methods"}.get(error.status_code, error.detail)
    return problem_response(Problem(error.status_code, detail, headers=dict(error.headers or {})))


def _cut_off(_: Request, __: Exception) -> Response:
    """The peer went away: nobody reads this, and nothing was taken."""
    return problem_response(Problem(400, "the request ended before its body did"))


def _failed(_: Request, __: Exception) -> Response:
    """What went wrong is in the log, where Starlette's server raises it again."""
    return problem_response(Problem(500, "the sidecar failed here; its log says why", "send it again later"))
