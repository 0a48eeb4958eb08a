"""The example of `examples/linked` at work: its own configuration and rules, with fakes where Zendesk and Jira are."""

import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from casewarden.plugin import Factory
from conftest import SHARED
from support.across import Across, Letterbox, factories
from support.jira.logins import EMAIL, TOKEN
from support.jira.server import FakeJira
from support.pages import CHECKOUT
from support.published_specs import Published, jira
from support.servers.mail import PASSWORD
from support.zendesk.server import FakeZendesk
from support.zendesk.specs import zendesk
from support.zendesk.state import CLIENT, SECRET

EXAMPLE = CHECKOUT / "examples" / "linked"
CORE, DEFECT, STATUS = 3600, 3601, 3602
"""The example's fields in the fake Zendesk."""
_FAST = "      calls_per_minute: 100000\n      exports_per_minute: 100000"
_STATUSES = ("df_filed", "df_in_progress", "df_fixed", "df_released", "df_deferred")


@cache
def _published(folder: Path) -> tuple[Published, Published]:
    return zendesk(folder / "zendesk-support.json"), jira(folder, "cloud")


@pytest.fixture
def letters() -> Letterbox:
    """Where notices go."""
    return Letterbox()


@pytest.fixture
def begin(tmp_path: Path, letters: Letterbox) -> Iterator[Callable[..., Across]]:
    """Begins the example; `judged` holds each request against what is published, `change` edits its files before."""
    with ExitStack() as stack:

        def made(
            *, judged: bool = False, change: dict[str, str] | None = None, mail: Factory | None = None, **more: Any
        ) -> Across:
            specs = _published(SHARED / "specs") if judged and (SHARED / "specs").is_dir() else (None, None)
            desk = stack.enter_context(FakeZendesk(page=100, published=specs[0], clock=more.get("clock")))
            tracker = stack.enter_context(FakeJira(page=100, specs=specs[1]))
            tracker.clock = desk.clock
            desk.custom_field(CORE, "Core service", "tagger", ("core_down", "core_degraded", "core_ok"))
            desk.custom_field(DEFECT, "Known defect")
            desk.custom_field(STATUS, "Defect status", "tagger", _STATUSES)
            folder = _example(tmp_path, desk.url, tracker.url, change or {})
            environ = {
                "ZENDESK_SECRET": SECRET,
                "JIRA_TOKEN": TOKEN,
                "CASEWARDEN_MAIL_SECRET": "a secret of the tests, long enough",
                "CASEWARDEN_MAIL_PASSWORD": PASSWORD,
                "CASEWARDEN_KEY": b64encode(bytes(range(32))).decode(),
            }
            known = {**factories(desk.clock.now), "email": mail or letters}
            return stack.enter_context(Across(folder / "casewarden.yaml", environ, known, desk, tracker, letters))

        yield made


def _example(folder: Path, desk: str, tracker: str, change: dict[str, str]) -> Path:
    """A copy of the example that speaks to the fakes, and is as it is otherwise."""
    copy = folder / "linked"
    shutil.copytree(EXAMPLE, copy)
    at_home = {
        "url: https://example.zendesk.com": f"url: {desk}",
        "url: https://example.atlassian.net": f"url: {tracker}",
        "client_id: casewarden": f"client_id: {CLIENT}\n{_FAST}",
        "email: casewarden@example.com": f"email: {EMAIL}\n      calls_per_second: 100",
    }
    for file in (copy / "casewarden.yaml", copy / "rules" / "linked.yaml"):
        text = file.read_text(encoding="utf-8")
        for old, new in {**at_home, **change}.items():
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")
    return copy
