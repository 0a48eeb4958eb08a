"""What happens to a random sidecar: its rules, which use all that the store has to keep, and events for them."""

from typing import Final, NamedTuple

from hypothesis import strategies as st

from casewarden.model.event import Json

RULES: Final = """
fields:
  case:
    core: {type: choice, of: [down, degraded, available]}
    workaround: {type: yes_no}
    size: {type: integer}
    defect: {type: yes_no, when_missing: no}
  customer:
    id: {type: text}
    services: {type: set}
  service.core:
    health: {type: choice, of: [up, down], fresh_for: 2 hours}
severity:
  clause: [S]
  levels: {1: Critical, 2: Degraded, 3: Standard}
  until_classified: 3
  hit: first
  table:
    - {when: {case.core: down}, gives: 1}
    - {when: {case.core: degraded}, gives: 2}
  otherwise: 3
clocks:
  answer:
    clause: [S]
    starts: case_opened
    stops: agent_reply
    target: 4 business hours
credits:
  late:
    clause: [S]
    clock: answer
    award: 1 day
    for_each: 1 business hour
    count: started
    cap: none
    add_to: contract.term_end
quotas:
  incidents:
    clause: [S]
    counts: case_opened
    per: customer
    window: {every: week, starting: calendar, zone: Europe/Zurich}
    allowed: {basic: 1, gold: unlimited}
    over: best_effort
guards:
  defect_open: {clause: [S], forbids: close, while: {case.defect: yes}, except_reasons: [unreachable]}
rules:
  greet:
    clause: [S]
    each: case_opened
    then: [reply: hello, tag: {add: [greeted]}, note: hello]
  chase:
    clause: [S]
    when: {case.core: {is: down, for: 30 minutes}}
    repeat: {every: 1 hour, first: at_once, reset_by: agent_reply}
    limit: {times: 3}
    then: [notify: {who: manager, message: hello}]
  write_at_work:
    clause: [S]
    when: {case.core: down}
    deliver: {in_hours: office}
    then: [reply: bye, note: bye]
  write_all_the_same:
    clause: [S]
    each: customer_message
    when: {case.workaround: no}
    even_if_over: yes
    deliver: {in_hours: office}
    then: [reply: hello]
  lower:
    clause: [S]
    when: {case.core: down, case.workaround: yes}
    then: [set: {case.core: degraded}, note: hello]
  undo:
    clause: [S]
    when: {case.core: degraded, case.workaround: no}
    then: [set: {case.core: down}]
  tell_of_outage:
    clause: [S]
    when: {service.core.health: down}
    then: [note: hello]
  tell_of_long_outage:
    clause: [S]
    when: {service.core.health: {is: down, for: 1 hour}}
    then: [reply: bye]
  close_unanswered:
    clause: [S]
    when: {since: {last: agent_reply, at_least: 2 business days}}
    then: [close: solved]
  close_small:
    clause: [S]
    when: {case.size: 0}
    then: [note: bye, close: solved, tag: {add: [small]}]
  over_quota:
    clause: [S]
    when: {quota.incidents: over}
    then: [note: bye]
  about_service:
    clause: [S]
    about: service.core
    when: {service.core.health: down}
    then: [notify: {who: support, message: hello}]
  about_customer:
    clause: [S]
    about: customer
    each: plan_started
    then: [notify: {who: support, message: hello}]
"""

CASES: Final = st.sampled_from(["case:1", "case:2", "case:3"])
_USED: Final[tuple[dict[str, Json], ...]] = (
    {},
    {"customer.id": "acme"},
    {"customer.services": ["core"]},
    {"customer.services": []},
)
_VALUES: Final[dict[str, list[Json]]] = {
    "case.core": ["down", "degraded", "available", None],
    "case.workaround": [True, False],
    "case.defect": [True, False],
    "case.size": [0, 1],
    "case.status": ["open", "waiting_on_customer", "resolved"],
    "customer.id": ["acme"],
}
_ENDS: Final[tuple[dict[str, Json], ...]] = (
    {"reason": "spam"},
    {"reason": "merged", "into": "case:1"},
    {"reason": "merged", "into": "case:2"},
)


class Happening(NamedTuple):
    """Something that happens, and how many minutes later it is learnt of."""

    subject: str
    kind: str
    by: str
    data: dict[str, Json]
    late: int


@st.composite
def happenings(draw: st.DrawFn) -> Happening:
    """Something that happens to a case, a service or an account."""
    late = draw(st.sampled_from([0, 0, 0, 1, 45, 3 * 60, 26 * 60]))
    what = draw(st.sampled_from(["case", "case", "case", "case", "service", "account"]))
    if what == "service":
        facts: dict[str, Json] = {"service.core.health": draw(st.sampled_from(["up", "down"]))}
        return Happening("service:core", "observed", "automation", {"facts": facts}, late)
    if what == "account":
        plan = draw(st.sampled_from(["basic", "gold"]))
        return Happening("account:acme", "plan", "automation", {"change": "started", "plan": plan}, late)
    case = draw(CASES)
    kind = draw(
        st.sampled_from(["opened", "opened", "observed", "observed", "observed", "message", "message", "ended"])
    )
    match kind:
        case "opened":
            facts = {
                "case.core": draw(st.sampled_from(["down", "degraded", "available"])),
                **draw(st.sampled_from(_USED)),
            }
            return Happening(case, kind, "customer", {"facts": facts}, late)
        case "observed":
            path = draw(st.sampled_from(sorted(_VALUES)))
            seen: dict[str, Json] = {"facts": {path: draw(st.sampled_from(_VALUES[path]))}}
            determined: dict[str, Json] = {"determined": True} if draw(st.integers(0, 5)) == 0 else {}
            return Happening(case, kind, "agent", seen | determined, late)
        case "message":
            by = draw(st.sampled_from(["customer", "agent"]))
            return Happening(case, kind, by, {"public": draw(st.booleans())}, late)
        case _:
            return Happening(case, kind, "agent", dict(draw(st.sampled_from(_ENDS))), late)
