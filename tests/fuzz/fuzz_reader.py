"""Coverage-guided fuzzing of the reader and the layout, by atheris.

For hours: `python tests/fuzz/fuzz_reader.py CORPUS_FOLDER -max_total_time=3600`; without arguments until stopped.
What must hold for any bytes: nothing is raised; without a tree there is an error; a tree formats to the same tree.
"""

import sys

import atheris

with atheris.instrument_imports(include=["casewarden"]):
    from casewarden.report.diagnostics import render_text
    from casewarden.report.sarif import render_sarif
    from casewarden.ruleset.diagnostics import Diagnostics
    from casewarden.ruleset.format import format_text
    from casewarden.ruleset.nodes import read_yaml
    from casewarden.ruleset.reader import read


def one(data: bytes) -> None:
    """Read, draw, format."""
    diagnostics = Diagnostics()
    node = read_yaml(data, "fuzz.yaml", diagnostics)
    assert node is not None or diagnostics.has_errors
    render_text(diagnostics)
    render_sarif(diagnostics)
    others = Diagnostics()
    slow = read(data, "fuzz.yaml", others, in_python=True)
    assert slow is not None or others.has_errors
    laid_out = Diagnostics()
    format_text(data, "fuzz.yaml", laid_out)
    assert all(item.code != "CW126" for item in laid_out.items)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
