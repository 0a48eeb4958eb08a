"""The dashboard asks for metrics that there are, shows all of them, and its panels do not lie on each other."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from casewarden.telemetry.catalogue import CATALOGUE
from support.known_metrics import faults, metrics
from support.pages import CHECKOUT
from support.promql import read_query

DASHBOARD: dict[str, Any] = json.loads(
    (CHECKOUT / "deploy" / "grafana" / "casewarden.json").read_text(encoding="utf-8")
)
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
UNITS = {"none", "s", "ops", "bytes", "percentunit"}
ROWS = ("Now", "Throughput", "Lateness", "Outbox", "Connectors", "Attainment", "Safety", "Store and processes")


def queries() -> Iterator[tuple[str, str]]:
    """Every query of the dashboard, under the title of its panel."""
    for panel in PANELS:
        for target in panel.get("targets", ()):
            yield f"{panel['title']} {target['refId']}", target["expr"]
    for annotation in DASHBOARD["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]


QUERIES = dict(queries())


def filled(query: str) -> str:
    """A query with values in place of Grafana's variables."""
    return re.sub(r"\$(lane|connector)\b", ".*", query.replace("$__rate_interval", "5m").replace("$__range", "6h"))


def test_panels_have_ids_of_their_own_and_lie_side_by_side() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert all(0 <= x < 24 for x, _ in cells), panel["title"]
        assert not cells & taken, panel["title"]
        taken |= cells


def test_rows_stand_in_order_and_none_is_empty() -> None:
    titles = [panel["title"] for panel in PANELS if panel["type"] == "row"]
    assert tuple(titles) == ROWS
    assert all({first["type"], second["type"]} != {"row"} for first, second in pairwise(PANELS))
    assert PANELS[-1]["type"] != "row"
    assert len({panel["title"] for panel in PANELS}) == len(PANELS)


@pytest.mark.parametrize(
    "panel", [panel for panel in PANELS if panel["type"] != "row"], ids=lambda panel: panel["title"]
)
def test_a_panel_is_complete(panel: dict[str, Any]) -> None:
    assert panel["type"] in {"timeseries", "stat", "table"}
    assert panel["description"].endswith(".")
    assert panel["datasource"] == SOURCE
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    assert [target["refId"] for target in panel["targets"]] == list("ABCDEFGH"[: len(panel["targets"])])
    for target in panel["targets"]:
        assert target["datasource"] == SOURCE
        shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
        query = read_query(filled(target["expr"]))
        assert shown <= (query.grouped or {"instance"}), f"{target['expr']} has no {shown - query.grouped}"


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_query_asks_for_what_there_is(query: str) -> None:
    assert faults(filled(query)) == []
    assert "$" not in filled(query)


def test_every_metric_is_shown() -> None:
    assert set().union(*(metrics(filled(query)) for query in QUERIES.values())) == set(CATALOGUE)


def test_variables_are_asked_of_metrics_that_have_them() -> None:
    variables = {each["name"]: each for each in DASHBOARD["templating"]["list"]}
    assert set(variables) == {"datasource", "lane", "connector"}
    for name in ("lane", "connector"):
        match = re.fullmatch(r"label_values\((\w+), (\w+)\)", variables[name]["query"]["query"])
        assert match is not None
        assert match[2] == name
        assert name in CATALOGUE[match[1]].labels


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not on PATH")
def test_promtool_can_read_every_query(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{number}", "expr": filled(query)} for number, query in enumerate(QUERIES.values())]
    with (tmp_path / "rules.yaml").open("w", encoding="utf-8") as file:
        YAML().dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
    done = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
