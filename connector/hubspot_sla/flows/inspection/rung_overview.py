"""The rungs of one record: what became of each, and which are to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from hubspot_sla.clock.promise import Clock
from hubspot_sla.flows.judging import verdict_json
from hubspot_sla.language.forms import short_instant
from hubspot_sla.language.texts import marked
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.plan.ladder import Outcome
from hubspot_sla.render.names import clock_name, rung_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.clock.verdict import Verdict
    from hubspot_sla.plan.escalation import CancelledRung, RungOccurrence
    from hubspot_sla.plan.ladder import Reached
    from hubspot_sla.render.story import Teller


@dataclass(frozen=True, slots=True)
class RungOverview:
    """The rungs of one record: those reached, oldest first; those to come, with their instants; those of clocks that
    are over which were never settled: not reached, or reached while nobody looked."""

    reached: Sequence[Reached]
    coming: Sequence[RungOccurrence]
    cancelled: Sequence[CancelledRung]

    def as_json(self) -> dict[str, object]:
        return {
            "rungs": [verdict_json.of_rung(rung) for rung in self.reached],
            "coming": [
                {
                    "clock": coming.verdict.clock.key,
                    "cycle": coming.cycle.number,
                    "ladder": coming.ladder.name,
                    "rung": coming.suffix,
                    "at": wire(coming.at),
                }
                for coming in self.coming
            ],
            "cancelled": [
                verdict_json.without_none(
                    {
                        "clock": one.verdict.clock.key,
                        "cycle": one.cycle.number,
                        "rung": one.rung.name,
                        "reached_at": None if one.reached_at is None else wire(one.reached_at),
                        "reason": why_cancelled(one),
                    }
                )
                for one in self.cancelled
            ],
        }


def why_cancelled(one: CancelledRung) -> str:
    """What `sla explain` says of a rung of a clock that is over."""
    if one.reached_at is None:
        return "the clock was over before"
    if one.before_go_live:
        return "it was reached before go-live"
    return "it was reached while nobody looked, and the clock was over when somebody did"


OUTCOMES = {
    Outcome.FIRED: marked("fired"),
    Outcome.SKIPPED: marked("skipped"),
    Outcome.FAILED: marked("failed"),
    Outcome.WITHDRAWN: marked("withdrawn"),
}


def rung_rows(overview: RungOverview, verdicts: Sequence[Verdict], teller: Teller) -> list[list[str]]:
    """For people: which clock, which rung, what became of it, when, and why."""
    by_key = {verdict.clock.key: verdict for verdict in verdicts}
    text = teller.texts.text

    def row(clock: str, rung: str, what: str, at: int | None, why: str) -> list[str]:
        verdict = by_key.get(clock)
        zone = verdict.promise.calendar.zone if verdict and verdict.promise else UTC
        name = clock_name(Clock.of(clock), teller.texts)
        return [
            name,
            rung_name(rung, teller.texts),
            text(what),
            "" if at is None else short_instant(at, zone, teller.texts),
            teller.why(why),
        ]

    rows = [row(one.clock, one.rung, OUTCOMES[one.outcome], one.due_at, one.reason) for one in overview.reached]
    rows += [row(one.verdict.clock.key, one.suffix, marked("to come"), one.at, "") for one in overview.coming]
    for one in overview.cancelled:
        what = marked("cancelled") if one.reached_at is None else marked("passed by")
        rows.append(row(one.verdict.clock.key, one.rung.name, what, one.reached_at, why_cancelled(one)))
    return rows
