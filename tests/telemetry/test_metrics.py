"""What the metrics say, read back from the exposition by a reader that is not ours."""

import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest
from prometheus_client.parser import text_string_to_metric_families

from casewarden.store import tables
from casewarden.telemetry.catalogue import CATALOGUE, OF_STORE, OutboxState
from casewarden.telemetry.figures import QueueFigures
from casewarden.telemetry.gauges import MOST_SERIES
from casewarden.telemetry.metrics import Metrics
from support.measured import FIGURES, NOW, SECOND, measured, series, value

CALLS: dict[str, tuple[Callable[[Metrics], None], tuple[str, dict[str, str]], float]] = {
    "event_taken": (
        lambda m: m.event_taken("desk", "duplicate", 3),
        ("casewarden_events_total", {"source": "desk", "outcome": "duplicate"}),
        3,
    ),
    "disbelieved": (
        lambda m: m.disbelieved("webhook"),
        ("casewarden_requests_disbelieved_total", {"door": "webhook"}),
        1,
    ),
    "decided": (
        lambda m: m.decided("acme", "dull", 0.5),
        ("casewarden_decisions_total", {"lane": "acme", "outcome": "dull"}),
        1,
    ),
    "decided, its length": (
        lambda m: m.decided("acme", "dull", 0.5),
        ("casewarden_decision_duration_seconds_sum", {"lane": "acme"}),
        0.5,
    ),
    "lag": (lambda m: m.lag(2), ("casewarden_decision_lag_seconds_bucket", {"le": "2.5"}), 1),
    "wakeup_late": (lambda m: m.wakeup_late(0.25), ("casewarden_wakeup_lateness_seconds_sum", {}), 0.25),
    "wakeup_late, early by the clock": (
        lambda m: m.wakeup_late(-1),
        ("casewarden_wakeup_lateness_seconds_bucket", {"le": "0.005"}),
        1,
    ),
    "clock_result": (
        lambda m: m.clock_result("acme", "first_response", "gold", "missed"),
        (
            "casewarden_clock_results_total",
            {"lane": "acme", "clock": "first_response", "plan": "gold", "result": "missed"},
        ),
        1,
    ),
    "clock_result, nobody's plan": (
        lambda m: m.clock_result("acme", "first_response", None, "met"),
        (
            "casewarden_clock_results_total",
            {"lane": "acme", "clock": "first_response", "plan": "none", "result": "met"},
        ),
        1,
    ),
    "action": (
        lambda m: m.action("desk", "reply", "already_applied"),
        ("casewarden_actions_total", {"connector": "desk", "kind": "reply", "outcome": "already_applied"}),
        1,
    ),
    "connector_error": (
        lambda m: m.connector_error("desk", "changes"),
        ("casewarden_connector_errors_total", {"connector": "desk", "call": "changes"}),
        1,
    ),
    "poison": (lambda m: m.poison(), ("casewarden_poison_events_total", {}), 1),
    "cap_hit": (lambda m: m.cap_hit("per_case"), ("casewarden_caps_hit_total", {"cap": "per_case"}), 1),
    "ping_pong": (lambda m: m.ping_pong(), ("casewarden_ping_pong_stops_total", {}), 1),
    "store_error": (lambda m: m.store_error("full"), ("casewarden_store_errors_total", {"error": "full"}), 1),
    "loaded": (lambda m: m.loaded({}, NOW), ("casewarden_reloads_total", {"outcome": "accepted"}), 1),
    "loaded, when": (lambda m: m.loaded({}, NOW), ("casewarden_reload_last_success_timestamp_seconds", {}), NOW / 1e6),
    "reload_refused": (lambda m: m.reload_refused(), ("casewarden_reload_successful", {}), 0),
    "revisions": (
        lambda m: m.revisions({"acme": "0123456789abcdef"}),
        ("casewarden_ruleset_info", {"lane": "acme", "revision": "0123456789ab"}),
        1,
    ),
    "breaker": (
        lambda m: m.breaker("desk", "half_open"),
        ("casewarden_connector_breaker", {"connector": "desk", "state": "half_open"}),
        1,
    ),
    "partitions_owned": (lambda m: m.partitions_owned(7), ("casewarden_partitions_owned", {}), 7),
    "shadow": (lambda m: m.shadow(everything=True, rules=0), ("casewarden_shadow", {}), 1),
    "shadow, rules": (lambda m: m.shadow(everything=False, rules=3), ("casewarden_shadow_rules", {}), 3),
}


