"""Debian packages of the real servers: found, or installed once where that is possible here."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Final

REQUEST_TRACKER: Final = ("request-tracker5", "rt5-standalone", "rt5-db-sqlite")
MAIL: Final = ("dovecot-imapd", "dovecot-lmtpd", "postfix")

_TIME_LIMIT_S: Final = 900
_ANSWERS: Final = """\
request-tracker5 request-tracker5/dbconfig-install boolean false
postfix postfix/main_mailer_type select No configuration
"""
"""To what the packages ask when they come: no database and no mail service of the system's own."""


class NoServerError(Exception):
    """A real server cannot be had here; the message says why."""


def require(packages: Sequence[str]) -> None:
    """Have these packages on the machine; NoServerError where they are not and cannot be installed.

    Nothing that is there is removed, and no service of the system is started.
    """
    if not shutil.which("dpkg-query"):
        raise NoServerError("this is no Debian, and the packages come from there")
    missing = [name for name in packages if not _is_installed(name)]
    if not missing:
        return
    names = " ".join(missing)
    if os.geteuid() != 0:
        raise NoServerError(f"`apt-get install {names}` is left to root")
    quiet = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}  # no service is started in run level 1
    _run(["apt-get", "update", "-qq"], missing, quiet)
    _run(["debconf-set-selections"], missing, quiet, said=_ANSWERS)
    install = ["apt-get", "install", "-qq", "-y", "--no-remove", "--no-install-recommends"]
    _run([*install, "-o", "DPkg::Lock::Timeout=300", *missing], missing, quiet)


def _is_installed(name: str) -> bool:
    words = ["dpkg-query", "-W", "-f", "${db:Status-Status}", name]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout == "installed"


def _run(words: Sequence[str], missing: Sequence[str], more: Mapping[str, str], said: str = "") -> None:
    try:
        done = subprocess.run(
            words, input=said, text=True, capture_output=True, timeout=_TIME_LIMIT_S, check=False, env=os.environ | more
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise NoServerError(f"{' '.join(missing)} cannot be installed: {problem}") from None
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip() or "it says nothing").splitlines()[-1]
        raise NoServerError(f"{' '.join(missing)} cannot be installed: `{words[0]} {words[1:2]}`: {last}")
