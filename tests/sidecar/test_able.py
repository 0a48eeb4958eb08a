"""What no connector can do is told before the sidecar starts, unless the rule says what to do instead."""

import os
from pathlib import Path

import pytest

from casewarden.cli.opened import settings_of
from casewarden.decide import compile_ruleset
from casewarden.ruleset.able import as_able, unable
from casewarden.sidecar.assembly import StartError
from casewarden.sidecar.running import Sidecar
from support.small import rule, ruleset

INSTEAD = rule(
    "escalate",
    """
    when: {case.core: down}
    then: [{notify: {who: manager, message: hello}}]
    if_unsupported: [{note: hello}]
    """,
)


def test_a_rule_does_what_it_says_instead_where_no_connector_can_do_what_it_wants() -> None:
    asked = ruleset(INSTEAD).ruleset
    able = frozenset({"note", "set"})
    assert list(unable(asked, able)) == []
    now = as_able(asked, able)
    assert now.rules["escalate"].then == asked.rules["escalate"].if_unsupported
    assert as_able(asked, able | {"notify"}) is asked
    compile_ruleset(now)


@pytest.mark.states("A14")
def test_a_rule_that_wants_what_no_connector_can_do_keeps_the_sidecar_from_starting(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from casewarden.cli import app

    made = CliRunner().invoke(app, ["init", "-y", "--rulesets", "starter", "--shadow", "no", str(tmp_path)])
    assert made.exit_code == 0, made.output
    path = tmp_path / "casewarden.yaml"
    path.write_text(path.read_text().replace("plugin: files\n", "plugin: files\n    actions: [note]\n"))
    with pytest.raises(StartError, match=r"the rule `\w+` of starter asks for `\w+`") as refused:
        Sidecar(settings_of(path), environ=os.environ, now=lambda: 0)
    assert "if_unsupported" in str(refused.value.fix)
