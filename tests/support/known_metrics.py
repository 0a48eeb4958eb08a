"""Whether a query asks for metrics, labels and words that there are."""

import re

from casewarden.telemetry.catalogue import CATALOGUE, Metric
from support.promql import Selector, read_query

OTHERS = {
    "up": {"job", "instance"},  # Prometheus' own
    "process_resident_memory_bytes": {"job", "instance"},
    "process_cpu_seconds_total": {"job", "instance"},
    "process_open_fds": {"job", "instance"},
    "process_start_time_seconds": {"job", "instance"},
}
OF_TARGET = {"job", "instance"}
BY_SERIES = {series: metric for metric in CATALOGUE.values() for series in metric.series}


def faults(text: str) -> list[str]:
    """What is wrong with a query, in words; nothing where all of it is there."""
    try:
        query = read_query(text)
    except ValueError as error:
        return [str(error)]
    found = [fault for selector in query.selectors for fault in _of_selector(selector)]
    known = {label for selector in query.selectors for label in _labels(selector.metric)}
    found += [f"nothing has a label {label}: {text}" for label in query.grouped - known]
    found += [f"nothing is asked for: {text}"] if not query.selectors else []
    return found


def metrics(text: str) -> set[str]:
    """The names in the catalogue of what a query asks for."""
    return {BY_SERIES[each.metric].name for each in read_query(text).selectors if each.metric in BY_SERIES}


def _labels(series: str) -> set[str]:
    metric = BY_SERIES.get(series)
    if metric is None:
        return OTHERS.get(series, set())
    return set(metric.labels) | OF_TARGET | ({"le"} if series.endswith("_bucket") else set())


def _of_selector(selector: Selector) -> list[str]:
    if selector.metric not in BY_SERIES and selector.metric not in OTHERS:
        return [f"there is no metric {selector.metric}"]
    metric = BY_SERIES.get(selector.metric)
    found = []
    for label, operator, text in selector.matchers:
        if label not in _labels(selector.metric):
            found.append(f"{selector.metric} has no label {label}")
        elif metric is not None and not _can_match(metric, label, operator, text):
            found.append(f"{label} of {selector.metric} is never {text}")
    return found


def _can_match(metric: Metric, label: str, operator: str, text: str) -> bool:
    words = metric.labels.get(label)
    if not words or text.startswith("$"):
        return True
    return text in words if operator in ("=", "!=") else any(re.fullmatch(text, word) for word in words)
