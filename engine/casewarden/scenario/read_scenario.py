"""Files of scenario tests (`*.test.yaml`): read as a whole, checked against the ruleset that they test."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from casewarden.model.event import Json
from casewarden.ruleset.beside import is_outside
from casewarden.ruleset.diagnostics import Diagnostics, Place
from casewarden.ruleset.files import read_yaml_file
from casewarden.ruleset.forms import Context, as_list, as_map, as_text, check_keys, cited, one_of, unknown_name
from casewarden.ruleset.load import load
from casewarden.ruleset.names import Names, Sort, check_name
from casewarden.ruleset.nodes import Map, Node, Scalar
from casewarden.ruleset.read_durations import read_duration
from casewarden.ruleset.syntax import Ruleset
from casewarden.scenario.customers.directory import Directory
from casewarden.scenario.customers.read_directory import directory_beside
from casewarden.scenario.read_entries import KINDS, read_entries
from casewarden.scenario.read_expect import ExpectReader
from casewarden.scenario.read_given import read_facts
from casewarden.scenario.scenario import Scenario, ScenarioFile, Step
from casewarden.scenario.times import read_time
from casewarden.scenario.vocabulary import vocabulary
from casewarden.worktime import UnknownZone
from casewarden.worktime.zones import Zone, zone

SUFFIX: Final = ".test.yaml"
HEAD: Final = "casewarden_test"
FILE_KEYS: Final = (HEAD, "ruleset", "zone", "customers", "given", "tests", "accepted_mutants")
TEST_KEYS: Final = (
    "clause", "interpretation", "note", "readings", "about", "live_from", "customer", "reporter", "given", "timeline",
)  # fmt: skip
STEP_WORDS: Final = ("at", "advance", "happened_at", "expect")
Reading = tuple[tuple[str, str], ...]


def load_scenarios(path: Path) -> tuple[ScenarioFile | None, Diagnostics]:
    """Read a file of tests with the ruleset that it names; None exactly where there are errors."""
    diagnostics = Diagnostics()
    node = read_yaml_file(path, diagnostics)
    found = None if node is None else scenarios_of(path, node, diagnostics)
    return found, diagnostics


def scenarios_of(
    path: Path, node: Node, diagnostics: Diagnostics, ruleset: Ruleset | None = None
) -> ScenarioFile | None:
    """The tests that a document states; None where there are errors.

    The path tells where the ruleset is, unless it is given because it was written to no file yet.
    """
    found = _Reader(path, diagnostics, ruleset).read(node)
    return None if diagnostics.has_errors else found


class _Reader:
    """Reads one file; the ruleset is loaded once, and once more for each reading that a test asks for."""

    def __init__(self, path: Path, diagnostics: Diagnostics, given: Ruleset | None = None) -> None:
        self._path = path
        self._diagnostics = diagnostics
        self._given = given
        self._rulesets: dict[Reading, Ruleset] = {}
        self._ruleset_path = path
        self.names_no_customers = True

    def read(self, node: Node) -> ScenarioFile | None:
        """The whole file."""
        if not isinstance(node, Map) or node.get(HEAD) is None:
            place = node.place if not isinstance(node, Map) else _start(node.place)
            fix = f"begin it with `{HEAD}: 1`"
            if isinstance(node, Map) and node.get("casewarden") is not None:
                fix = "it is a ruleset: name the files of its tests instead, or their folder"
            self._diagnostics.error("CW900", place, "the file does not say that it is a test", fix)
            return None
        plain = Context(self._diagnostics, Names())
        version = node.get(HEAD)
        if not isinstance(version, Scalar) or version.text != "1":
            fix = f"write `{HEAD}: 1`"
            self._diagnostics.error("CW900", version or node, "this version of tests is not known", fix)
        check_keys(
            plain,
            node,
            "a file of tests",
            FILE_KEYS,
            ("ruleset", "zone", "tests"),
            at=Scalar("", _start(node.place), quoted=False),
        )
        here = self._zone(plain, node.get("zone"))
        ruleset = self._load(plain, node.get("ruleset"))
        if here is None or ruleset is None:
            return None
        context = vocabulary(ruleset, self._diagnostics)
        customers_node = node.get("customers")
        self.names_no_customers = customers_node is None
        directory = None if customers_node is None else directory_beside(context, self._path, customers_node, ruleset)
        given_node = node.get("given")
        given = {} if given_node is None else read_facts(context, given_node, "`given`", here)
        tests_node = node.get("tests")
        tests = None if tests_node is None else as_map(context, tests_node, "`tests`", "{NAME: {timeline: [...]}}")
        found = []
        for key, value in tests or ():
            scenario = _TestReader(self, context, ruleset, here, key).read(value, given, directory)
            if scenario is not None:
                found.append(scenario)
        accepted = self._accepted(context, node.get("accepted_mutants"))
        return ScenarioFile(self._path, self._ruleset_path, here.name, tuple(found), dict(self._rulesets), accepted)

    def _accepted(self, context: Context, node: Node | None) -> dict[str, str]:
        """The mutants that need not be noticed; whether there are such is told when they are tried."""
        mutants = None if node is None else as_map(context, node, "`accepted_mutants`", "{ID: REASON}")
        reasons = ((key.text, as_text(context, value, "the reason")) for key, value in mutants or ())
        return {mutant: reason for mutant, reason in reasons if reason is not None}

    def _zone(self, context: Context, node: Node | None) -> Zone | None:
        name = None if node is None else as_text(context, node, "`zone`")
        if name is None or node is None:
            return None
        try:
            return zone(name)
        except UnknownZone as problem:
            context.error("CW406", node, problem.message, problem.fix)
            return None

    def _load(self, context: Context, node: Node | None) -> Ruleset | None:
        name = None if node is None else as_text(context, node, "`ruleset`")
        if name is None or node is None:
            return None
        self._ruleset_path = self._path.parent / name
        if self._given is not None:
            self._rulesets[()] = self._given
            return self._given
        ruleset, found = load(self._ruleset_path)
        if ruleset is None:
            missing = any(item.code == "CW100" for item in found.items)
            why = "there is none" if missing else "it has errors"
            fix = "its path counts from this file" if missing else f"run `casewarden check {self._ruleset_path}`"
            context.error("CW901", node, f"the ruleset `{name}` cannot be tested: {why}", fix)
            if not missing and not self._is_foreign(found):
                self._diagnostics.extend(found)
            return None
        self._rulesets[()] = ruleset
        return ruleset

    def _is_foreign(self, found: Diagnostics) -> bool:
        """Whether the file that a test names as ruleset is none and lies elsewhere: then nothing of it is shown."""
        is_none = any(item.code.startswith("CW1") or item.code == "CW200" for item in found.items)
        return is_none and is_outside(self._ruleset_path, self._path.parent)

    def in_reading(self, context: Context, node: Map, reading: Mapping[str, str]) -> None:
        """Load the ruleset in a reading not chosen."""
        key = tuple(sorted(reading.items()))
        if key in self._rulesets:
            return
        try:
            ruleset, found = load(self._ruleset_path, readings=reading)
        except KeyError as problem:
            context.error("CW911", node, str(problem.args[0]), "see `others` of the interpretation")
            return
        if ruleset is None:
            context.error("CW901", node, "the ruleset has errors in this reading")
            self._diagnostics.extend(found)
            return
        self._rulesets[key] = ruleset


class _TestReader:
    """Reads one test."""

    def __init__(self, files: _Reader, context: Context, ruleset: Ruleset, here: Zone, key: Scalar) -> None:
        self._files = files
        self._context = context
        self._zone = here
        self._key = key
        self._expect = ExpectReader(context, ruleset, here)
        self._about = "case"

    def read(self, node: Node, common: Mapping[str, Json], directory: Directory | None) -> Scenario | None:
        """The test; None where it is no mapping."""
        context, key = self._context, self._key
        check_name(key, "test", context.diagnostics)
        what = f"the test `{key.text}`"
        entries = as_map(context, node, what, "{timeline: [...]}")
        if entries is None:
            return None
        check_keys(context, entries, what, TEST_KEYS, ("timeline",), at=key)
        remarks = cited(context, entries, key)
        given_node, live_node, reading_node, timeline = (
            entries.get(word) for word in ("given", "live_from", "readings", "timeline")
        )
        given = {} if given_node is None else read_facts(context, given_node, "`given`", self._zone)
        live = None if live_node is None else read_time(context, live_node, "`live_from`", self._zone)
        reading = {} if reading_node is None else self._reading(reading_node)
        self._about = self._read_about(entries.get("about"))
        steps = () if timeline is None else self._timeline(timeline)
        return Scenario(
            key.text,
            self._about,
            key.place,
            remarks.clauses,
            remarks.interpretations,
            remarks.note,
            reading,
            live,
            {**common, **given},
            steps,
            directory,
            *self._customer(entries, directory),
        )

    def _customer(self, node: Map, directory: Directory | None) -> tuple[str | None, str | None]:
        """Whose case or record it is, and who opens the case."""
        context, customer_node, reporter_node = self._context, node.get("customer"), node.get("reporter")
        customer = None if customer_node is None else as_text(context, customer_node, "`customer`")
        reporter = None if reporter_node is None else as_text(context, reporter_node, "`reporter`")
        if self._about not in ("case", "customer") or (reporter is not None and self._about != "case"):
            key = node.key_node("customer" if reporter is None else "reporter")
            if key is not None:
                context.error("CW207", key, f"`{key.text}` does not go with `about: {self._about}`", "take it away")
        elif directory is None:
            key = node.key_node("customer") or node.key_node("reporter")
            if key is not None and self._files.names_no_customers:
                message = f"`{key.text}` needs a customer directory"
                context.error("CW968", key, message, "name it at the top: `customers: FILE`")
        elif customer_node is not None and customer is not None and customer not in directory.customers:
            fix = context.suggest(customer, directory.customers, f"add it to {directory.name}")
            context.error("CW968", customer_node, f"the directory has no customer `{customer}`", fix)
        return customer, reporter

    def _read_about(self, node: Node | None) -> str:
        """Whose record is tested: a case, a customer, or a service, as rules say it."""
        services = [f"service.{name}" for name in self._context.names.declared[Sort.SERVICE]]
        word = None if node is None else one_of(self._context, node, "`about`", ("case", "customer", *services))
        return word or "case"

    def _reading(self, node: Node) -> dict[str, str]:
        entries = as_map(self._context, node, "`readings`", "{A1: NAME}")
        found: dict[str, str] = {}
        for key, value in entries or ():
            if not self._context.names.has(Sort.INTERPRETATION, key.text):
                unknown_name(self._context, key, Sort.INTERPRETATION, key.text)
                continue
            text = as_text(self._context, value, f"the reading of `{key.text}`")
            if text is not None:
                found[key.text] = text
        if entries is not None and len(found) == len(entries):
            self._files.in_reading(self._context, entries, found)
        return found

    # -- the timeline

    def _timeline(self, node: Node) -> tuple[Step, ...]:
        items = as_list(self._context, node, "`timeline`")
        steps: list[Step] = []
        for item in items.items if items is not None else ():
            step = self._step(item)
            if step is not None:
                steps.append(step)
        if items is not None:
            self._check_order(steps)
            self._check_content(items.items)
        return tuple(steps)

    def _step(self, node: Node) -> Step | None:
        context = self._context
        entries = as_map(context, node, "a step", "{at: Fri 2026-07-17 16:40, message: {by: customer}}")
        if entries is None:
            return None
        first = entries.entries[0][0]
        check_keys(context, entries, "a step", (*STEP_WORDS, *KINDS))
        at_node, advance_node, happened, expect_node = (entries.get(word) for word in STEP_WORDS)
        at = None if at_node is None else read_time(context, at_node, "`at`", self._zone)
        advance = None if advance_node is None else read_duration(context, advance_node, "`advance`")
        happened_at = None if happened is None else read_time(context, happened, "`happened_at`", self._zone)
        if at_node is not None and advance_node is not None:
            context.error("CW207", advance_node, "a step says `at` and `advance`", "say one of them")
        elif at_node is None and advance_node is None:
            fix = "write `at: TIME`, or `advance: DURATION` from the step before"
            context.error("CW907", first, "the step does not say when it is", fix)
        kinds = [(key, value) for key, value in entries if key.text in KINDS]
        entries_read = tuple(one for key, value in kinds for one in read_entries(context, key, value, self._zone))
        if not kinds and expect_node is None:
            context.error("CW907", first, "nothing happens and nothing is expected", "add an entry or `expect`")
        if happened is not None and not kinds:
            context.error("CW907", happened, "`happened_at` is of entries, and there are none", "take it away")
        if happened_at is not None and at is not None and happened_at >= at:
            context.error("CW906", happened or node, "what is learnt late happened before", "write an earlier time")
        expect_key = entries.key_node("expect")
        expect = None
        if expect_node is not None and expect_key is not None:
            expect = self._expect.read(expect_key, expect_node)
        place = at_node.place if at_node is not None else (advance_node or node).place
        return Step(place, at, advance, happened_at, entries_read, expect)

    def _check_order(self, steps: list[Step]) -> None:
        """Steps go forward; where one is an advance, its instant is known only when the test runs."""
        before: int | None = None
        for index, step in enumerate(steps):
            if step.at is None:
                if index == 0 and step.advance is not None:
                    self._context.error("CW907", step.place, "the first step says `at`", "write `at: TIME`")
                continue
            if before is not None and step.at <= before:
                fix = "put what happens at one instant into one step (several of one kind as a list)"
                self._context.error("CW906", step.place, "this step is not later than the one before it", fix)
            before = step.at

    def _check_content(self, nodes: tuple[Node, ...]) -> None:
        context = self._context
        opened = [key for node in nodes if isinstance(node, Map) and (key := node.key_node("opened")) is not None]
        if self._about != "case":
            for key in opened:
                context.error("CW908", key, "only a case is opened", "take `about` or `opened` away")
        elif not opened:
            context.error("CW908", self._key, "the case is never opened", "add `opened: {by: customer}` to a step")
        for again in opened[1:] if self._about == "case" else ():
            context.error("CW908", again, "the case is opened a second time", "write `reopened`, or another test")
        first = nodes[0]
        if self._about == "case" and opened and isinstance(first, Map) and first.get("opened") is None:
            context.error("CW908", first.entries[0][0], "something comes before the opening", "open the case first")
        if not any(isinstance(node, Map) and node.get("expect") is not None for node in nodes):
            context.error("CW909", self._key, f"the test `{self._key.text}` expects nothing", "add `expect` to a step")


def _start(place: Place) -> Place:
    """The first character of a place: what is missing has no place of its own."""
    return Place(place.file, place.line, place.column, place.line, place.column + 1)