@pytest.mark.parametrize(("call", "which", "expected"), CALLS.values(), ids=CALLS)
def test_a_call_shows_in_its_series(
    call: Callable[[Metrics], None], which: tuple[str, dict[str, str]], expected: float
) -> None:
    metrics = Metrics("0.1.0")
    call(metrics)
    name, labels = which
    assert value(series(metrics), name, **labels) == expected


def test_every_public_method_is_among_the_calls() -> None:
    methods = {name for name in vars(Metrics) if not name.startswith("_")}
    assert methods - {name.partition(",")[0] for name in CALLS} == {"exposition", "expect", "observe_store"}


def test_the_exposition_is_the_catalogue() -> None:
    shown = {
        family.name: family
        for family in text_string_to_metric_families(measured().exposition().decode())
        if not family.name.startswith("process_")
    }
    suffixed = {f"{name}_total" if family.type == "counter" else name for name, family in shown.items()}
    assert suffixed == set(CATALOGUE)
    for name, metric in CATALOGUE.items():
        family = shown[name.removesuffix("_total")]
        assert family.type == metric.kind
        assert family.documentation == metric.says
        assert {sample.name for sample in family.samples} == metric.series
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(metric.labels)
            assert all(not words or sample.labels[label] in words for label, words in metric.labels.items())


def test_a_store_that_was_looked_into_is_shown_whole() -> None:
    shown = series(measured())
    assert value(shown, "casewarden_figures_timestamp_seconds") == NOW / 1e6
    assert value(shown, "casewarden_paused") == 1
    assert value(shown, "casewarden_mailbox_events", queue="own") == 3
    assert value(shown, "casewarden_mailbox_oldest_age_seconds", queue="own") == 2
    assert value(shown, "casewarden_mailbox_oldest_age_seconds", queue="fanout") == 0
    assert value(shown, "casewarden_wakeups_oldest_overdue_seconds") == 0.5
    assert value(shown, "casewarden_outbox_actions", connector="desk", state="waiting") == 4
    assert value(shown, "casewarden_outbox_actions", connector="status", state="dead") == 0
    assert value(shown, "casewarden_outbox_oldest_age_seconds", connector="desk") == 90
    assert value(shown, "casewarden_outbox_oldest_age_seconds", connector="status") == 0
    assert value(shown, "casewarden_subjects_parked", lane="globex") == 0
    assert value(shown, "casewarden_obligations_open", kind="cap") == 1
    assert value(shown, "casewarden_obligations_open", kind="dead") == 0
    assert value(shown, "casewarden_connector_last_success_timestamp_seconds", connector="desk") == NOW / 1e6 - 5
    assert value(shown, "casewarden_connector_last_success_timestamp_seconds", connector="status") == 0
    assert value(shown, "casewarden_connector_watermark_timestamp_seconds", connector="desk") == NOW / 1e6
    assert value(shown, "casewarden_backup_last_success_timestamp_seconds") == NOW / 1e6 - 3600


def test_what_is_not_known_of_the_store_is_not_shown() -> None:
    metrics = Metrics("0.1.0")
    assert not {name for name, _ in series(metrics)} & OF_STORE
    metrics.observe_store(replace(FIGURES, free_bytes=None, backup_at=None))
    shown = series(metrics)
    assert "casewarden_store_free_bytes" not in {name for name, _ in shown}
    assert value(shown, "casewarden_backup_last_success_timestamp_seconds") == 0
    watermarks = {labels for name, labels in shown if name == "casewarden_connector_watermark_timestamp_seconds"}
    assert watermarks == {frozenset({("connector", "desk")})}


def test_what_left_the_store_leaves_the_metrics() -> None:
    metrics = measured()
    metrics.observe_store(replace(FIGURES, connectors=(), outbox={}, cases_open={}, subjects_parked={}))
    metrics.revisions({"globex": "fedcba9876543210"})
    shown = series(metrics)
    assert {
        name for name, labels in shown if ("lane", "acme") in labels and CATALOGUE.get(name) and "info" in name
    } == set()
    assert {name for name, labels in shown if dict(labels).get("connector") == "desk"} == {
        "casewarden_actions_total",
        "casewarden_connector_errors_total",
        "casewarden_connector_breaker",
    }


def test_an_age_is_never_below_zero() -> None:
    metrics = Metrics("0.1.0")
    metrics.observe_store(replace(FIGURES, mailbox=QueueFigures(1, NOW + SECOND)))
    assert value(series(metrics), "casewarden_mailbox_oldest_age_seconds", queue="own") == 0


