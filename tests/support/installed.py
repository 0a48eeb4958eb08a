"""Plugins that are really installed: a distribution in a folder, found like anyone's."""

from pathlib import Path
from textwrap import dedent


def install(folder: Path, name: str, module: str, *, point: str | None = None, version: str = "1.0") -> None:
    """Install a distribution with one module of its name, which the entry point `NAME = NAME` (or `point`) names."""
    underscored = name.replace("-", "_")
    (folder / f"{underscored}.py").write_text(dedent(module), encoding="utf-8")
    info = folder / f"{underscored}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[casewarden]\n{point or f'{name} = {underscored}'}\n", encoding="utf-8")
