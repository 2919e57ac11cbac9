"""What a rung says when it fires: a headline, and the values of template fields that are for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.verdict import LATE, Status
from hubspot_sla.language.forms import length
from hubspot_sla.language.texts import marked
from hubspot_sla.render.names import metric_name, place_on_ladder, whose_promise
from hubspot_sla.render.plain import clock_line, detail_lines, story_lines
from hubspot_sla.render.promise_text import promised

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.clock.rungs import Mark
    from hubspot_sla.clock.verdict import Cycle, Verdict
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.render.story import Story, Teller

REMARKS: Final = (
    marked("The ticket has no owner."),
    marked("The ticket has no owner, so this is for the lead."),
    marked("No lead is known for the owner."),
)
"""What `plan.rung_context.People` says where a task is for somebody else than was asked for."""
REFUSALS: Final = (
    marked("HubSpot refuses the owner, so this is for the lead."),
    marked("HubSpot refuses the owner, so this is for nobody."),
)
"""What `hubspot.tasks` says of an owner who left."""
_STILL_TRUE_MS: Final = 5 * 60_000
"""So much business time after its instant a place is still called by its name: cron looks every five minutes."""


@dataclass(frozen=True, slots=True)
class ReachedPlace:
    """A place on the ladder of one cycle, and how often it has been reached: `due_at` is its instant, `at` when that
    was seen (epoch ms)."""

    verdict: Verdict
    cycle: Cycle
    mark: Mark
    nth: int
    due_at: int
    at: int


@dataclass(frozen=True, slots=True)
class Names:
    """Of the people behind a ticket, each in one line; "" where nobody is known by name."""

    company: str = ""
    owner: str = ""


def headline(reached: ReachedPlace, teller: Teller) -> str:
    """`SLA breached: Resolution`, `SLA breached, 4 hours late: Resolution`, `OLA at risk, 75% of the time used: Time
    in Billing`. Where the place was seen too late to be true still, how it stands: `SLA breached, late by 2 business
    days: Resolution`, `OLA at risk, 20 minutes before it is due: Time in Billing`."""
    texts = teller.texts
    kind, clock = whose_promise(reached.verdict.clock, texts), metric_name(reached.verdict.clock, texts)
    place = place_on_ladder(reached.mark, reached.nth, texts)
    is_late = reached.cycle.status in LATE
    if place and _was_seen_late(reached):
        lateness = teller.lateness(reached.cycle)
        if lateness:
            return texts.text("{kind} breached, late by {lateness}: {clock}", kind=kind, lateness=lateness, clock=clock)
        place = "" if is_late else _time_left(reached, texts)
    if is_late:
        if not place:
            return texts.text("{kind} breached: {clock}", kind=kind, clock=clock)
        return texts.text("{kind} breached, {place}: {clock}", kind=kind, place=place, clock=clock)
    if not place:
        return texts.text("{kind} at risk: {clock}", kind=kind, clock=clock)
    return texts.text("{kind} at risk, {place}: {clock}", kind=kind, place=place, clock=clock)


def _was_seen_late(reached: ReachedPlace) -> bool:
    promise = reached.cycle.promise
    return promise is not None and promise.calendar.elapsed(reached.due_at, reached.at) > _STILL_TRUE_MS


def _time_left(reached: ReachedPlace, texts: Texts) -> str:
    """`20 minutes before it is due`; "" where the clock stands still, so that nobody knows."""
    promise, due_at = reached.cycle.promise, reached.cycle.due_at
    if promise is None or due_at is None or reached.cycle.status is Status.PAUSED:
        return ""
    left = promise.calendar.elapsed(reached.at, due_at)
    return texts.text("{time} before it is due", time=length(left, texts)) if left else ""


def who(names: Names, teller: Teller) -> list[str]:
    """For whom it is, and whose."""
    text = teller.texts.text
    parts = []
    if names.company:
        parts.append(text("Customer: {company}", company=names.company))
    parts.append(text("Owner: {owner}", owner=names.owner) if names.owner else text("Owner: nobody"))
    return parts


def fields(reached: ReachedPlace, story: Story, names: Names, teller: Teller) -> Mapping[str, str]:
    """The values of the template fields that are for people."""
    return {
        "company": names.company,
        "owner": names.owner,
        "lateness": teller.lateness(reached.cycle),
        **terms(reached.verdict, reached.cycle, teller),
        "headline": headline(reached, teller),
        "summary": "\n".join(summary_lines(reached, story, teller)),
        "details": "\n".join(detail_lines(story, teller.texts)),
    }


def terms(verdict: Verdict, cycle: Cycle, teller: Teller) -> Mapping[str, str]:
    """What was promised, when it is or was due, and since when it is late."""
    promise = cycle.promise
    if promise is None:
        return {"since": "", "due": "", "promised": ""}
    return {
        "since": teller.at(cycle.breached_at, promise),
        "due": teller.at(cycle.due_at, promise),
        "promised": promised(promise, teller.tier_of(verdict), teller.texts),
    }


def summary_lines(reached: ReachedPlace, story: Story, teller: Teller) -> list[str]:
    """The clock of the rung first, then the others as they stand."""
    first = clock_line(teller.clock_at(reached.verdict, reached.cycle), teller.texts)
    return [first, *(line for line in story_lines(story, teller.texts) if line != first)]
