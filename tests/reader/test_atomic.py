"""A file is replaced as a whole, or stays as it is, with nothing left beside it."""

from pathlib import Path

import pytest

from casewarden.cli.atomic import replace_text


def test_a_file_is_written_anew_and_over_another(tmp_path: Path) -> None:
    target = tmp_path / "a.yaml"
    for text in ("first\n", "zweite Zeile: ä\n"):
        replace_text(target, text)
        assert target.read_text(encoding="utf-8") == text
    assert [path.name for path in tmp_path.iterdir()] == ["a.yaml"]


def test_mode_and_link_stay(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("old", encoding="utf-8")
    (tmp_path / "real.yaml").chmod(0o640)
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    replace_text(tmp_path / "link.yaml", "new")
    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_text(encoding="utf-8") == "new"
    assert (tmp_path / "real.yaml").stat().st_mode & 0o777 == 0o640


def test_what_cannot_be_written_changes_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "a.yaml"
    target.write_text("old", encoding="utf-8")
    with pytest.raises(UnicodeEncodeError):
        replace_text(target, "half a pair: \ud800")
    (tmp_path / "folder" / "within").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        replace_text(tmp_path / "folder", "no file")
    assert target.read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.yaml", "folder"]
