"""The examples of the page on HTTP, typed into a shell against a sidecar's doors."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from casewarden.clock import now
from casewarden.web.limits import MAX_EVENTS, MAX_HEAD, MAX_NAME, Limits
from casewarden.web.signatures import MAX_SIGNATURES, WINDOW
from support.memory_doors import SECRETS, MemoryDoors, served
from support.pages import CHECKOUT, blocks

PAGE = CHECKOUT / "docs" / "http.md"


def microseconds() -> int:
    return int(now().timestamp() * 1_000_000)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page is written for curl, which is not here")
def test_what_the_page_types_gets_the_answers_that_it_shows(tmp_path: Path) -> None:
    doors = MemoryDoors(clock=microseconds)
    answers = 0
    with served(doors) as serving:
        printed = None
        for block in blocks(PAGE):
            text = block.text.replace("http://127.0.0.1:8420", serving.url)
            if block.title == "the answer":
                assert printed is not None
                assert re.fullmatch(".*?".join(map(re.escape, block.text.strip().split("..."))), printed.strip())
                answers, printed = answers + 1, None
            elif block.title == "to be typed":
                assert printed is None
                printed = typed(f"{(tmp_path / 'send.sh').read_text()}\n{text}", tmp_path)
            elif block.title:
                (tmp_path / block.title).write_text(text, encoding="utf-8")
    assert answers == 3
    assert [(source, key) for source, key, _ in doors.events] == [("shop", "order-77")]


def typed(commands: str, folder: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder,
        env={**clean, "SHOP_SECRET": SECRETS["shop"].decode()},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def test_the_page_has_the_limits_of_the_code() -> None:
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    limits = Limits()
    for said in (
        f"at most {MAX_EVENTS:,} events",
        f"({limits.max_body:,} if it says nothing)",
        f"at most {MAX_NAME} bytes",
        f"within the {('', 'one', 'two', 'three', 'four', 'five')[WINDOW // 60]} minutes",
        f"up to {'eight' if MAX_SIGNATURES == 8 else MAX_SIGNATURES} signatures",
        f"{limits.head_seconds:g} seconds for its first line and headers ({MAX_HEAD // 1024} kB)",
        f"and {limits.body_seconds:g} for its body",
        f"requests for {limits.idle_seconds}, and there are at most {limits.connections} connections",
        f"at most {limits.held // 1_000_000} MB together",
        f"have {limits.stop_seconds} seconds to end",
    ):
        assert said in text
