"""The rules of what a connector does, tried."""

from typing import Final

from casewarden.plugin import AlreadyApplied, Answer, Applied, Attempt, Conflict, Connector, Rejected, Retry
from casewarden.testing.check_failing import require_faults
from casewarden.testing.factories import ALL_KINDS, TEXT_KINDS
from casewarden.testing.helpdesk import REST, RETRY_AFTER, Fault
from casewarden.testing.rules import BrokenError, UntriedError
from casewarden.testing.trial import Trial, shown

_MANY: Final = 1_000
_MOST_ATTEMPTS: Final = 5


def unknown_action(trial: Trial) -> None:
    """Attempt what there is not, and what this connector does not name."""
    ticket = trial.open_ticket()
    connector = trial.connect()
    for kind in ("juggle", *sorted(ALL_KINDS - trial.spec_actions)):
        content = {} if kind == "juggle" else trial.content(kind, trial.text())
        one = Attempt(f"case:1/kit/1/0/{kind}", trial.helpdesk.subject(ticket), ticket, kind, content)
        answer = trial.apply(connector, one)
        if not isinstance(answer, Rejected):
            raise BrokenError(f"the action `{kind}` is no action of this connector, and it answers {shown(answer)}")


def applied_stands(trial: Trial) -> None:
    """Attempt each kind of action once, and look whether it stands."""
    _main_kind(trial)
    connector = trial.connect()
    for kind in sorted(trial.spec_actions):
        ticket, text = _ticket_for(trial, connector, kind), trial.text()
        before = trial.helpdesk.writes()
        answer = trial.apply(connector, trial.attempt(kind, ticket, text))
        if not isinstance(answer, Applied):
            raise BrokenError(f"`{kind}` is answered with {shown(answer)}")
        if trial.helpdesk.writes() == before:
            raise BrokenError(f"`{kind}` is Applied, and nothing was written")
        if kind in TEXT_KINDS and trial.helpdesk.standing(text) == 0:
            raise BrokenError(f"`{kind}` is Applied, and its text stands nowhere")


def again_once(trial: Trial) -> None:
    """Let the helpdesk carry out what it is told, and lose the answer; then attempt it again as after a crash."""
    kind = _text_kind(trial)
    for fault in require_faults(trial, Fault.LOST_AFTER, Fault.MALFORMED, Fault.CHARSET, Fault.OVERSIZED):
        ticket, text = trial.open_ticket(), trial.text()
        trial.helpdesk.inject(fault, on="write", times=1)
        answer = trial.apply(trial.connect(), trial.attempt(kind, ticket, text))
        trial.helpdesk.clear()
        trial.helpdesk.advance(REST)
        if isinstance(answer, Rejected | Conflict):
            raise BrokenError(f"{fault.value}: the answer is {shown(answer)}, which nobody can know")
        _settle(trial, trial.connect(), trial.attempt(kind, ticket, text, again=True), fault)
        standing = trial.helpdesk.standing(text)
        if standing != 1:
            raise BrokenError(f"{fault.value}: after another attempt with `again` it stands {standing} times")


def failed_write(trial: Trial) -> None:
    """Let the helpdesk fail before anything is done, and attempt it again."""
    kind = _text_kind(trial)
    for fault in require_faults(trial, Fault.REFUSED, Fault.LOST_BEFORE, Fault.UNAVAILABLE):
        ticket, text = trial.open_ticket(), trial.text()
        connector = trial.connect()
        trial.helpdesk.inject(fault, on="write", times=_MANY)
        answer = trial.apply(connector, trial.attempt(kind, ticket, text))
        trial.helpdesk.clear()
        trial.helpdesk.advance(REST)
        if not isinstance(answer, Retry | Exception):
            raise BrokenError(f"{fault.value}: the answer is {shown(answer)}")
        _settle(trial, connector, trial.attempt(kind, ticket, text, again=True), fault)
        if trial.helpdesk.standing(text) == 0:
            raise BrokenError(f"{fault.value}: after another attempt it stands nowhere")


def _settle(trial: Trial, connector: Connector, one: Attempt, fault: Fault) -> Answer:
    """Attempt until it is done."""
    answer: Answer | Exception | None = None
    for _ in range(_MOST_ATTEMPTS):
        answer = trial.apply(connector, one)
        if isinstance(answer, Applied | AlreadyApplied):
            return answer
        if isinstance(answer, Rejected | Conflict):
            break
        trial.helpdesk.advance(120)
    raise BrokenError(f"{fault.value}: once all is well again the answer is {shown(answer)}")  # type: ignore[arg-type]  # it was attempted


