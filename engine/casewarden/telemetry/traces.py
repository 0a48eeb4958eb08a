"""Traces: one for each event, from taking it in over deciding to delivering; an extra, `casewarden[otel]`.

Nothing of a trace is kept in the store. The ids are made from what each step knows anyway: events and decisions meet in
the instant at which the event was taken in, since that is when it is decided; an action knows when it was decided. So
the steps find each other across threads, processes and days. A span names ids, never what persons wrote; an exception
is told by its kind.

Where traces go is said by the variables that OpenTelemetry defines (`OTEL_EXPORTER_OTLP_ENDPOINT` and its like).
"""

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Span as OtelSpan
    from opentelemetry.trace import SpanContext

Id = str | int | bool


class TracesMissingError(RuntimeError):
    """Traces are switched on, and the packages that they take are not installed."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as traces know it: whom it was observed on, when it was taken in, by whom and under which key."""

    subject: str
    seen_at: int
    source: str
    key: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as traces know it: what was decided, as of which instant."""

    lane: str
    subject: str
    at: int


class Span(Protocol):
    """A step under way."""

    def note(self, **ids: Id) -> None:
        """Add ids and words of our own, such as an outcome."""
        ...


class Tracer(Protocol):
    """Gives the spans of a sidecar. Each is a context: the step lasts as long as it is open."""

    def ingest(self, event: Seen) -> AbstractContextManager[Span]:
        """An event is taken in."""
        ...

    def decide(self, decision: Decided, events: Sequence[Seen] = ()) -> AbstractContextManager[Span]:
        """A subject is decided; the events are those that are decided with it, none at a wake-up."""
        ...

    def deliver(self, decision: Decided, key: str, connector: str) -> AbstractContextManager[Span]:
        """An attempt to apply an action, by its occurrence key, that came of a decision."""
        ...

    def close(self) -> None:
        """Send what was not sent yet, for at most two seconds."""
        ...


def wanted(environ: Mapping[str, str]) -> bool:
    """Whether the environment says where traces go: OpenTelemetry's own variables, and no other switch."""
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    is_off = environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    return not is_off and any(environ.get(name, "").strip() for name in endpoints)


def tracer(enabled: bool, processor: "SpanProcessor | None" = None) -> Tracer:
    """A tracer that hands spans to `processor` (by default it sends them over OTLP), or one that does nothing.

    Unless `enabled`, OpenTelemetry is not even imported. TracesMissingError where it is wanted and not installed.
    """
    if not enabled:
        return _NoTracer()
    try:
        return _OtelTracer(processor)
    except ModuleNotFoundError as error:
        msg = f"traces are switched on, and {error.name} is not installed: pip install 'casewarden[otel]'"
        raise TracesMissingError(msg) from error


class _NoSpan:
    def note(self, **ids: Id) -> None:
        """Nothing is kept."""


