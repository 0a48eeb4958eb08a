"""A mailbox of a real Dovecot with so many cases: a customer's mail that begins each, and one that answers it.

Dovecot comes from Debian's packages and runs in processes of its own, so nothing of it is in the connector's processor
time. The mails are put straight into its folder.
"""

import os
import pwd
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from casewarden.model.event import Json
from support.servers.mail import PASSWORD, MailServers
from support.servers.packages import MAIL, require

ADDRESS: Final = "support@desk.example"
CUSTOMERS: Final = 5_000


@contextmanager
def mailbox(cases: int, start: int) -> Iterator[dict[str, Json]]:
    """The settings of a connector to it. NoServerError where there is no Dovecot here, and none can be had."""
    require(MAIL)
    with tempfile.TemporaryDirectory(prefix="cw") as name:
        Path(name).chmod(0o755)
        servers = MailServers.make(Path(name) / "mail")
        try:
            _fill(servers.folder / "mail" / "desk.example" / "support", cases, start)
            account: dict[str, Json] = {"user": ADDRESS, "password": PASSWORD}
            imap: dict[str, Json] = {"host": "127.0.0.1", "port": servers.imap, "tls": "none", **account}
            smtp: dict[str, Json] = {"host": "127.0.0.1", "port": servers.smtp, "tls": "none"}
            yield {"address": ADDRESS, "secret": "s" * 32, "imap": imap, "smtp": smtp}
        finally:
            servers.stop()


def _fill(folder: Path, cases: int, start: int) -> None:
    nobody = pwd.getpwnam("nobody")
    for name in (".", "cur", "new", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in range(2 * cases):
        path = folder / "new" / f"{start + number}.M{number}P1.bench"
        path.write_bytes(_mail(number, start + number))
        os.utime(path, (start + number, start + number))
    for path in (folder.parent, folder, *folder.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)


def _mail(number: int, at: int) -> bytes:
    case, is_answer = divmod(number, 2)
    who = f"person{case % CUSTOMERS}@customer.example"
    lines = [
        f"Return-Path: <{who}>",
        f"Received: from mail.customer.example by mail.desk.example; {formatdate(at)}",
        f"From: Person {case % CUSTOMERS} <{who}>",
        f"To: Support <{ADDRESS}>",
        f"Date: {formatdate(at)}",
        f"Subject: {'Re: ' if is_answer else ''}It does not work ({case})",
        f"Message-ID: <{number}@mail.customer.example>",
        *([f"In-Reply-To: <{number - 1}@mail.customer.example>"] if is_answer else []),
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "",
        "x" * 70 + "\n" + ("Since this morning our people cannot log in.\n" * 10),
    ]
    return "\n".join(lines).encode()
