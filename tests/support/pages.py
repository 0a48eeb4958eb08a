"""The pages of the documentation as blocks, and the commands in them, to be run as a reader would run them.

What a block is stands in its info string:

- ```yaml title="NAME"`: a file of that name; a ruleset, tests, a mapping, customers, or else by its first key.
- ```yaml title="NAME, with a mistake"`: the same, and it must be refused; `NAME, that fails` are tests that fail.
- ```yaml title="added to NAME"`: what the reader appends to that file.
- ```yaml title="part of ..."`: a fragment, which must at least read as YAML.
- ```json`: a value, or one on each line; with `title="NAME"` it is written to that file.
- ```python`: code, which is run; with `title="NAME"` it is that file, and with `title="part of NAME"` it stands in it.
- ```csv title="NAME"`: a table, written to that file.
- ```shell`: commands; each ends with 0, or with N where the line ends in `# exits with N`.
- ```console`: commands after `$ ` and what they print; `...` stands for anything, on a line or for lines. `$ echo $?`
  shows the exit code, which is 0 otherwise.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
SHIPPED = ("rules", "examples", "schemas")
PAGES = (*sorted((CHECKOUT / "docs").rglob("*.md")), CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md")

_BLOCK = re.compile(r"^(?P<fence>`{3,})(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r'title="([^"]*)"')
_EXITS = re.compile(r"\s+# exits with (?P<code>\d+)$")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a page: the line of its fence, the language, the title (empty: none), and what stands in it."""

    page: Path
    line: int
    language: str
    title: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(CHECKOUT)}:{self.line}"


@dataclass(frozen=True, slots=True)
class Run:
    """A command of a block: what it must print (None: anything) and its exit code."""

    command: str
    shown: str | None
    code: int


def blocks(page: Path) -> list[Block]:
    """All blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        title = _TITLE.search(match["info"])
        language = match["info"].split()[0] if match["info"].strip() else ""
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(page, line, language, title[1] if title else "", match["text"]))
    return found


def runs(block: Block) -> Iterator[Run]:
    """The commands of a `shell` or `console` block."""
    if block.language == "shell":
        for line in block.text.splitlines():
            if line.strip() and not line.startswith("#"):
                exits = _EXITS.search(line)
                yield Run(_EXITS.sub("", line), None, int(exits["code"]) if exits else 0)
        return
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    assert not parts[0], f"{block}: a console block begins with `$ `"
    previous: Run | None = None
    for command, _, shown in (part.partition("\n") for part in parts[1:]):
        if command == "echo $?":
            assert previous is not None, f"{block}: no command before `echo $?`"
            previous = Run(previous.command, previous.shown, int(shown))
            continue
        if previous is not None:
            yield previous
        previous = Run(command, shown, 0)
    if previous is not None:
        yield previous


def run(command: str, folder: Path) -> tuple[int, str]:
    """Run a command in a folder as in a terminal of 80 columns; the exit code, and all that it printed."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    inherited = {key: value for key, value in os.environ.items() if key != "FORCE_COLOR"}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**inherited, "PATH": path, "COLUMNS": "80", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


def agrees(shown: str, printed: str) -> bool:
    """Whether a command printed what the page shows; spaces at the ends of lines do not count."""
    lines = [line.rstrip() for line in shown.rstrip().splitlines()]
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else ".*?".join(map(re.escape, line.split("..."))) + "\n"
        for line in lines
    )
    text = "".join(line.rstrip() + "\n" for line in printed.rstrip().splitlines())
    return re.fullmatch(pattern, text) is not None


def rewrite(block: Block, text: str) -> None:
    """Put other text into a block of its page."""
    page = block.page.read_text(encoding="utf-8")
    assert page.count(block.text) == 1, f"{block}: the same text stands twice on the page"
    block.page.write_text(page.replace(block.text, text), encoding="utf-8")


def copy_shipped(folder: Path) -> None:
    """The files that come with Casewarden, as in a fresh checkout."""
    for name in SHIPPED:
        shutil.copytree(CHECKOUT / name, folder / name)
