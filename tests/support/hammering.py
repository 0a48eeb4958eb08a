"""A process that carries actions out at a fake helpdesk like a careless sidecar, to be killed at any moment.

`python -m support.hammering SETTINGS COUNT`: attempts each of the actions k-1 to k-COUNT until it is settled. Before an
attempt it is written down that one begins (`NAME.begun` in the helpdesk's folder), so that `again` is set in the next
life.
"""

import json
import sys
from pathlib import Path

from casewarden.plugin import AlreadyApplied, Applied, Attempt, Rejected
from support.fake_helpdesk import FakeHelpdesks


def main(settings: str, count: str) -> None:
    said = json.loads(settings)
    desk = FakeHelpdesks().connect("desk", said)
    for number in range(1, int(count) + 1):
        begun = Path(said["folder"]) / f"{number}.begun"
        while True:
            attempt = Attempt(f"k-{number}", "case:1", "1", "note", {"text": "x"}, again=begun.exists())
            begun.touch()
            try:
                answer = desk.apply(attempt)
            except OSError:
                continue
            if isinstance(answer, Applied | AlreadyApplied | Rejected):
                break


if __name__ == "__main__":
    main(*sys.argv[1:])
