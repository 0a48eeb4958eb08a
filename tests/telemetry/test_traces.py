"""Ingest, decide and deliver meet in one trace though they know nothing of each other."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from casewarden.telemetry.traces import Decided, Seen, Tracer, tracer, wanted

AT = 1_780_000_000_000_000
EVENT = Seen("case:1042", AT, "desk", "audit/77")
DECISION = Decided("acme", "case:1042", AT)


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracing(exporter: InMemorySpanExporter) -> Iterator[Tracer]:
    made = tracer(True, SimpleSpanProcessor(exporter))
    yield made
    made.close()


def spans(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name.removeprefix("casewarden."): span for span in exporter.get_finished_spans()}


def ids(span: ReadableSpan) -> tuple[int, int]:
    assert span.context is not None
    return span.context.trace_id, span.context.span_id


def parent(span: ReadableSpan) -> tuple[int, int] | None:
    return None if span.parent is None else (span.parent.trace_id, span.parent.span_id)


def test_an_event_its_decision_and_the_delivery_are_one_trace(tracing: Tracer, exporter: InMemorySpanExporter) -> None:
    with tracing.ingest(EVENT):
        pass
    with tracing.decide(DECISION, [EVENT]) as span:
        span.note(outcome="acted")
    with tracing.deliver(DECISION, "case:1042/lower_it/1/0/0", "desk") as span:
        span.note(outcome="applied", attempt=1)
    found = spans(exporter)
    assert parent(found["ingest"]) is None
    assert parent(found["decide"]) == ids(found["ingest"])
    assert parent(found["deliver"]) == ids(found["decide"])
    assert dict(found["decide"].attributes or {}) == {
        "casewarden.subject": "case:1042",
        "casewarden.lane": "acme",
        "casewarden.at": AT,
        "casewarden.events": 1,
        "casewarden.outcome": "acted",
    }
    assert dict(found["deliver"].attributes or {}) == {
        "casewarden.subject": "case:1042",
        "casewarden.lane": "acme",
        "casewarden.key": "case:1042/lower_it/1/0/0",
        "casewarden.connector": "desk",
        "casewarden.outcome": "applied",
        "casewarden.attempt": 1,
    }


def test_another_process_gives_the_same_ids(tracing: Tracer, exporter: InMemorySpanExporter) -> None:
    there = InMemorySpanExporter()
    other = tracer(True, SimpleSpanProcessor(there))
    with tracing.ingest(EVENT):
        pass
    with other.decide(DECISION, [EVENT]):
        pass
    other.close()
    assert parent(spans(there)["decide"]) == ids(spans(exporter)["ingest"])


def test_events_of_other_instants_are_linked(tracing: Tracer, exporter: InMemorySpanExporter) -> None:
    outage = Seen("service:core", AT - 5, "status", "incident/3")
    for event in (EVENT, outage):
        with tracing.ingest(event):
            pass
    with tracing.decide(DECISION, [outage, EVENT]):
        pass
    first, second, decided = exporter.get_finished_spans()
    assert parent(decided) == ids(first)
    assert [(link.context.trace_id, link.context.span_id) for link in decided.links] == [ids(second)]


def test_a_wakeup_begins_a_trace_and_two_lanes_share_it(tracing: Tracer, exporter: InMemorySpanExporter) -> None:
    for lane in ("acme", "acme@trial"):
        with tracing.decide(Decided(lane, "case:1042", AT)):
            pass
    live, trial = exporter.get_finished_spans()
    assert parent(live) is parent(trial) is None
    assert ids(live)[0] == ids(trial)[0]
    assert ids(live)[1] != ids(trial)[1]


def test_every_attempt_is_a_span_of_its_own(tracing: Tracer, exporter: InMemorySpanExporter) -> None:
    for _ in range(3):
        with tracing.deliver(DECISION, "key", "desk"):
            pass
    assert len({ids(span) for span in exporter.get_finished_spans()}) == 3


def test_an_exception_is_told_by_its_kind_and_goes_on(tracing: Tracer, exporter: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="Dear all"), tracing.decide(DECISION):
        raise ValueError("Dear all")
    (span,) = exporter.get_finished_spans()
    assert not span.status.is_ok
    assert (span.attributes or {})["error.type"] == "ValueError"
    assert "Dear all" not in str(span.to_json())
    assert span.events == ()


def test_a_trace_is_sampled_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.3")
    exporter = InMemorySpanExporter()
    sampling = tracer(True, SimpleSpanProcessor(exporter))
    for number in range(200):
        event, decision = Seen(f"case:{number}", AT, "desk", "1"), Decided("acme", f"case:{number}", AT)
        with sampling.ingest(event), sampling.decide(decision, [event]), sampling.deliver(decision, "key", "desk"):
            pass
    sampling.close()
    by_trace: dict[int, set[str]] = {}
    for span in exporter.get_finished_spans():
        by_trace.setdefault(ids(span)[0], set()).add(span.name)
    assert 30 <= len(by_trace) <= 90  # 60 of 200, give or take
    assert all(len(names) == 3 for names in by_trace.values())


@pytest.mark.parametrize(
    ("environ", "is_wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "True"}, False),
    ],
    ids=["nothing", "blank", "an address", "an address for traces", "switched off"],
)
def test_the_environment_switches_traces_on(environ: dict[str, str], is_wanted: bool) -> None:
    assert wanted(environ) is is_wanted


def test_switched_off_it_does_nothing_and_imports_nothing() -> None:
    script = """
import sys
from casewarden.telemetry.traces import Decided, Seen, tracer
nothing = tracer(False)
seen, decided = Seen("case:1", 1, "desk", "1"), Decided("acme", "case:1", 1)
with nothing.ingest(seen) as a, nothing.decide(decided, [seen]) as b, nothing.deliver(decided, "key", "desk") as c:
    for span in (a, b, c):
        span.note(outcome="acted")
nothing.close()
assert not [name for name in sys.modules if name.startswith("opentelemetry")]
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_switched_on_without_the_extra_it_says_what_to_install() -> None:
    script = """
import sys
sys.modules["opentelemetry"] = None
from casewarden.telemetry.traces import TracesMissingError, tracer
try:
    tracer(True)
except TracesMissingError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.startswith("traces are switched on, and opentelemetry")
    assert done.stdout.endswith("is not installed: pip install 'casewarden[otel]'\n")


def test_by_default_spans_go_out_over_otlp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")  # nothing listens there
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    sending = tracer(True)
    sending.close()