def stale_conflict(trial: Trial) -> None:
    """Let something happen between looking and writing."""
    kind = _main_kind(trial)
    ticket = trial.open_ticket()
    connector = trial.connect()
    seen = connector.fetch(ticket).cursor
    if seen is None:
        raise UntriedError("`fetch` gives no version to write against")
    trial.happen(ticket)
    before = trial.helpdesk.writes()
    answer = trial.apply(connector, trial.attempt(kind, ticket, trial.text(), precondition=seen))
    if not isinstance(answer, Conflict):
        raise BrokenError(f"the ticket has changed since it was looked at, and the answer is {shown(answer)}")
    if trial.helpdesk.writes() != before:
        raise BrokenError("it answers Conflict, and has written")
    fresh = connector.fetch(ticket).cursor
    answer = trial.apply(connector, trial.attempt(kind, ticket, trial.text(), precondition=fresh))
    if not isinstance(answer, Applied):
        raise BrokenError(f"nothing has happened since it was looked at, and the answer is {shown(answer)}")


def read_back(trial: Trial) -> None:
    """Let the helpdesk say yes and do nothing."""
    require_faults(trial, Fault.IGNORED)
    _main_kind(trial)
    connector = trial.connect()
    for kind in sorted(trial.spec_actions):
        ticket = _ticket_for(trial, connector, kind)
        trial.helpdesk.inject(Fault.IGNORED, on="write", times=_MANY)
        answer = trial.apply(connector, trial.attempt(kind, ticket, trial.text()))
        trial.helpdesk.clear()
        trial.helpdesk.advance(REST)
        if isinstance(answer, Applied | AlreadyApplied):
            raise BrokenError(f"`{kind}` was accepted and not done, and the answer is {shown(answer)}")


def slow_down(trial: Trial) -> None:
    """Let a write be one too many, with the time to wait."""
    answer = _too_many(trial, Fault.TOO_MANY_FOR)
    if answer.after is None or answer.after < RETRY_AFTER:
        raise BrokenError(f"the helpdesk says to wait {RETRY_AFTER} seconds, and the answer says {answer.after}")


def slow_down_unsaid(trial: Trial) -> None:
    """Let a write be one too many, without any time."""
    _too_many(trial, Fault.TOO_MANY)


def _too_many(trial: Trial, fault: Fault) -> Retry:
    require_faults(trial, fault)
    kind = _main_kind(trial)
    ticket, text = trial.open_ticket(), trial.text()
    trial.helpdesk.inject(fault, on="write", times=_MANY)
    answer = trial.apply(trial.connect(), trial.attempt(kind, ticket, text))
    trial.helpdesk.clear()
    trial.helpdesk.advance(REST)
    if not isinstance(answer, Retry):
        raise BrokenError(f"the helpdesk answers {fault.value}, and the connector {shown(answer)}")
    if not answer.reached:
        raise BrokenError("the helpdesk answered, and the answer does not say `reached`")
    return answer


def own_writes(trial: Trial) -> None:
    """Write, let the customer write, and poll."""
    kind = _text_kind(trial)
    ticket, text = trial.open_ticket(), trial.text()
    connector = trial.connect()
    answer = trial.apply(connector, trial.attempt(kind, ticket, text))
    if not isinstance(answer, Applied):
        raise BrokenError(f"`{kind}` is answered with {shown(answer)}")
    trial.helpdesk.advance(120)
    theirs = trial.happen(ticket)
    events = trial.poll(trial.connect()).events
    ours = [event for event in events if text in str(event.data.get("text", ""))]
    if not ours:
        raise BrokenError("what was written never comes back")
    for event in ours:
        if event.by != "ourselves":
            raise BrokenError(f"what was written comes back as the event {event.key!r} by `{event.by}`")
    subject = trial.helpdesk.subject(theirs)
    for happened in (one for one in trial.happened if one.subject == subject):
        for event in events:
            if happened.is_told_by(event) and event.by == "ourselves":
                raise BrokenError(f"{happened} was not our doing, and comes as an event by `ourselves`")


def _ticket_for(trial: Trial, connector: Connector, kind: str) -> str:
    """A ticket that an action of a kind changes: one that is to be reopened was closed before."""
    ticket = trial.open_ticket()
    if kind == "reopen" and "close" in trial.spec_actions:
        answer = trial.apply(connector, trial.attempt("close", ticket, trial.text()))
        if not isinstance(answer, Applied):
            raise BrokenError(f"`close` is answered with {shown(answer)}")
    return ticket


def _main_kind(trial: Trial) -> str:
    kind = trial.main_kind
    if kind is None:
        raise UntriedError("`spec` names no kind of action")
    return kind


def _text_kind(trial: Trial) -> str:
    kind = trial.main_kind
    if kind is None or kind not in TEXT_KINDS:
        raise UntriedError("`spec` names no kind of action with a text that can be found again")
    return kind
