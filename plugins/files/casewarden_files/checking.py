"""Whether the connector can work, in plain words."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from casewarden.plugin import Check, Finding
from casewarden_files.listing import InboxFile, Listing, is_folder, listing, open_listed
from casewarden_files.settings import FilesSettings

_LITTLE: Final = 100_000_000
_TOO_LITTLE: Final = 1_000_000


def check(settings: FilesSettings) -> Check:
    """What is fit and what is not, with what would be right. Nothing is written."""
    return Check((*check_inbox(settings.inbox), *_outbox(settings.outbox), *_disk(settings.outbox.parent)))


def check_inbox(inbox: Path) -> Iterator[Finding]:
    """What of the files that are read is fit and what is not."""
    try:
        found = listing(inbox)
    except FileNotFoundError:
        missing = inbox if is_folder(inbox) else inbox.parent
        yield Finding(
            "error", f"there is no folder {missing}, where the inbox should be", f"make it: mkdir -p {missing}"
        )
        return
    except OSError as error:
        yield Finding(
            "error", f"the inbox {inbox} cannot be listed: {error.strerror}", "let the sidecar's user read it"
        )
        return
    for name, reason in found.refused.items():
        yield Finding("warning", f"{found.folder / name} is not read: it {reason}")
    if not found.has_live:
        what = "no file *.jsonl in it yet" if is_folder(inbox) else "no such file yet"
        yield Finding("warning", f"the inbox {inbox} is empty: there is {what}", "it is read once it is there")
        return
    fit = 0
    for file in found.files:
        trouble = _trouble(found, file)
        fit += trouble is None or trouble.level != "error"
        if trouble is not None:
            yield trouble
    yield Finding("ok", f"{fit} {'file' if fit == 1 else 'files'} can be read in the inbox {inbox}")


def _trouble(found: Listing, file: InboxFile) -> Finding | None:
    path = found.folder / file.name
    try:
        handle = open_listed(found.folder, file)
    except FileNotFoundError:
        return None  # rotated in this very moment
    except OSError as error:
        return Finding("error", f"{path} cannot be read: {error.strerror}", "let the sidecar's user read it")
    try:
        size = os.fstat(handle).st_size
        if size and os.pread(handle, 1, size - 1) != b"\n":
            return Finding(
                "warning", f"the last line of {path} has no end yet", "it is read once a newline stands behind it"
            )
    finally:
        os.close(handle)
    return None


def _outbox(outbox: Path) -> Iterator[Finding]:
    folder = outbox.parent
    if not folder.is_dir():
        yield Finding(
            "error", f"there is no folder {folder}, where the outbox should be", f"make it: mkdir -p {folder}"
        )
    elif outbox.exists() and not outbox.is_file():
        yield Finding("error", f"the outbox {outbox} is no ordinary file", "name a file")
    elif not os.access(outbox if outbox.exists() else folder, os.W_OK):
        yield Finding("error", f"the outbox {outbox} cannot be written", "let the sidecar's user write it")
    else:
        yield Finding("ok", f"the outbox {outbox} can be written")


def _disk(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        return
    free = shutil.disk_usage(folder).free
    if free >= _LITTLE:
        yield Finding("ok", f"the disk of {folder} has {free // 1_000_000:,} MB left")
        return
    left = f"the disk of {folder} has {free // 1_000_000} MB left"
    yield Finding("error" if free < _TOO_LITTLE else "warning", left, "make room, or rotate the outbox")
