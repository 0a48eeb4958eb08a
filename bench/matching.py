"""Rule matching against its peers, in one run: 50 rules of three conditions over a case of 21 fields.

Each matcher gets every case in the form that it wants, made before the clock starts, and must name the same rules. The
rounds are interleaved, so that a busy machine is busy for all, and each begins with a pass that is not counted. Figures
are the median of the rounds, in microseconds of processor time a case (of the clock where another process works); the
last column is the peer's over ours.
"""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import generated
from casewarden.decide import compile_ruleset
from casewarden.decide.durable import DurableMatcher
from casewarden.decide.durable_worker import DurableError
from casewarden.decide.state import State
from casewarden.ruleset.load import load_text
from generated import Drawn

RULES = 50
CASES = 200
PASSES = 3
ROUNDS = 15
NOW = 1_784_000_000_000_000

# The number of a case to what the matcher gives for it, and that to the indices of the rules that are true.
Match = Callable[[int], Any]
Read = Callable[[Any], list[int]]
Peer = tuple[Match, Read]


@dataclass(frozen=True)
class Row:
    """One figure; `microseconds` is None where the peer is not installed, which `remark` says."""

    who: str
    microseconds: float | None
    ratio: float | None
    remark: str = ""


def ours(rules: list[Drawn]) -> Peer:
    ruleset, _ = load_text(generated.ruleset(rules))
    assert ruleset is not None
    compiled = compile_ruleset(ruleset)
    states = []
    for seed in range(CASES):
        state = State(compiled, ())
        state.values.update({f"case.{name}": value for name, value in generated.case(seed).items()})
        states.append(state)
    matching = compiled.matching
    return lambda number: matching(states[number], NOW), lambda given: given[0]


def zen(rules: list[Drawn]) -> Peer:
    """Its fastest form: one compiled expression that gives a list of truths."""
    import zen as library

    def condition(rule: Drawn) -> str:
        tests = [
            f'{name} == "{wanted[0]}"' if len(wanted) == 1 else f"{name} in {json.dumps(wanted)}"
            for name, wanted in rule.choices
        ]
        return " and ".join([*tests, f"{rule.number} >= {rule.at_least}"])

    expression = library.compile_expression(f"[{', '.join(map(condition, rules))}]")
    cases = [generated.case(seed) for seed in range(CASES)]
    return lambda number: expression.evaluate(cases[number]), lambda given: [i for i, true in enumerate(given) if true]


def durable_tests(rules: list[Drawn]) -> dict[str, dict[str, Any]]:
    out: dict[str, dict[str, Any]] = {}
    for index, rule in enumerate(rules):
        tests: list[dict[str, Any]] = []
        for name, wanted in rule.choices:
            equal = [{name: value} for value in wanted]
            tests.append(equal[0] if len(equal) == 1 else {"$or": equal})
        tests.append({"$gte": {rule.number: rule.at_least}})
        out[f"r{index}"] = {"all": [{"m": {"$and": tests}}]}
    out["every"] = {"all": [{"m": {"every": 1}}]}  # a fact on which no rule fires would be refused
    return out


def durable_host(rules: list[Drawn]) -> Peer:
    """As its pages show: a host, a fact for each case, an action for each rule."""
    from durable.engine import Host

    fired: list[int] = []

    def noting(index: int) -> Callable[[object], None]:
        return lambda _: fired.append(index)

    definition = durable_tests(rules)
    for index, rule in enumerate(definition.values()):
        rule["run"] = noting(index)
    host = Host({"bench": definition})
    cases = [{**generated.case(seed), "every": 1, "id": seed + 1} for seed in range(CASES)]

    def match(number: int) -> list[int]:
        fired.clear()
        host.assert_fact("bench", cases[number])
        host.retract_fact("bench", cases[number])
        return fired

    return match, lambda given: sorted(set(given) - {len(rules)})


def durable_matcher(rules: list[Drawn]) -> Peer:
    """Our own narrow use of the library, its process and its pipe included."""
    ruleset, _ = load_text(generated.ruleset(rules))
    assert ruleset is not None
    try:
        matcher = DurableMatcher(ruleset)
    except DurableError as error:
        raise ImportError(name="durable") from error
    cases = [{f"case.{name}": value for name, value in generated.case(seed).items()} for seed in range(CASES)]
    return lambda number: matcher.matching(cases[number]), lambda given: [int(name[1:]) for name in given]


WHO: dict[str, Callable[[list[Drawn]], Peer]] = {
    "casewarden": ours,
    "zen-engine, one expression": zen,
    "durable-rules, its Host": durable_host,
    "casewarden's durable matcher": durable_matcher,
}


# It works in another process, so only the clock on the wall sees what it takes.
CLOCKS = {"casewarden's durable matcher": time.perf_counter}


def spent(match: Match, clock: Callable[[], float]) -> float:
    """Microseconds a case."""
    for number in range(CASES):
        match(number)
    begun = clock()
    for _ in range(PASSES):
        for number in range(CASES):
            match(number)
    return (clock() - begun) / (CASES * PASSES) * 1e6


def measure() -> list[Row]:
    rules = generated.drawn(RULES)
    peers: dict[str, Peer] = {}
    rows: list[Row] = []
    for who, prepare in WHO.items():
        try:
            peers[who] = prepare(rules)
        except ImportError as error:
            rows.append(Row(who, None, None, f"not installed: {error.name}"))
    right = [peers["casewarden"][1](peers["casewarden"][0](number)) for number in range(CASES)]
    others = {who: [read(match(number)) for number in range(CASES)] for who, (match, read) in peers.items()}
    rounds: dict[str, list[float]] = {who: [] for who in peers}
    for _ in range(ROUNDS):
        for who, (match, _) in peers.items():
            rounds[who].append(spent(match, CLOCKS.get(who, time.process_time)))
    base = statistics.median(rounds["casewarden"])
    found = [
        Row(who, median, median / base, "" if others[who] == right else "other rules")
        for who, median in ((who, statistics.median(figures)) for who, figures in rounds.items())
    ]
    return found + rows


def main() -> None:
    print(f"{'':30}{'us a case':>12}{'theirs / ours':>15}")
    for row in measure():
        figures = "" if row.microseconds is None else f"{row.microseconds:12,.2f}{row.ratio:15,.1f}"
        print(f"{row.who:30}{figures}  {row.remark}".rstrip())


if __name__ == "__main__":
    main()
