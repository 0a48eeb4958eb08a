"""A short, seeded run of the coverage-guided fuzzer; hours of it are for `tests/fuzz`."""

import subprocess
import sys
from pathlib import Path

import pytest

HARNESS = Path(__file__).resolve().parents[1] / "fuzz" / "fuzz_reader.py"
BAD = Path(__file__).resolve().parents[1] / "rulefiles" / "bad"


def test_the_fuzzer_finds_nothing_in_a_short_run(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris has no wheel for this Python or platform")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for file in BAD.glob("CW1*.yaml"):
        (corpus / file.name).write_bytes(file.read_bytes())
    done = subprocess.run(
        [
            sys.executable,
            str(HARNESS),
            str(corpus),
            "-runs=4000",
            "-seed=7",
            "-max_len=600",
            "-timeout=20",
            "-verbosity=0",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
