"""The page of codes says what the catalogue says."""

from casewarden.report.codes_page import codes_page
from casewarden.ruleset.codes import CATALOGUE
from support.pages import CHECKOUT


def test_the_page_is_fresh() -> None:
    kept = (CHECKOUT / "docs" / "diagnostics.md").read_text(encoding="utf-8")
    assert kept == codes_page(), "write it anew with `make diagnostics`"


def test_every_code_has_its_own_heading() -> None:
    headings = [line[4:] for line in codes_page().splitlines() if line.startswith("### ")]
    assert headings == sorted(CATALOGUE)
    assert len(headings) == len(set(headings))
