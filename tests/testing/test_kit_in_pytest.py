"""The kit as its users meet it: failures quote the rule, reasons are enforced, verdicts are written with care."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from casewarden.plugin import Spec
from casewarden.testing.kit import SkipError, check_reasons, reason_for
from casewarden.testing.rules import BY_ID, RULES
from casewarden.testing.scaffold.writing import scaffold
from casewarden.testing.verdict import FILE, VerdictError, expected, in_words, read, write

WHOLE = "Acme has nothing of the kind at all."


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A plugin as it was just written, without its own test beside the kit."""
    for path, text in scaffold("acme").items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def tried(folder: Path, *options: str) -> str:
    """What pytest prints of a plugin's tests."""
    environment = dict(os.environ) | {"PYTEST_ADDOPTS": "", "NO_COLOR": "1", "COLUMNS": "200"}
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", *options]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False).stdout


def test_a_failure_quotes_the_rule_and_says_what_happened(plugin: Path) -> None:
    edit(plugin / "casewarden_acme" / "connector.py", "attempt.again and self._stands", "False and self._stands")
    said = tried(plugin, "-k", "again-once or resume")
    assert "1 failed, 1 passed" in said
    assert f"rule `again-once`: {BY_ID['again-once'].sentence}" in said
    assert "after another attempt with `again` it stands 2 times" in said


def test_a_reason_is_a_sentence_and_does_not_excuse_from_everything(plugin: Path) -> None:
    skips = f'    skips = {{"webhooks": "{WHOLE}"}}\n\n    @pytest.fixture'
    edit(plugin / "tests" / "test_acme.py", "    @pytest.fixture", skips)
    said = tried(plugin)
    assert re.search(r"\d+ passed, 4 skipped", said)
    assert f"rule `webhook-forged`: {WHOLE}" in said
    edit(plugin / "tests" / "test_acme.py", WHOLE, "no")
    assert "the reason for leaving out `webhooks` is no sentence: 'no'" in tried(plugin, "-k", "test_reasons")


@pytest.mark.parametrize(
    ("skips", "said"),
    [
        ({"resume": WHOLE}, "nothing excuses from the rule `resume`: After a crash"),
        ({"webhook": WHOLE}, "there is no rule `webhook`; rules are spec-valid"),
        ({"writing": "todo"}, "the reason for leaving out `writing` is no sentence: 'todo'"),
        ({"read-back": ""}, "the reason for leaving out `read-back` is no sentence: ''"),
    ],
)
def test_a_reason_that_is_none_is_told(skips: dict[str, str], said: str) -> None:
    with pytest.raises(SkipError, match=re.escape(said)):
        check_reasons(skips)


def test_a_group_excuses_from_those_of_its_rules_that_can_be_left_out() -> None:
    left = [rule.id for rule in RULES if reason_for(rule, {"writing": WHOLE})]
    assert left == [rule.id for rule in RULES if rule.group == "writing" and not rule.always]
    assert "unknown-action" not in left


def test_a_verdict_is_written_only_where_every_rule_was_tried(plugin: Path) -> None:
    file = plugin / "casewarden_acme" / FILE
    assert "verdict" not in tried(plugin, "-k", "test_verdict")
    assert "verdict on acme 0.1.0: not written, for spec-valid" in tried(
        plugin, "--casewarden-verdict", "-k", "verdict"
    )
    assert not file.exists()
    edit(plugin / "casewarden_acme" / "connector.py", "attempt.again and self._stands", "False and self._stands")
    assert "verdict on acme 0.1.0: not written, for again-once\n" in tried(plugin, "--casewarden-verdict")
    assert not file.exists()
    edit(plugin / "casewarden_acme" / "connector.py", "False and self._stands", "attempt.again and self._stands")
    assert f"written to {file}" in tried(plugin, "--casewarden-verdict")
    assert json.loads(file.read_text(encoding="utf-8"))["kept"] == [rule.id for rule in RULES]
    assert "1 passed" in tried(plugin, "-k", "test_verdict")
    edit(plugin / "casewarden_acme" / "settings.py", "0.1.0", "0.2.0")
    assert "is of another version or other rules; write it anew" in tried(plugin, "-k", "test_verdict")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / re.sub(r"\W", "_", f"package_{tmp_path.parent.name}_{tmp_path.name}")  # never imported before
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def test_a_verdict_comes_back_as_it_was_written(package: Path) -> None:
    verdict = expected(Spec("acme", "1", {}, frozenset()), {"read-back": "Grüße, es gibt nichts."})
    assert read(package.name) is None
    assert write(package.name, verdict) == package / FILE
    assert read(package.name) == verdict


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"casewarden_kit": 2}', '{"casewarden_kit": 1, "left_out": []}'])
def test_a_file_that_is_no_verdict_is_told(package: Path, text: str) -> None:
    (package / FILE).write_text(text)
    with pytest.raises(VerdictError, match=r"kit\.json (is no|has the form 2)"):
        read(package.name)


def test_a_verdict_says_what_it_is_worth() -> None:
    spec = Spec("acme", "1", {}, frozenset())
    whole = expected(spec, {})
    count = len(RULES)
    assert in_words(None, spec) == "not tried"
    assert in_words(whole, spec) == f"keeps {count} of {count} rules"
    assert in_words(whole, Spec("acme", "2", {}, frozenset())) == "tried as version 1 only"
    some = expected(spec, {"read-back": WHOLE})
    assert in_words(some, spec) == f"keeps {count - 1} of {count} rules, 1 left out with reasons"
    older = type(whole)("acme", "1", 1, whole.kept[1:])
    assert in_words(older, spec) == f"keeps {count - 1} of {count} rules, 1 not tried"


def test_the_plugin_loads_nothing_of_the_engine_before_it_is_needed() -> None:
    asked = (
        "import sys, casewarden.testing.pytest_plugin\n"
        "print(*(name for name in sys.modules if name.startswith('casewarden.') and 'testing' not in name))\n"
        "print(*({'httpx', 'jsonschema', 're2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
