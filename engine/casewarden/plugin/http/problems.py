"""What goes wrong between a connector and its helpdesk, and what an action's answer is then.

HttpError
    UnreachableError      no answer, or half of one: it is not known whether it happened
        UnreadableError   an answer that is not what was asked for: no JSON, another type, too deep
            TooLargeError more of it than is taken
            TooDeepError  nested deeper than is taken
    LimitedError          not now, and after how long
    RefusedError          no, and why

Their texts hold no secret, no query of an address and no control character, and are short.
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from casewarden.model.event import Json
from casewarden.plugin.contract import Conflict, Rejected, Retry

_NOTHING: Mapping[str, Json] = MappingProxyType({})


class HttpError(Exception):
    """A request did not do what it was to do."""


class UnreachableError(HttpError):
    """Not known whether it happened. `status` is that of the answer, None where there was none."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class UnreadableError(UnreachableError):
    """There was an answer, and it cannot be read; the message says where and what was expected."""


class TooLargeError(UnreadableError):
    """The answer is larger than what is taken; it was given up while it came. Ask for less at once."""


class TooDeepError(UnreadableError):
    """The answer is nested deeper than what is taken. Ask for less at once, and for what is in it one by one."""


class LimitedError(HttpError):
    """Not now. `after` in seconds, None where nobody says; `reached`: it is known that nothing was done."""

    def __init__(self, message: str, after: float | None = None, *, reached: bool = True) -> None:
        super().__init__(message)
        self.after = after
        self.reached = reached


class RefusedError(HttpError):
    """The other end says no: `status` as in HTTP, `said` its own words, cleaned and cut.

    `needs_scope`: the login may not do this, whatever the ticket (RFC 6750, `insufficient_scope`).
    """

    def __init__(self, message: str, status: int, said: str = "", *, needs_scope: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.said = said
        self.needs_scope = needs_scope


_CHANGED = frozenset({HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED})
_LOGIN = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED})


def as_answer(problem: HttpError, request: Mapping[str, Json] = _NOTHING) -> Retry | Rejected | Conflict:
    """The answer to an attempt that ended so; `request` is what was sent, to be kept with it.

    A login that is refused is tried again, since what heals it is a change of settings and not of the action.
    """
    match problem:
        case LimitedError(after=after, reached=reached):
            return Retry(str(problem), after, reached=reached, request=request)
        case RefusedError(status=status) if status in _CHANGED:
            return Conflict(str(problem))
        case RefusedError(status=status, needs_scope=needs_scope) if status in _LOGIN or needs_scope:
            return Retry(str(problem), reached=True, request=request)
        case RefusedError():
            return Rejected(str(problem), request)
        case _:
            return Retry(str(problem), reached=False, request=request)
