"""A process that appends actions to an outbox, one after the other, to be killed at any moment.

`python -m support.appending OUTBOX FIRST LAST`: applies the actions k-FIRST to k-LAST, those that it finds half done
as well, and says each on standard output before it begins with it. With the first it waits for a line on standard
input, or its end.
"""

import sys
from pathlib import Path

from casewarden.plugin import AlreadyApplied, Applied, Attempt
from casewarden_files.plugin import Files


def main(outbox: str, first: str, last: str) -> None:
    files = Files().connect("out", {"inbox": str(Path(outbox).with_name("in.jsonl")), "outbox": outbox})
    for number in range(int(first), int(last) + 1):
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        if number == int(first):
            sys.stdin.readline()
        text = "text " * (number * 997 % 3_000)
        attempt = Attempt(f"case:1/rule/{number}/0/0", "case:1", None, "note", {"text": text}, again=True)
        answer = files.apply(attempt)
        assert isinstance(answer, Applied | AlreadyApplied), answer


if __name__ == "__main__":
    main(*sys.argv[1:])
