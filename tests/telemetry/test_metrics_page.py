"""The page on metrics has every metric as the catalogue has it.

`CASEWARDEN_UPDATE_SNAPSHOTS=1` writes its tables anew.
"""

import os
import re
from collections.abc import Iterable

from casewarden.telemetry.catalogue import CATALOGUE, OF_STORE, Metric
from support.pages import CHECKOUT

PAGE = CHECKOUT / "docs" / "operations" / "metrics.md"
HEAD = "| metric | kind | labels | what it says |\n| --- | --- | --- | --- |\n"


def labels(metric: Metric) -> str:
    """The labels, each with the words that it can be."""
    return "; ".join(
        f"`{name}`: {', '.join(sorted(words))}" if words else f"`{name}`" for name, words in metric.labels.items()
    )


def table(metrics: Iterable[Metric]) -> str:
    """The metrics as a table, in the order of their names."""
    rows = (
        f"| `{metric.name}` | {metric.kind} | {labels(metric)} | {metric.says} |\n"
        for metric in sorted(metrics, key=lambda metric: metric.name)
    )
    return HEAD + "".join(rows)


def test_the_page_has_every_metric() -> None:
    text = PAGE.read_text(encoding="utf-8")
    of_process = table(metric for name, metric in CATALOGUE.items() if name not in OF_STORE)
    of_store = table(metric for name, metric in CATALOGUE.items() if name in OF_STORE)
    if os.environ.get("CASEWARDEN_UPDATE_SNAPSHOTS") == "1":
        fresh = iter((of_process, of_store))
        text = re.sub(r"\| metric \|.*\n\| ---.*\n(?:\|.*\n)*", lambda _: next(fresh), text)
        PAGE.write_text(text, encoding="utf-8")
    assert text.count(of_process) == 1
    assert text.count(of_store) == 1
    assert text.count(HEAD) == 2
