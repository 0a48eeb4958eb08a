"""A configuration together with all that it names: rulesets, secrets, plugins, customers, the store's folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from casewarden.config import store_address
from casewarden.config.check_actions import check_actions
from casewarden.config.check_plugins import Described, check_connector
from casewarden.config.read_settings import Opened, open_configuration
from casewarden.config.reading import Stated
from casewarden.config.secrets import SecretError, is_open_to_others, key_bytes, named, secret_value
from casewarden.config.settings import RulesetSource, SecretRef, Settings
from casewarden.config.sources import SourceUnreadableError, open_source
from casewarden.ruleset.beside import is_outside
from casewarden.ruleset.catalogue import GIVEN_PATHS
from casewarden.ruleset.diagnostics import Diagnostics, did_you_mean
from casewarden.ruleset.document import Read, read_file
from casewarden.ruleset.files import exists, is_folder
from casewarden.ruleset.load import load
from casewarden.ruleset.nodes import Node, Scalar
from casewarden.ruleset.syntax import Ruleset
from casewarden.scenario.customers.read_directory import check_directory, load_directory


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found: the settings and the rulesets in their order, both only where there are no errors.

    `is_readable`: the file could be opened and is YAML.
    """

    settings: Settings | None
    rulesets: tuple[Ruleset, ...]
    diagnostics: Diagnostics
    is_readable: bool


def check_configuration(
    path: Path, *, environ: Mapping[str, str], plugins: Mapping[str, Described], read: Read = read_file
) -> Checked:
    """Check a configuration with everything that it names; secrets are read and not kept, and never shown.

    `plugins` are the connectors that are installed, by name.
    """
    opened = open_configuration(path, read)
    check = _Check(opened.stated, opened.diagnostics, path.parent, environ, read)
    rulesets = check.rulesets()
    check.names([ruleset for _, ruleset in rulesets])
    check.secrets()
    check.store()
    check.customers([ruleset for _, ruleset in rulesets])
    secrets: list[Scalar] = []
    for connector in opened.stated.connectors:
        secrets += check_connector(connector, plugins, opened.diagnostics)
    if opened.settings is None or opened.settings.shadow is not True:  # what is only recorded goes to nobody
        check_actions(rulesets, opened.stated.connectors, plugins, opened.diagnostics)
    return _checked(opened, [ruleset for _, ruleset in rulesets], secrets)


def _checked(opened: Opened, rulesets: list[Ruleset], secrets: list[Scalar]) -> Checked:
    sound = not opened.diagnostics.has_errors
    return Checked(
        opened.settings if sound else None,
        tuple(rulesets) if sound else (),
        opened.shown(secrets),
        opened.node is not None,
    )


