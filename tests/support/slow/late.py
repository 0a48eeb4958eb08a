"""What late events change: rules that rose before now by what was learnt only now, and what becomes of them."""

from casewarden.ruleset.syntax import Ruleset
from support.slow import conditions, events, facts
from support.slow.decision import log_until
from support.slow.live import Moment
from support.slow.rules import recorded
from support.slow.world import World, known_until


def late_since(moment: Moment) -> int | None:
    """The instant of the first event that happened before something learnt earlier, and that no decision knew.

    Only decisions that left something in the log are known to have been taken.
    """
    decided = max((event.at for event in moment.log if event.kind == "decided"), default=moment.now)
    return min(
        (
            event.at
            for event in moment.log
            if event.at < event.seen_at
            and event.seen_at > decided
            and any(event.at <= other.seen_at < event.seen_at for other in moment.log)
        ),
        default=None,
    )


def would_have_fired(ruleset: Ruleset, moment: Moment) -> tuple[set[str], set[str]]:
    """Rules with a condition that rose in the meantime: those that would have fired, and those that still are true."""
    since = late_since(moment)
    log = log_until(moment.log, moment.now)
    gone: set[str] = set()
    still: set[str] = set()
    if since is None:
        return gone, still
    world = World(ruleset, log, moment.now, known_until(log, facts.instant))
    for rule in ruleset.rules.values():
        if rule.when is None or rule.each is not None:
            continue
        rose = [at for at in events.turns_true(world, rule.when, moment.now) if since <= at < moment.now]
        if not rose:
            continue
        past = [edge for edge in recorded(world) if edge.rule == rule.name]
        if past and past[-1].rises:
            continue  # it was fired for, and has not been found false since
        now = conditions.holds(world, rule.when, moment.now)
        if now is True:
            if events.turns_true(world, rule.when, moment.now)[-1] < moment.now:
                still.add(rule.name)
        elif not any(edge.rises and edge.at >= since for edge in past):
            gone.add(rule.name)
    return gone, still
