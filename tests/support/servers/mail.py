"""Postfix and Dovecot from Debian's packages, on loopback, with everything of theirs in one folder.

Postfix takes mail by SMTP and hands it to Dovecot by LMTP; Dovecot shows it by IMAP. Neither reads nor writes the
system's configuration, mail or queues. Both need to be started by root, and drop their privileges themselves.
"""

import grp
import imaplib
import json
import os
import pwd
import secrets
import smtplib
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from support.servers.packages import NoServerError
from support.servers.processes import Process, free_port, wait_until

PASSWORD: Final = "a-mailbox-of-the-tests"
MAILBOXES: Final = (
    "support@desk.example",
    "sales@desk.example",
    "alice@desk.example",
    "kim@customer.example",
    "lee@customer.example",
)
"""Who has a mailbox; `name+anything@domain` arrives there, too. Mail to others in these domains is refused at once.

Beside them there are those that tests make for themselves: see `MailServers.new_mailbox`.
"""
GONE: Final = "gone.example"
"""Mail to anybody here is accepted, and comes back with a delivery status notification (5.1.1)."""
SLOW: Final = "slow.example"
"""Mail to anybody here is accepted, and waits in the queue ; the server it is for never answers."""

_TIME_LIMIT_S: Final = 60
_DOVECOT: Final = """\
base_dir = {folder}/run
state_dir = {folder}/state
instance_name = {name}
log_path = /dev/stderr
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
first_valid_gid = 1
recipient_delimiter = +
lmtp_hdr_delivery_address = original
lmtp_save_to_detail_mailbox = no
mail_location = maildir:{folder}/mail/%d/%n
mail_fsync = never
mail_max_userip_connections = 100
postmaster_address = postmaster@desk.example
default_vsz_limit = 1G
passdb {
  driver = passwd-file
  args = username_format=%u {folder}/mailboxes
}
passdb {
  driver = static
  args = password={password}
  username_filter = desk-*@desk.example
}
userdb {
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%d/%n
}
namespace inbox {
  inbox = yes
  separator = /
}
service imap-login {
  inet_listener imap {
    port = {imap}
  }
  inet_listener imaps {
    port = 0
  }
}
service lmtp {
  inet_listener lmtp {
    port = {lmtp}
  }
}
"""
_MAIN: Final = """\
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.desk.example
mydestination =
local_recipient_maps =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = reject_unlisted_recipient, permit_mynetworks, reject
recipient_delimiter = +
virtual_mailbox_domains = desk.example, customer.example
virtual_mailbox_maps = texthash:{folder}/postfix/mailboxes, regexp:{folder}/postfix/desks
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
relay_domains = gone.example, slow.example
transport_maps = texthash:{folder}/postfix/transport
default_transport = error:5.1.2 nothing leaves this machine
alias_maps =
alias_database =
biff = no
message_size_limit = 52428800
"""
_MASTER: Final = """\
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class MailServers:
    """The two servers, listening on loopback: where to send (`smtp`) and where to read (`imap`), as ports."""

    folder: Path
    smtp: int
    imap: int
    dovecot: Process
    postfix: Process

    @classmethod
    def make(cls, folder: Path) -> Self:
        """Make and start both in a folder that does not exist yet; NoServerError where they do not come up.

        The folder's path is short: sockets lie below it.
        """
        if os.geteuid() != 0:
            raise NoServerError("dovecot and postfix are started by root alone")
        smtp, imap, lmtp = free_port(), free_port(), free_port()
        _lay_out(folder, lmtp)
        nobody = pwd.getpwnam("nobody")
        values = {
            "folder": str(folder),
            "password": PASSWORD,
            "name": folder.parent.name,
            "uid": str(nobody.pw_uid),
            "gid": str(nobody.pw_gid),
            "smtp": str(smtp),
            "imap": str(imap),
            "lmtp": str(lmtp),
        }
        for path, text in (("dovecot.conf", _DOVECOT), ("postfix/main.cf", _MAIN), ("postfix/master.cf", _MASTER)):
            (folder / path).write_text(_filled(text, values), encoding="utf-8")
        dovecot = Process.start(["dovecot", "-F", "-c", str(folder / "dovecot.conf")], folder / "dovecot.log")
        postfix = _started_postfix(folder)
        servers = cls(folder, smtp, imap, dovecot, postfix)
        said = {"smtp": smtp, "imap": imap, "dovecot": dovecot.named, "postfix": postfix.named}
        (folder / "made.json").write_text(json.dumps(said))
        wait_until(servers._shows_mail, dovecot, _TIME_LIMIT_S)
        wait_until(servers._takes_mail, postfix, _TIME_LIMIT_S)
        return servers

    @classmethod
    def made(cls, folder: Path) -> Self:
        """Those that another process made in a folder."""
        said = json.loads((folder / "made.json").read_text())
        processes = (Process.told(said[name], folder / f"{name}.log") for name in ("dovecot", "postfix"))
        return cls(folder, said["smtp"], said["imap"], *processes)

    def new_mailbox(self) -> str:
        """A mailbox of a test's own, in which nobody else's mail arrives; its address.

        Both servers know its form and nothing else of it, so it is there at once.
        """
        return f"desk-{secrets.token_hex(6)}@desk.example"

    def smtp_client(self) -> smtplib.SMTP:
        """A connection by which mail is sent; close it after use."""
        return smtplib.SMTP("127.0.0.1", self.smtp, timeout=30)

    def imap_client(self, address: str) -> imaplib.IMAP4:
        """A connection to the mailbox of this address, logged in; close it after use."""
        client = imaplib.IMAP4("127.0.0.1", self.imap, timeout=30)
        client.login(address, PASSWORD)
        return client

    def waiting(self) -> list[dict[str, object]]:
        """What stands in the queue, as `postqueue -j` tells it: one entry a mail."""
        words = ["postqueue", "-c", str(self.folder / "postfix"), "-j"]
        said = subprocess.run(words, capture_output=True, text=True, check=True, timeout=_TIME_LIMIT_S).stdout
        return [json.loads(line) for line in said.splitlines()]

    def stop(self) -> None:
        """Stop both; the folder stays."""
        self.postfix.stop()
        self.dovecot.stop()

    def _shows_mail(self) -> bool:
        try:
            with self.imap_client(MAILBOXES[0]):
                return True
        except (OSError, imaplib.IMAP4.error):
            return False

    def _takes_mail(self) -> bool:
        try:
            with self.smtp_client():
                return True
        except (OSError, smtplib.SMTPException):
            return False


def _lay_out(folder: Path, lmtp: int) -> None:
    for part in ("run", "state", "mail", "postfix", "spool", "data"):
        (folder / part).mkdir(parents=True, mode=0o755)
    nobody, postfix = pwd.getpwnam("nobody"), pwd.getpwnam("postfix")
    os.chown(folder / "mail", nobody.pw_uid, nobody.pw_gid)
    os.chown(folder / "data", postfix.pw_uid, grp.getgrnam("postfix").gr_gid)
    logins = "".join(f"{address}:{{PLAIN}}{PASSWORD}::::::\n" for address in MAILBOXES)
    (folder / "mailboxes").write_text(logins, encoding="utf-8")
    desks = r"/^desk-[0-9a-f]+(\+[^@]*)?@desk\.example$/ x"
    (folder / "postfix" / "desks").write_text(f"{desks}\n", encoding="utf-8")
    (folder / "postfix" / "mailboxes").write_text("".join(f"{address} x\n" for address in MAILBOXES), encoding="utf-8")
    # Dovecot knows nobody of the one; at the port of the other nobody listens.
    routes = f"{GONE} lmtp:inet:127.0.0.1:{lmtp}\n{SLOW} smtp:[127.0.0.1]:1\n"
    (folder / "postfix" / "transport").write_text(routes, encoding="utf-8")


def _started_postfix(folder: Path) -> Process:
    configuration = str(folder / "postfix")
    words = ["postfix", "-c", configuration, "check"]  # it makes the folders of the queue
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=_TIME_LIMIT_S)
    if done.returncode != 0:
        raise NoServerError(f"postfix does not like its configuration: {done.stdout}{done.stderr}")
    # The master itself, and not `postfix start-fg`, which puts it in a group of processes that is not ours.
    return Process.start(["/usr/lib/postfix/sbin/master", "-c", configuration, "-d"], folder / "postfix.log")


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