class _NoTracer:
    """Traces nothing, at the least cost."""

    _nothing: Final[AbstractContextManager[Span]] = nullcontext(_NoSpan())

    def ingest(self, event: Seen) -> AbstractContextManager[Span]:  # noqa: ARG002
        return self._nothing

    def decide(self, decision: Decided, events: Sequence[Seen] = ()) -> AbstractContextManager[Span]:  # noqa: ARG002
        return self._nothing

    def deliver(self, decision: Decided, key: str, connector: str) -> AbstractContextManager[Span]:  # noqa: ARG002
        return self._nothing

    def close(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class _Ids:
    trace: int
    span: int


_begins: ContextVar[_Ids] = ContextVar("casewarden_span_begins")
"""The ids of the span that begins now: OpenTelemetry asks a generator for them, which finds them here."""


class _OtelSpan:
    def __init__(self, span: "OtelSpan") -> None:
        self._span = span

    def note(self, **ids: Id) -> None:
        for name, value in ids.items():
            self._span.set_attribute(f"casewarden.{name}", value)


class _OtelTracer:
    """Spans by OpenTelemetry, on a provider of our own: what else is traced in the process is not touched."""

    def __init__(self, processor: "SpanProcessor | None") -> None:
        from opentelemetry import trace  # noqa: PLC0415  # an extra, imported once it is switched on
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.sdk.trace.id_generator import IdGenerator  # noqa: PLC0415
        from opentelemetry.sdk.trace.sampling import Decision  # noqa: PLC0415

        if processor is None:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

            processor = BatchSpanProcessor(OTLPSpanExporter())

        class Known(IdGenerator):
            def generate_span_id(self) -> int:
                return _begins.get().span

            def generate_trace_id(self) -> int:
                return _begins.get().trace

        self._api = trace
        self._sampled = Decision.RECORD_AND_SAMPLE
        resource = Resource.create({SERVICE_NAME: "casewarden"})
        self._provider = TracerProvider(resource=resource, id_generator=Known(), shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("casewarden")

    def ingest(self, event: Seen) -> AbstractContextManager[Span]:
        """The root of an event's trace."""
        noted: dict[str, Id] = {"subject": event.subject, "source": event.source, "key": event.key}
        return self._span("ingest", _of_event(event), noted)

    def decide(self, decision: Decided, events: Sequence[Seen] = ()) -> AbstractContextManager[Span]:
        """Below the event that was taken in at the instant that is decided, linked to the others."""
        ids = _of_decision(decision)
        begun = [_of_event(event) for event in events]
        parent = next((each for each in begun if each.trace == ids.trace), None)
        others = [each for each in begun if each is not parent]
        noted: dict[str, Id] = {"subject": decision.subject, "lane": decision.lane, "at": decision.at}
        return self._span("decide", ids, noted | {"events": len(events)}, parent, others)

    def deliver(self, decision: Decided, key: str, connector: str) -> AbstractContextManager[Span]:
        """Below the decision; every attempt is a span of its own."""
        parent = _of_decision(decision)
        ids = _Ids(parent.trace, secrets.randbits(64) or 1)
        noted: dict[str, Id] = {"subject": decision.subject, "lane": decision.lane, "key": key, "connector": connector}
        return self._span("deliver", ids, noted, parent)

    def close(self) -> None:
        """What cannot be sent in two seconds is lost."""
        self._provider.force_flush(2_000)
        self._provider.shutdown()

    @contextmanager
    def _span(
        self, name: str, ids: _Ids, noted: Mapping[str, Id], parent: _Ids | None = None, linked: Sequence[_Ids] = ()
    ) -> Iterator[Span]:
        above = self._api.INVALID_SPAN if parent is None else self._api.NonRecordingSpan(self._context(parent))
        token = _begins.set(ids)
        try:
            span = self._tracer.start_span(
                f"casewarden.{name}",
                context=self._api.set_span_in_context(above),
                links=[self._api.Link(self._context(each)) for each in linked],
                attributes={f"casewarden.{key}": value for key, value in noted.items()},
            )
        finally:
            _begins.reset(token)
        try:
            yield _OtelSpan(span)
        except BaseException as error:
            # Only its kind: an exception's text may hold what a person wrote.
            span.set_status(self._api.StatusCode.ERROR)
            span.set_attribute("error.type", type(error).__qualname__)
            raise
        finally:
            span.end()

    def _context(self, ids: _Ids) -> "SpanContext":
        """Another span of ours. It was sampled if the sampler takes its trace: it decides by the trace's id alone."""
        result = self._provider.sampler.should_sample(None, ids.trace, "casewarden")
        is_sampled = result.decision is self._sampled
        flags = self._api.TraceFlags(self._api.TraceFlags.SAMPLED if is_sampled else self._api.TraceFlags.DEFAULT)
        return self._api.SpanContext(ids.trace, ids.span, is_remote=True, trace_flags=flags)


def _of_event(event: Seen) -> _Ids:
    span = _number(8, "ingest", event.source, event.key, event.subject)
    return _Ids(_trace(event.subject, event.seen_at), span)


def _of_decision(decision: Decided) -> _Ids:
    span = _number(8, "decide", decision.lane, decision.subject, str(decision.at))
    return _Ids(_trace(decision.subject, decision.at), span)


def _trace(subject: str, at: int) -> int:
    return _number(16, "trace", subject, str(at))


def _number(size: int, *parts: str) -> int:
    """A number of so many bytes, not 0, that is the same for the same parts everywhere."""
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:size]) or 1
