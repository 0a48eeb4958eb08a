"""Asking until every question has an answer that makes a sound ruleset: the checker itself judges each."""

from collections.abc import Callable
from dataclasses import dataclass, field

from casewarden.ruleset.diagnostics import Diagnostics, Level
from casewarden.ruleset.load import load_text
from casewarden.ruleset.nodes import Map, Node, Scalar, Seq
from casewarden.scenario.fresh.copied import Fresh
from casewarden.scenario.fresh.first_test import first_test
from casewarden.scenario.fresh.questions import Question, own_questions, questions
from casewarden.scenario.fresh.written import AnswerError, blank
from casewarden.scenario.read_scenario import SUFFIX

Ask = Callable[[Question, str], str]
"""Asks one question, with the default that is offered, and gives the answer."""
Tell = Callable[[AnswerError], None]


class UnaskedError(Exception):
    """An answer to something that nobody asks; the message says what is asked."""


@dataclass(slots=True)
class Interview:
    """The questions, what was answered beforehand by key, and the answers so far.

    `first_response` of a mapping by plans stands beforehand as `first_response.PLAN`.
    """

    today: str
    beforehand: dict[str, str]
    answers: dict[str, str] = field(default_factory=dict)

    def gather(self) -> dict[str, str]:
        """All answers by key without asking anybody: defaults for what was not answered; errors as of `hold`."""
        for question in questions(self.today):
            for own in own_questions(question, self.answers):
                default = own.default(self.answers)
                self.answers[own.key] = self.beforehand.get(own.key, self.beforehand.get(question.key, default)).strip()
        if self._refusal() is None and not self._unasked(set(self.answers)):
            return self.answers
        self.answers = {}
        return self.hold(lambda _, default: default, _raise)  # one by one, to find which of them is refused

    def hold(self, ask: Ask, tell: Tell) -> dict[str, str]:
        """Ask what was not answered beforehand, again where the checker refuses the answer; all answers by key.

        AnswerError for an answer given beforehand that is refused, UnaskedError for one that nothing asks.
        """
        asked: set[str] = set()
        for question in questions(self.today):
            for own in own_questions(question, self.answers):
                asked |= {question.key, own.key}
                self._settle(own, question.key, ask, tell)
        if unasked := self._unasked(asked):
            known = ", ".join(f"`{key}`" for key in self.answers)
            raise UnaskedError(f"nothing asks for `{unasked[0]}`: answers are {known}")
        return self.answers

    def _unasked(self, asked: set[str]) -> list[str]:
        return [key for key in self.beforehand if key not in asked]

    def _settle(self, question: Question, general: str, ask: Ask, tell: Tell) -> None:
        default = question.default(self.answers)
        given = self.beforehand.get(question.key, self.beforehand.get(general))
        if given is not None:
            self.answers[question.key] = given.strip()
            problem = self._refusal()
            if problem is not None:
                raise AnswerError(f"{question.key}: {problem}", problem.fix)
            return
        while True:
            self.answers[question.key] = ask(question, default).strip()
            problem = self._refusal()
            if problem is None:
                return
            tell(problem)

    def _refusal(self) -> AnswerError | None:
        """What is wrong with the answers so far; the rest is as offered, so it is the one given last."""
        trial = dict(self.answers)
        try:
            for question in questions(self.today):
                for own in own_questions(question, trial):
                    if own.key not in trial:
                        trial[own.key] = own.default(trial)
            text = blank(trial)
        except AnswerError as problem:
            return problem
        _, diagnostics = load_text(text, f"{trial['name']}.yaml")
        for item in diagnostics.items:
            if item.level is not Level.NOTE:
                return AnswerError(item.message, item.fix or "give another answer")
        return None


def _raise(problem: AnswerError) -> None:
    raise problem


def made(answers: dict[str, str]) -> Fresh:
    """The files of a blank ruleset; the answers are those of an interview."""
    name, text = answers["name"], blank(answers)
    tests = f"{name}{SUFFIX}"
    return Fresh(name, f"{name}.yaml", {f"{name}.yaml": text, tests: first_test(text, answers)}, (tests,))


def read_answers(node: Node, diagnostics: Diagnostics) -> dict[str, str]:
    """The answers of a file by key: texts, lists of texts, and for `first_response` also a mapping by plans."""
    if not isinstance(node, Map):
        diagnostics.error("CW203", node, "answers are a mapping", "write `zone: Europe/Berlin` and the like")
        return {}
    found: dict[str, str] = {}
    for key, value in node:
        if isinstance(value, Map):
            found.update({f"{key.text}.{inner.text}": _text(one, diagnostics) for inner, one in value})
        else:
            found[key.text] = _text(value, diagnostics)
    return found


def _text(node: Node, diagnostics: Diagnostics) -> str:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Seq) and all(isinstance(item, Scalar) for item in node.items):
        return ", ".join(item.text for item in node.items if isinstance(item, Scalar))
    diagnostics.error("CW203", node, "an answer is a text, or a list of texts", "write it as you would type it")
    return ""
