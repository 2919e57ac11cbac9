"""The targets of notifications looked at and tried out, apart from any ticket."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from hubspot_sla.channels.channel_types import sender_for
from hubspot_sla.channels.message import Message, Notice
from hubspot_sla.errors import UsageProblem
from hubspot_sla.feeds import tier_endpoint
from hubspot_sla.flows.sending.channel_settings import Reachable, Unusable, resolved, said_in
from hubspot_sla.ledger import channel_health, database
from hubspot_sla.plan.instants import wire
from hubspot_sla.policy.loader import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.channels.outcome import Outcome
    from hubspot_sla.flows.context.settings import Settings
    from hubspot_sla.flows.sending.channel_settings import Targets
    from hubspot_sla.ledger.channel_health import Standing


@dataclass(frozen=True, slots=True)
class Seen:
    """One target: `problem` is what keeps it from being sent to, empty where nothing does."""

    name: str
    kind: str
    problem: str
    gone: bool = False


def known(settings: Settings) -> Targets:
    """The targets of the mappings, as the folder says them now. Raises MappingInvalid."""
    return resolved(
        said_in(load(tier_endpoint.texts_offline(settings)).policy_set), settings.variables, settings.redactor
    )


def look(settings: Settings) -> list[Seen]:
    """Each target of the mappings, and how it fared so far where there is a ledger."""
    standings = _standings(settings)
    return [seen(name, target, standings.get(name)) for name, target in known(settings).items()]


def try_out(settings: Settings, name: str, now: int) -> Outcome:
    """Send one message that says it is a test, at once: neither quiet hours nor a rate hold it back.

    Raises UsageProblem for a target that does not exist or lacks its variable.
    """
    targets_known = known(settings)
    found = targets_known.get(name)
    if found is None:
        near = get_close_matches(name, targets_known, n=1)
        named = f"did you mean {near[0]}?" if near else f"it names {', '.join(targets_known) or 'none'}"
        raise UsageProblem(f"escalations.yaml names no target {name}", remedy=named)
    if isinstance(found, Unusable):
        raise found.problem
    sender = sender_for(found.target)
    try:
        return sender.send(_test(name, now))
    finally:
        sender.close()


def _test(name: str, now: int) -> Notice:
    at = wire(now)
    message = Message(
        key=f"test:{name}:{now}",
        ticket_id="0",
        subject="a test of hubspot-sla",
        policy="test",
        tier="test",
        metric="Resolution",
        status="breached",
        due_at=at,
        rung="test",
        level="1",
        reached_at=at,
        reason="This is a test. No ticket is late.",
    )
    return Notice(message.key, (message,))


def seen(name: str, target: Reachable | Unusable, standing: Standing | None) -> Seen:
    """How one target fares; what an address that it no longer has did is forgotten."""
    if isinstance(target, Unusable):
        return Seen(name, target.kind, str(target.problem))
    kind = target.said.kind.value
    if standing is None or (standing.gone and standing.gone != target.target.fingerprint):
        return Seen(name, kind, "")
    if standing.gone:
        return Seen(name, kind, f"gone: {standing.reason}", gone=True)
    until = f", left alone until {wire(standing.again_at)}" if standing.again_at is not None else ""
    return Seen(name, kind, f"failing: {standing.reason}{until}")


def _standings(settings: Settings) -> Mapping[str, Standing]:
    if not settings.ledger.is_file():
        return {}
    with database.open_for_reading(settings.ledger) as ledger:
        return channel_health.load(ledger.db)