@dataclass(slots=True)
class _Check:
    stated: Stated
    diagnostics: Diagnostics
    folder: Path
    environ: Mapping[str, str]
    read: Read
    _told: set[SecretRef] = field(default_factory=set)

    def rulesets(self) -> list[tuple[Node, Ruleset]]:
        """The rulesets that are sound, with what names them; what is wrong with the others, or with their names."""
        found: dict[str, tuple[Node, Ruleset]] = {}
        for node, source in self.stated.rulesets:
            ruleset = self._ruleset(node, source)
            if ruleset is None:
                continue
            first = found.setdefault(ruleset.name, (node, ruleset))
            if first[0] is not node:
                self.diagnostics.error(
                    "CW928",
                    node,
                    f"this ruleset is called `{ruleset.name}` as another one is",
                    "give one of them another name: cases are kept by the name of their ruleset",
                    [(first[0], "the other one")],
                )
        return list(found.values())

    def names(self, rulesets: list[Ruleset]) -> None:
        """Rules that are named are rules; a personal path that is nearly a declared field is told."""
        if len(rulesets) < len(self.stated.rulesets) or not rulesets:
            return  # which names there are is not known
        rules = {name for ruleset in rulesets for name in ruleset.rules}
        for node in self.stated.rules:
            if node.text not in rules:
                near = did_you_mean(node.text, rules)
                fix = f"did you mean `{near}`?" if near else "name a rule of one of the rulesets"
                self.diagnostics.error("CW303", node, f"no ruleset has a rule `{node.text}`", fix)
        fields = {path for ruleset in rulesets for path in ruleset.fields}
        for node in self.stated.paths:
            if node.text not in fields and node.text not in GIVEN_PATHS:
                near = did_you_mean(node.text, fields)
                if near is not None:
                    message = f"no ruleset declares `{node.text}`"
                    self.diagnostics.warning("CW304", node, message, f"did you mean `{near}`?")

    def secrets(self) -> None:
        """Secrets that cannot be read, files that others may read, and a key that is none."""
        for node, ref in self.stated.secrets:
            value = self._secret(node, ref)
            if ref.kind == "file" and value is not None and is_open_to_others(self.folder / ref.name):
                self.diagnostics.warning(
                    "CW923", node, f"everybody on this machine may read `{ref.name}`", f"chmod 600 {ref.name}"
                )
            if value is not None and self.stated.key is not None and node is self.stated.key[0]:
                try:
                    key_bytes(value, named(ref))
                except SecretError as error:
                    self.diagnostics.error("CW922", node, str(error), error.fix)

    def store(self) -> None:
        """The address that a variable or a file holds, and the folder of an SQLite store."""
        if self.stated.store is None:
            return
        node, store = self.stated.store
        if isinstance(store, SecretRef):
            value = self._secret(node, store)
            problem = None if value is None else store_address.problem_of(value)
            if problem is not None and not problem.in_clear:
                message = f"what {named(store)} holds is no store: {problem.message}"
                self.diagnostics.error("CW924", node, message, problem.fix)
            if value is None or problem is not None:
                return
            store = store_address.placed(value, self.folder)
        file = store_address.file_of(store)
        if file is not None and not is_folder(file.parent):
            fix = f"make it: `mkdir -p {file.parent}`"
            self.diagnostics.error("CW924", node, "the folder of the store is not there", fix)
        elif file is not None and is_folder(file):
            self.diagnostics.error("CW924", node, "the store is a folder", "name a file in it")

    def customers(self, rulesets: list[Ruleset]) -> None:
        """The customer directory as each ruleset reads it; without any, as the ruleset that it names does."""
        if self.stated.customers is None:
            return
        node, path = self.stated.customers
        found = Diagnostics()
        for ruleset in rulesets:
            load_directory(path, ruleset, found)
        if not rulesets:
            check_directory(path, found)
        if found.has_errors:
            missing = not exists(path)
            why = "there is none" if missing else "it has errors"
            fix = "its path counts from this file" if missing else f"run `casewarden check {path}`"
            self.diagnostics.error("CW961", node, f"the customer directory cannot be used: {why}", fix)
            if missing:
                return
        if self._may_be_shown(path, found, "CW960"):
            self.diagnostics.extend(found)

    def _ruleset(self, node: Node, source: RulesetSource) -> Ruleset | None:
        try:
            opened = open_source(source, read=self.read)
        except SourceUnreadableError as error:
            self.diagnostics.error("CW928", node, f"the ruleset cannot be read: {error}")
            return None
        ruleset, found = load(opened.path, read=opened.read)
        if ruleset is None:
            reason = _missing(found)
            if reason is not None:
                found = Diagnostics()  # told here, and not at a place that is not there
            message = f"the ruleset cannot be used: {reason or 'it has errors'}"
            self.diagnostics.error("CW928", node, message, _fix(opened.path, opened.commit, reason))
        if ruleset is not None or self._may_be_shown(opened.path, found, "CW200"):
            self.diagnostics.extend(found)
        return ruleset

    def _may_be_shown(self, path: Path, found: Diagnostics, code: str) -> bool:
        """Whether the problems of a file may be told: a file elsewhere that is not what was meant stays unseen.

        Whoever checks a configuration of somebody else must not be made to show files of their own.
        """
        is_none = any(item.code.startswith("CW1") or item.code == code for item in found.items)
        return not (is_none and is_outside(path, self.folder))

    def _secret(self, node: Node, ref: SecretRef) -> str | None:
        """What is kept there, or None with the reason told once."""
        try:
            return secret_value(ref, environ=self.environ, base=self.folder)
        except SecretError as error:
            if ref not in self._told:
                self.diagnostics.error("CW922", node, str(error), error.fix)
            self._told.add(ref)
            return None


def _missing(found: Diagnostics) -> str | None:
    """Why the main file of a ruleset cannot be opened; None where it was."""
    items = found.items
    if len(items) == 1 and items[0].code == "CW100" and (items[0].place.line, items[0].place.end_column) == (1, 1):
        return items[0].message.rpartition(": ")[2]
    return None


def _fix(path: Path, commit: str | None, reason: str | None) -> str | None:
    if reason is None:
        return None if commit is not None else f"repair it: `casewarden check {path}` tells what is wrong"
    if reason == "it is a folder":
        return f"name the file in it, such as `{path / path.name}.yaml`" if path.name != ".." else "name a file in it"
    return "its path counts from the checkout" if commit is not None else "its path counts from this file"
