"""Facts with which a condition is true, as far as they can be told from the condition alone."""

import re
from collections.abc import Callable
from typing import Final

from casewarden.importing.draft import Draft
from casewarden.importing.happenings import word_of
from casewarden.importing.written import Data
from casewarden.ruleset import catalogue

_OTHER: Final = "something_else"
_SPAN: Final = re.compile(r"([0-9]+)(?: ([a-z_]+))? (minute|hour|day)s?")
_MINUTES: Final = {"minute": 1, "hour": 60, "day": 24 * 60}


class Facts:
    """Collects values by path; `wait` is how many elapsed minutes must pass. After all `fit` comes `whole`.

    `business` tells how many minutes pass until so many business minutes have.
    """

    def __init__(self, draft: Draft, business: Callable[[int], int]) -> None:
        self._draft = draft
        self._business = business
        self._values: dict[str, Data] = {}
        self._known: dict[str, bool] = {}
        self.wait = 0

    def put(self, path: str, value: Data) -> bool:
        """Whether the path may have this value, beside what was put before."""
        return self._values.setdefault(path, value) == value

    def whole(self) -> bool:
        """Give a value to every path that must have one and has none; whether those that must have none do."""
        for path, known in self._known.items():
            if known and path not in self._values:
                possible = self._possible(path)
                if not possible:
                    return False
                self._values[path] = possible[0]
            elif not known and path in self._values:
                return False
        return True

    def given(self) -> dict[str, Data]:
        """What is known at the opening."""
        return {path: value for path, value in self._values.items() if path != "case.status"}

    def observed(self) -> dict[str, Data]:
        """What is seen with the opening."""
        status = self._values.get("case.status")
        return {} if status in (None, "new", "resolved", "closed") else {"case.status": status or "open"}

    @property
    def status(self) -> str | None:
        """The status that the case must have."""
        found = self._values.get("case.status")
        return found if isinstance(found, str) else None

    def fit(self, condition: Data, *, wanted: bool) -> bool:
        """Whether values were found with which a condition is true, or with `wanted=False` false."""
        if not isinstance(condition, dict):
            return False
        keys = list(condition.items())
        if len(keys) > 1:
            return self._several([{key: value} for key, value in keys], wanted=wanted)
        for key, value in keys:
            match key, value:
                case "all", list():
                    return self._several(value, wanted=wanted)
                case "any", list():
                    return self._several(value, wanted=wanted, any_of=True)
                case "not", _:
                    return self.fit(value, wanted=not wanted)
                case (("since" | "until"), dict()):
                    return self._instant(key, value, wanted=wanted)
                case _ if "." in key:
                    return self._path(key, value, wanted=wanted)
                case _:
                    return False
        return wanted

    def _several(self, parts: list[Data], *, wanted: bool, any_of: bool = False) -> bool:
        """All parts must be as wanted; of an `any` that shall hold, or an `all` that shall not, one is enough."""
        if any_of is not wanted:
            return all(self.fit(part, wanted=wanted) for part in parts)
        before, known, wait = dict(self._values), dict(self._known), self.wait
        for part in parts:
            if self.fit(part, wanted=wanted):
                return True
            self._values, self._known, self.wait = dict(before), dict(known), wait
        return False

    def _path(self, path: str, test: Data, *, wanted: bool) -> bool:
        match test:
            case str() | list():
                values: list[Data] = [test] if isinstance(test, str) else test
                return self._one_of(path, values, wanted=wanted)
            case {"not": other}:
                return self._one_of(path, other if isinstance(other, list) else [other], wanted=not wanted)
            case {"known": word}:
                known = (word == "yes") is wanted
                if not known and path in self._values:
                    return False
                return self._known.setdefault(path, known) is known
            case {"is": value, "for": str(span)}:
                if wanted:
                    return self._one_of(path, [value], wanted=True) and self._pass(span)
                return True  # no time has passed
            case {"has_any": list(tags)}:
                return self.put(path, [tags[0] if wanted else _OTHER])
            case {"has_none": list(tags)}:
                return self.put(path, [_OTHER if wanted else tags[0]])
            case {"matches": str(pattern)}:
                return self.put(path, word_of(pattern) if wanted else _OTHER)
            case {"contains": str(text)}:
                return self.put(path, text if wanted else _OTHER)
            case {"less_than": str(bound)}:
                return self.put(path, str(int(bound) - 1) if wanted else bound)
            case {"more_than": str(bound)}:
                return self.put(path, str(int(bound) + 1) if wanted else bound)
            case _:
                return False

    def _one_of(self, path: str, values: list[Data], *, wanted: bool) -> bool:
        if wanted:
            known = self._values.get(path)
            return known in values if known is not None else bool(values) and self.put(path, values[0])
        if path in self._values:
            return self._values[path] not in values
        other = next((one for one in self._possible(path) if one not in values), None)
        return other is not None and self.put(path, other)

    def _possible(self, path: str) -> list[str]:
        given = catalogue.GIVEN_PATHS.get(path)
        if path == "case.status":
            return ["open", "waiting_on_customer", "on_hold", "new", "resolved"]
        if given is not None:
            return list(given[1])
        known = self._draft.fields.get(path)
        if known is None:
            return []
        match known.type:
            case "choice":
                return list(known.of)
            case "yes_no":
                return ["no", "yes"]
            case "integer":
                return ["0", "1", "2"]
            case "text":
                return [_OTHER, "something_other"]
            case _:
                return []

    def _instant(self, word: str, test: dict[str, Data], *, wanted: bool) -> bool:
        at_least, less = test.get("at_least"), test.get("less_than")
        if word == "since" and (test.get("first") == "case_opened" or self._is_opening(test.get("last"))):
            if isinstance(at_least, str):
                return self._pass(at_least) if wanted else True
            return isinstance(less, str) and wanted
        return False

    def _is_opening(self, event: Data | None) -> bool:
        match self._draft.events.get(event) if isinstance(event, str) else None:
            case {"any": ["case_opened", *_]}:
                return True
            case _:
                return False

    def _pass(self, span: str) -> bool:
        found = _SPAN.fullmatch(span)
        if found is None or found[2] not in (None, "elapsed", "business"):
            return False
        minutes = int(found[1]) * _MINUTES[found[3]]
        self.wait = max(self.wait, self._business(minutes) if found[2] == "business" else minutes)
        return True


def plain_first(conditions: list[Data]) -> list[Data]:
    """Conditions that leave no choice before those that do, so that a choice fits them."""
    return sorted(conditions, key=lambda one: isinstance(one, dict) and bool({"any", "not"}.intersection(one)))