def test_a_breaker_is_in_one_state() -> None:
    metrics = measured()
    metrics.breaker("desk", "closed")
    states = {
        dict(labels)["state"]: each
        for (name, labels), each in series(metrics).items()
        if name == "casewarden_connector_breaker"
    }
    assert states == {"closed": 1, "open": 0, "half_open": 0}


def test_what_is_expected_begins_at_zero() -> None:
    metrics = Metrics("0.1.0")
    before = series(metrics)
    assert value(before, "casewarden_poison_events_total") == 0
    assert value(before, "casewarden_store_errors_total", error="full") == 0
    metrics.expect(lanes=["acme"], connectors=["desk"], sources=["mail"])
    shown = series(metrics)
    assert value(shown, "casewarden_events_total", source="mail", outcome="refused") == 0
    assert value(shown, "casewarden_connector_errors_total", connector="desk", call="apply") == 0
    assert value(shown, "casewarden_decisions_total", lane="acme", outcome="acted") == 0


def test_names_without_end_do_not_make_series_without_end() -> None:
    metrics = Metrics("0.1.0")
    many = 3 * MOST_SERIES
    for number in range(many):
        metrics.event_taken(f"source {number}", "new")
        metrics.clock_result(f"lane {number}", "c", "p", "met")
    lanes = {f"lane {number:05}": 1 for number in range(many)}
    metrics.observe_store(
        replace(FIGURES, cases_open=lanes, subjects_parked=lanes, outbox={(lane, "dead"): 1 for lane in lanes})
    )
    metrics.revisions(dict.fromkeys(lanes, "0123456789ab"))
    shown = series(metrics)
    for name in CATALOGUE:
        labels = [labels for each, labels in shown if each == name]
        assert len(labels) <= (MOST_SERIES + 1) * 4, name
    assert value(shown, "casewarden_events_total", source="other", outcome="new") == many - MOST_SERIES
    assert value(shown, "casewarden_cases_open", lane="other") == many - MOST_SERIES
    assert sum(each for (name, _), each in shown.items() if name == "casewarden_events_total") == many


def test_no_label_is_a_case_or_a_person() -> None:
    labels = {label for metric in CATALOGUE.values() for label in metric.labels}
    assert not labels & {
        "case",
        "subject",
        "ticket",
        "contact",
        "account",
        "customer",
        "key",
        "decision",
        "who",
        "rule",
    }


def test_a_word_that_is_none_is_counted_and_stops_nothing() -> None:
    metrics = Metrics("0.1.0")
    metrics.event_taken("desk", "lost")  # type: ignore[arg-type]
    metrics.cap_hit("of a kind")  # type: ignore[arg-type]
    shown = series(metrics)
    assert value(shown, "casewarden_events_total", source="desk", outcome="other") == 1
    assert value(shown, "casewarden_caps_hit_total", cap="other") == 1


def test_two_sidecars_in_one_process_do_not_meet() -> None:
    first, second = Metrics("0.1.0"), Metrics("0.1.0")
    first.poison()
    assert value(series(second), "casewarden_poison_events_total") == 0


def test_counting_from_many_threads_loses_nothing() -> None:
    metrics = Metrics("0.1.0")

    def count() -> None:
        for number in range(2_000):
            metrics.decided(f"lane {number % 7}", "dull", 0.001)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shown = series(metrics)
    assert sum(each for (name, _), each in shown.items() if name == "casewarden_decisions_total") == 8_000
    counts = (each for (name, _), each in shown.items() if name == "casewarden_decision_duration_seconds_count")
    assert sum(counts) == 8_000


def test_names_follow_the_conventions_of_prometheus() -> None:
    for name, metric in CATALOGUE.items():
        assert re.fullmatch(r"casewarden_[a-z]+(_[a-z]+)*", name)
        assert name.endswith("_total") == (metric.kind == "counter")
        assert metric.says.endswith(".")
        assert (metric.kind == "histogram") == bool(metric.buckets)
        assert not re.search(r"_(ms|milliseconds|minutes|hours|days|kb|mb|percent|ratio)(_|$)", name)
        assert all(re.fullmatch(r"[a-z]+", label) for label in metric.labels)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not on PATH")
def test_promtool_has_nothing_to_say_against_the_exposition() -> None:
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=measured().exposition(), capture_output=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_the_states_of_actions_are_those_of_the_store() -> None:
    (constraint,) = (each for each in tables.outbox.constraints if str(each.name).endswith("state"))
    known = set(re.findall(r"'(\w+)'", str(constraint.sqltext)))  # type: ignore[attr-defined]
    assert set(get_args(OutboxState)) <= known
