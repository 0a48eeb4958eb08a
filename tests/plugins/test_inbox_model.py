"""Random writers, rotations, replacements and crashes against the inbox: nothing is lost and nothing is doubled."""

import json
import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from casewarden.model.event import Json
from casewarden_files.inbox import Inbox

FILES = st.sampled_from(["a.jsonl", "b.jsonl"])


def line(key: int, length: int) -> bytes:
    """A line with its key, of some length."""
    form = {"subject": "case:1", "kind": "message", "at": "2026-03-02T10:00:00Z", "by": "agent", "key": str(key)}
    return json.dumps(form | {"data": {"text": "ü" * length}}, ensure_ascii=False).encode() + b"\n"


class Writers(RuleBasedStateMachine):
    """A folder that is written to, and a store that takes pages in: it keeps cursor and events together, or neither.

    `half` are the bytes of a line that are still to be written, by file. Where files keep their inode nothing may be
    delivered twice; where they are copied or replaced (`anew`) the store's dedup by key has to do its part.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.written = 0
        self.half: dict[str, bytes] = {}
        self.taken: Counter[str] = Counter()
        self.cursor: Json = None
        self.anew = False

    def teardown(self) -> None:
        for name in list(self.half):
            self.finish(name)
        self.look_until_nothing_is_left()
        shutil.rmtree(self.folder)
        assert set(self.taken) == {str(key) for key in range(self.written)}
        assert self.anew or set(self.taken.values()) <= {1}

    def append(self, name: str, data: bytes) -> None:
        with (self.folder / name).open("ab") as stream:
            stream.write(data)

    def finish(self, name: str) -> None:
        self.append(name, self.half.pop(name, b""))

    def put_aside(self, name: str) -> Path:
        """Make room for NAME.1."""
        for number in range(50, 0, -1):
            if (aside := self.folder / f"{name}.{number}").exists():
                aside.rename(self.folder / f"{name}.{number + 1}")
        return self.folder / f"{name}.1"

    @rule(name=FILES, length=st.integers(0, 60), share=st.floats(0, 1), lines=st.integers(1, 4))
    def write(self, name: str, length: int, share: float, lines: int) -> None:
        """Some lines, the last of them cut off anywhere."""
        self.finish(name)
        *whole, last = [line(self.written + number, length) for number in range(lines)]
        self.written += lines
        cut = round(share * len(last))
        self.append(name, b"".join(whole) + last[:cut])
        self.half[name] = last[cut:]

    @rule(name=FILES, share=st.floats(0, 1))
    def write_on(self, name: str, share: float) -> None:
        """Some more of a line."""
        rest = self.half.pop(name, b"")
        cut = round(share * len(rest))
        self.append(name, rest[:cut])
        self.half[name] = rest[cut:]

    @rule(name=FILES)
    def rename(self, name: str) -> None:
        """Rotation; the writer, who has the file open, ends its line in it."""
        if (self.folder / name).exists():
            aside = self.put_aside(name)
            (self.folder / name).rename(aside)
            self.append(aside.name, self.half.pop(name, b""))

    @rule(name=FILES)
    def copy_and_empty(self, name: str) -> None:
        """Rotation in the other way."""
        if (self.folder / name).exists():
            self.finish(name)
            shutil.copyfile(self.folder / name, self.put_aside(name))
            os.truncate(self.folder / name, 0)
            self.anew = True

    @rule(name=FILES)
    def replace(self, name: str) -> None:
        """What an editor does that saves."""
        if (self.folder / name).exists():
            shutil.copyfile(self.folder / name, self.folder / "new")
            (self.folder / "new").replace(self.folder / name)
            self.anew = True

    @rule(name=FILES)
    def empty(self, name: str) -> None:
        """What somebody does who knows that all was read."""
        if (self.folder / name).exists():
            self.finish(name)
            self.look_until_nothing_is_left()
            os.truncate(self.folder / name, 0)

    def look_until_nothing_is_left(self) -> None:
        while self.page(is_kept=True):
            pass

    def page(self, *, is_kept: bool) -> bool:
        """Whether there may be another one."""
        page = Inbox(self.folder, "in", lambda: 0, max_events=3).changes(self.cursor)
        assert page.refused == []
        if is_kept:
            self.taken.update(event.key for event in page.events)
            self.cursor = json.loads(json.dumps(page.cursor))
        return bool(page.events) or page.more

    @rule(is_kept=st.booleans())
    def look(self, is_kept: bool) -> None:
        """One page, after a start; kept, or lost in a crash."""
        self.page(is_kept=is_kept)


Writers.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestWriters = Writers.TestCase
