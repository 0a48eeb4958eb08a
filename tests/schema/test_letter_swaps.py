"""Two neighbouring letters exchanged in any word that is not prose: nearly always refused, the rest explained.

Of large files a fixed sample is tried; `CASEWARDEN_SWAPS=all` tries every slip (minutes).
"""

import os
import random
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from casewarden.ruleset.load import load_text
from support.letter_swaps import KEY, Swap, accepted, swaps
from support.rulefiles import ROOT, clean_sketches, main_files

SAMPLE = 400
SHARE = 0.95
EXPLAINED = {
    f"interpretations/*/others/*/{KEY}": "nothing refers to a reading that was not chosen",
    f"messages/*/*/{KEY}": "another language has the code",
    f"rules/*/{KEY}": "nothing refers to a rule, and the word stands nowhere else",
    f"clocks/*/{KEY}": "as rules, where nothing refers to the clock",
    f"guards/*/{KEY}": "as rules, where nothing refers to the guard",
    f"quotas/*/{KEY}": "as rules, where nothing refers to the quota",
    f"credits/*/{KEY}": "as rules",
    f"channels/*/{KEY}": "as rules, where nothing refers to the channel",
    f"scope/*/{KEY}": "as rules, where nothing refers to the reason",
    f"intake/*/{KEY}": "as rules, where nothing refers to the type of request",
    f"events/*/{KEY}": "only warned of: nothing refers to the event",
    f"messages/*/{KEY}": "only warned of: nothing refers to the message",
    f"calendars/*/{KEY}": "only noted: nothing refers to the calendar, contracts may",
    f"interpretations/*/{KEY}": "only warned of: nothing refers to the interpretation",
    f"fields/*/*/{KEY}": "nothing refers to the field, and the word stands nowhere else",
    "fields/*/of": "nothing tests for the value, and the word stands nowhere else",
    "close_reasons": "only noted: no rule closes with the reason, people may",
    "people": "only warned of: nothing refers to the person",
    "ruleset": "free text",
    "policy": "the name of a file that only people read",
    "clauses": "only warned of: there is no such clause file",
    "interpretations/*/by": "free text",
    "calendars/*/holidays/add/*": "free text",
    "calendars/*/zone": "UCT is another name of UTC",
    "interpretations/*/others/*/calendars/*/zone": "UCT is another name of UTC",
    "rules/*/tag/*": "free text",
    "applies_to/*": "free text that a condition looks for",
    "rules/*/when/*": "free text that a condition looks for",
    "events/*/language": "another language has the code",
    "events/*/text*": "free text that an event looks for",
    "plans/*/also_called": "free text",
    "*/clause": "an id of a clause whose letters stand nowhere else, and there is no clause file",
    "interpretations/*/supersedes": "as clauses",
}
"""Where a slip may be accepted (a path of keys; `*` is one or more of them), and why; the first that fits counts."""


def explanation(swap: Swap) -> str | None:
    """Why the slip cannot be told; None where it is explained nowhere."""
    where = "/".join(swap.path)
    return next((why for pattern, why in EXPLAINED.items() if fnmatchcase(where, pattern)), None)


def measured(path: Path) -> tuple[int, list[Swap]]:
    """How many slips were tried on a file, and those that were accepted."""
    text = path.read_text(encoding="utf-8")
    found = swaps(text)
    everything = os.environ.get("CASEWARDEN_SWAPS") == "all" or len(found) <= SAMPLE
    chosen = found if everything else random.Random(path.name).sample(found, SAMPLE)
    return len(chosen), accepted(path, text, chosen)


def check(path: Path) -> None:
    tried, taken = measured(path)
    shown = "\n".join(f"{swap}   ({explanation(swap) or 'EXPLAINED NOWHERE'})" for swap in taken)
    print(f"{path.name}: {len(taken)} of {tried} slips accepted ({1 - len(taken) / tried:.1%} refused)\n{shown}")
    assert [str(swap) for swap in taken if explanation(swap) is None] == []
    assert len(taken) <= (1 - SHARE) * tried, shown


@pytest.mark.parametrize("path", main_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_slips_in_shipped_rulesets_are_refused(path: Path) -> None:
    check(path)


def test_slips_in_the_sketches_of_the_design_are_refused(shared_dir: Path, tmp_path: Path) -> None:
    assert shared_dir.is_dir()
    for path in clean_sketches(tmp_path):
        check(path)


def test_slips_are_made_in_words_and_not_in_prose() -> None:
    text = 'casewarden: 1\npeople: [on_call]\nmessages:\n  hello: {en: "Good day"}\nrules:\n  a: {note: some prose}\n'
    words = {swap.word for swap in swaps(text)}
    assert words == {"casewarden", "people", "on", "call", "messages", "hello", "en", "rules", "note"}
    slips = {swap.slip for swap in swaps(text) if swap.word == "call"}
    assert slips == {"acll", "clal"}
    first = swaps(text)[0]
    assert first.applied(text).startswith("acsewarden: 1\n")


@pytest.mark.parametrize(
    ("rule", "note", "code"),
    [
        ("tell_manager", "", None),
        ("tell_manaegr", "", "CW309"),
        ("tell_manaegr", "the manaegr is a machine, ", None),
        ("form_received", "", None),
        ("deliver_mirror", "", None),
        ("reomve_it", "", "CW309"),
    ],
)
def test_a_word_that_stands_nowhere_else_and_is_nearly_another_is_told(rule: str, note: str, code: str | None) -> None:
    text = f"""\
casewarden: 1
ruleset: bad
revision: {{from: 2026-01-01, binds: new_cases}}
defaults:
  calendar: office
  language: en
  days: {{mode: end_of_day, origin: next_opening}}
  boundary: closing
  on_change: {{severity: keep, plan: keep, contract: keep}}
people: [manager]
calendars:
  office: {{zone: Europe/Zurich, open: {{mon-fri: 08:00-17:00}}, holidays: none}}
rules:
  {rule}:
    note: "{note}nothing else"
    clause: [X-1]
    each: case_opened
    then: [notify: {{who: manager, message: hello}}]
messages:
  hello: {{en: "A case was opened."}}
"""
    _, diagnostics = load_text(text)
    assert [item.code for item in diagnostics.items] == ([] if code is None else [code])
