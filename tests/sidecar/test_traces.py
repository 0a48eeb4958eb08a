"""An event's trace goes from taking it in over deciding to delivering what came of it."""

from typing import cast

from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from casewarden.config.settings import ConnectorSettings
from casewarden.model.event import Event
from casewarden.plugin import Answer, Applied, Attempt, Connector, Spec
from casewarden.service.deliver import Came
from casewarden.service.desks import Couriers, Desks
from casewarden.service.intake import Order
from casewarden.service.owner import Listeners, Owner
from casewarden.store.database import Database
from casewarden.telemetry.traces import tracer
from support.sidecars import Bench
from support.small import at, rule, ruleset


def test_one_trace_leads_from_the_event_to_the_action(database: Database) -> None:
    kept = InMemorySpanExporter()
    tracing = tracer(enabled=True, processor=SimpleSpanProcessor(kept))
    told = rule("tell", "when: {case.core: down}\nthen: [{notify: {who: manager, message: hello}}]")
    bench = Bench(database, ruleset(told), now=at("mon 09:00"), tracer=tracing)
    settings = ConnectorSettings("desk", "desk", {})
    desks = Desks({"desk": cast("Connector", _Desk())}, [settings])

    def answer(came: Came) -> None:
        owner.answer(came)

    couriers = Couriers(desks, answer, lambda *_: None, threads=1, tracer=tracing)
    owner = Owner(
        database,
        bench.sealing,
        bench.processor,
        bench.deliverer,
        bench.projector,
        now=lambda: bench.now,
        parts=bench.slots,
        send=couriers.send,
        listeners=Listeners(tracer=tracing),
    )
    event = Event(
        "case:1", "opened", bench.now, bench.now, "customer", "desk", "o", data={"facts": {"case.core": "down"}}
    )
    owner.order(Order([event], "desk"))
    while not any(span.name == "casewarden.deliver" for span in kept.get_finished_spans()):
        owner.turn()
    couriers.close()
    spans = {span.name.removeprefix("casewarden."): span for span in kept.get_finished_spans()}
    assert {span.context.trace_id for span in spans.values()} == {spans["ingest"].context.trace_id}
    above = {name: span.parent.span_id for name, span in spans.items() if span.parent is not None}
    own = {name: span.context.span_id for name, span in spans.items()}
    assert above == {"decide": own["ingest"], "deliver": own["decide"]}
    assert dict(spans["deliver"].attributes or {})["casewarden.outcome"] == "Applied"


class _Desk:
    def spec(self) -> Spec:
        return Spec("desk", "1", {}, frozenset({"notify"}))

    def apply(self, _: Attempt) -> Answer:
        return Applied()
