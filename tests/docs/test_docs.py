"""Every block of every page does what the page says, in a folder with nothing but the shipped files."""

import json
import os
import re
from pathlib import Path

import pytest

from casewarden.config.read_settings import read_settings
from casewarden.ruleset.diagnostics import Diagnostics, Level
from casewarden.ruleset.load import load, load_text
from casewarden.ruleset.nodes import Map, read_yaml
from casewarden.ruleset.plain import plain
from casewarden.scenario.customers.read_directory import check_directory
from casewarden.scenario.customers.tables import HEAD_FILE
from casewarden.scenario.mapping_reader import mapping_of
from casewarden.scenario.read_scenario import load_scenarios
from support.pages import CHECKOUT, PAGES, Block, agrees, blocks, copy_shipped, rewrite, run, runs

LANGUAGES = ("console", "csv", "json", "python", "shell", "text", "yaml")
TARGETS = re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
UPDATE = os.environ.get("CASEWARDEN_UPDATE_SNAPSHOTS") == "1"
NAMES = [str(page.relative_to(CHECKOUT)) for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_block_does_what_the_page_says(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_shipped(tmp_path)
    monkeypatch.chdir(tmp_path)
    for block in blocks(page):
        take(block, tmp_path)


def take(block: Block, folder: Path) -> None:
    assert block.language in LANGUAGES, f"{block}: blocks are of {', '.join(LANGUAGES)}"
    match block.language:
        case "yaml":
            take_yaml(block, folder)
        case "json":
            take_json(block, folder)
        case "csv":
            assert block.title, f"{block}: a table needs a title"
            (folder / block.title).write_text(block.text, encoding="utf-8")
        case "python":
            take_python(block, folder)
        case "shell" | "console":
            take_commands(block, folder)
        case _:
            assert "casewarden " not in block.text, f"{block}: commands stand in shell or console blocks"


def take_yaml(block: Block, folder: Path) -> None:
    node = tree(block.text, str(block))
    if block.title.startswith("part of "):
        whole = folder / block.title.removeprefix("part of ")
        if whole.is_file():
            assert is_part(plain(node), plain(tree(whole.read_text(encoding="utf-8"), whole.name))), str(block)
        return
    name, _, mistake = block.title.partition(", ")
    name, added = name.removeprefix("added to "), name.startswith("added to ")
    text = block.text
    if name:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        text = file.read_text(encoding="utf-8") + text if added else text
        file.write_text(text, encoding="utf-8")
        node = tree(text, name)
    kind = next(iter(node))[0].text
    problems = Diagnostics()
    match kind:
        case "casewarden" if node.get("rulesets") is not None:
            assert name, f"{block}: a configuration needs a title"
            _, problems = read_settings(folder / name)
        case "casewarden":
            _, problems = load(folder / name) if name else load_text(text)
        case "casewarden_test":
            assert name, f"{block}: tests need a title, so that they can be run"
            _, problems = load_scenarios(folder / name)
        case "casewarden_mapping":
            assert mapping_of(node, problems) is not None
        case "casewarden_customers":
            assert name, f"{block}: a directory needs a title"
            if Path(name).name != HEAD_FILE:  # its tables come after it
                assert check_directory(folder / name, problems)
        case _:
            assert name, f'{block}: a whole file, or a fragment with title="part of ..."'
    errors = [problem for problem in problems.items if problem.level is Level.ERROR]
    assert bool(errors) == (mistake == "with a mistake"), f"{block}: {errors}"
    assert mistake in ("", "with a mistake", "that fails"), f"{block}: {mistake}"
    if kind == "casewarden_test" and not errors:
        code, printed = run(f"casewarden test {name}", folder)
        assert code == (1 if mistake else 0), f"{block}: {printed}"


def take_python(block: Block, folder: Path) -> None:
    """Code is run, unless it is a file, or stands in one as the page says."""
    if block.title.startswith("part of "):
        whole = (folder / block.title.removeprefix("part of ")).read_text(encoding="utf-8")
        assert block.text in whole, f"{block}: this does not stand in {block.title.removeprefix('part of ')}"
    elif block.title:
        (folder / block.title).write_text(block.text, encoding="utf-8")
    else:
        exec(compile(block.text, str(block), "exec"), {"__name__": "page"})


def take_json(block: Block, folder: Path) -> None:
    """One JSON value, or one on each line."""
    for value in block.text.splitlines() if "\n{" in block.text else [block.text]:
        json.loads(value)
    if block.title:
        file = folder / block.title
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.text, encoding="utf-8")


def is_part(part: object, whole: object) -> bool:
    """Whether all that a fragment says stands in the file: keys may be left out, anything else not."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and is_part(value, whole[key]) for key, value in part.items())
    return part == whole


def tree(text: str, name: str) -> Map:
    problems = Diagnostics()
    node = read_yaml(text, name, problems)
    assert isinstance(node, Map), f"{name}: {problems.items}"
    assert not problems.items, f"{name}: {problems.items}"
    return node


def take_commands(block: Block, folder: Path) -> None:
    text = block.text
    for one in runs(block):
        word, *rest = one.command.split()
        if word == "make":
            assert rest[0] in TARGETS, f"{block}: there is no `{one.command}`"
            continue
        assert word in ("casewarden", "pytest"), f"{block}: `{one.command}`"
        code, printed = run(one.command, folder)
        assert code == one.code, f"{block}: `{one.command}` ends with {code}\n{printed}"
        if one.shown is not None and UPDATE and not agrees(one.shown, printed):
            text = text.replace(f"$ {one.command}\n{one.shown}", f"$ {one.command}\n{tidy(printed)}")
        elif one.shown is not None:
            assert agrees(one.shown, printed), f"{block}: `{one.command}` prints\n{printed}"

    if text != block.text:
        rewrite(block, text)


def tidy(printed: str) -> str:
    """What is shown of an output: no spaces at the ends of lines, and no time that differs from run to run."""
    lines = "".join(line.rstrip() + "\n" for line in printed.rstrip().splitlines())
    return re.sub(r" in \d+\.\d+ s$", " in ... s", lines, flags=re.MULTILINE)


@pytest.mark.parametrize("page", [CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_links_from_outside_the_site_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_page_is_in_the_navigation() -> None:
    named = re.findall(r"^ +- .*?: (\S+\.md)$", (CHECKOUT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(named) == len(set(named))
    assert set(named) == {
        str(page.relative_to(CHECKOUT / "docs")) for page in PAGES if CHECKOUT / "docs" in page.parents
    }


def test_shown_output_is_compared_with_care() -> None:
    assert agrees("a\n...\nb\n", "a\nx\ny\nb\n")
    assert agrees("a\n...\nb\n", "a\nb\n")
    assert agrees("2 passed in ... s\n", "2 passed in 0.1 s\n")
    assert agrees("", "")
    assert not agrees("", "a\n")
    assert not agrees("a\n...\nb\n", "a\nx\n")
    assert not agrees("a.c\n", "abc\n")


FALSE = {
    "no language": ("", "", "text\n"),
    "a ruleset with mistakes": ("yaml", "", "casewarden: 1\nruleset: x\n"),
    "a mistake that is none": ("yaml", "part.yaml, with a mistake", "calendars: {}\n"),
    "neither whole nor a fragment": ("yaml", "", "calendars: {}\n"),
    "a fragment that is no YAML": ("yaml", "part of a ruleset", "rules: {a: b\n"),
    "a fragment that the file has not": ("yaml", "part of rules/starter/starter.yaml", "people: [nobody]\n"),
    "another output": ("console", "", "$ casewarden --version\ncasewarden, version 9\n"),
    "an output that is left out": ("console", "", "$ casewarden --version\n"),
    "another exit code": ("console", "", "$ casewarden check none.yaml\n...\n$ echo $?\n1\n"),
    "a command that fails": ("shell", "", "casewarden check none.yaml\n"),
    "a command that is not ours": ("shell", "", "curl example.org\n"),
    "a target that is missing": ("shell", "", "make coffee\n"),
    "code that fails": ("python", "", "assert False\n"),
    "code that stands elsewhere": ("python", "part of rules/starter/starter.yaml", "assert False\n"),
    "a command where nobody runs it": ("text", "", "casewarden check none.yaml\n"),
}


@pytest.mark.parametrize(("language", "title", "text"), FALSE.values(), ids=FALSE)
def test_what_is_false_is_found(
    language: str, title: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_shipped(tmp_path)
    monkeypatch.setitem(globals(), "UPDATE", False)
    with pytest.raises(AssertionError):
        take(Block(CHECKOUT / "docs" / "false.md", 1, language, title, text), tmp_path)
