"""Long simulated weeks of connectors: things happen at a fake helpdesk, and calls fail at every step.

python bench/weeks.py [CHANGES [NAME...]]    # 10,000 at each, if nothing is said

They are the tests of the usual run, made long: through a real store, with lost calls, rate limits, crashes between what
was read and what was kept, lost webhooks. At the end both sides must be equal: each change in the log once, each rule's
effect there once. Ends with exit code 1 where one is not.
"""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

CHANGES: Final = 10_000
ROOT: Final = Path(__file__).resolve().parents[1]
WEEKS: Final = {
    "zendesk": "sqlite",
    "jira": "sqlite",
    "rt": "equal and 1",
    "email": "sqlite",
}
"""Which of a connector's weeks: those on SQLite, and one seed."""


def main() -> None:
    changes = sys.argv[1] if len(sys.argv) > 1 else str(CHANGES)
    told = dict.fromkeys(("CASEWARDEN_WEEK_CHANGES", "CASEWARDEN_RT_STEPS"), changes)
    failed = []
    for name in sys.argv[2:] or WEEKS:
        test = f"tests/connectors/{name}/test_week.py"
        words = [sys.executable, "-m", "pytest", test, "-q", "-n", "0", "-p", "no:cacheprovider", "-k", WEEKS[name]]
        before, begun = _cpu(), time.monotonic()
        done = subprocess.run(words, cwd=ROOT, env=os.environ | told, capture_output=True, text=True, check=False)
        spent, took = (_cpu() - before) / 60, (time.monotonic() - begun) / 60
        print(f"{name}: {done.stdout.splitlines()[-1]}; {spent:.0f} minutes of processor time, {took:.0f} by the clock")
        if done.returncode != 0:
            failed.append(name)
            print(done.stdout)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
