"""Why a verdict is what it is: a few sentences and a table of segments, from the same facts.

One text serves `sla explain`, the audit entry and the note on the ticket. The sentences alone fill the reason
property, so nothing in them may tick: they speak of instants, never of "minutes left".
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Kind
from hubspot_sla.clock.time_text import length, local
from hubspot_sla.clock.verdict import LATE, Onset, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo

    from hubspot_sla.clock.promise import Clock, Promise
    from hubspot_sla.clock.segments import Segment
    from hubspot_sla.clock.verdict import Cycle, Verdict

LATE_NOTE = {Status.BREACHED: "is late and still open", Status.MISSED: "was late"}
ONSETS = {
    Onset.DUE: "by what was promised before",
    Onset.CHANGE: "when the promise changed",
    Onset.REOPENING: "when the ticket was reopened",
    Onset.RETURN: "when the ticket came back",
    Onset.CLOSING: "when the ticket was closed",
}
"""Why lateness did not begin at the due instant; one that did begin at another before a change moved it."""
_BUILT_IN = frozenset(metric.value for metric in Metric)
_NO_SLA: Final = Status.NO_SLA  # to look up a member of an enum takes longer than a call
_MET: Final = Status.MET
KIND_NAMES = {Kind.OLA: "OLA", Kind.UC: "underpinning contract"}


@lru_cache(1024)
def title(clock: Clock) -> str:
    """`Resolution`, `OLA: time in Billing`, `Total time in Billing`, `Gdpr: resolution`, `OLA gdpr: resolution`."""
    name = _words(clock.metric)
    if clock.metric == Metric.STAGE:
        name = f"total time in {clock.place}" if clock.total else f"time in {clock.place}"
    whose = " ".join(part for part in (KIND_NAMES.get(clock.kind), clock.agreement) if part)
    text = f"{whose}: {name}" if whose else name
    return text[0].upper() + text[1:]


def sentence(verdict: Verdict) -> str:
    """One sentence on one clock that stays true until the verdict changes."""
    name, cycle = title(verdict.clock), verdict.cycle
    promise = cycle.promise
    if promise is None:
        reason = cycle.reason or "nothing is promised"
        return f"{name}: {reason}." if cycle.status is _NO_SLA else f"{name}: {_words(cycle.status)}, {reason}."
    terms = f"{promise.target} on calendar {promise.calendar.name}, policy {promise.policy}"
    zone, notes = promise.calendar.zone, _state(cycle, promise.calendar.zone)
    if len(verdict.cycles) > 1 or cycle.inferred or cycle.withdrawn:
        notes = "; ".join([notes, *_cycle_notes(verdict), *_withdrawals(cycle, zone)])
    return f"{name} ({terms}): {notes}."


def table(segments: Iterable[Segment], zone: tzinfo) -> list[tuple[str, str, str, str, str, str]]:
    """Rows of (from, to, what the clock did, why, whose time, business time that counted)."""
    return [
        (
            local(segment.start, zone),
            local(segment.end, zone),
            f"{_words(segment.state)}, late" if segment.late else _words(segment.state),
            segment.why + (f" (by {segment.by})" if segment.by else ""),
            segment.whose,
            length(segment.counted_ms),
        )
        for segment in segments
    ]


def rule(promise: Promise) -> str:
    """What starts and stops a clock that the admins define, and what it stands still by; "" for the six."""
    if promise.metric in _BUILT_IN:
        return ""
    definition = promise.definition
    parts = (
        ("starts when", definition.starts),
        ("but only after", definition.after),
        ("stops when", definition.stops),
        ("ends and starts again when", definition.resets),
        ("stands still while", [each.condition for each in promise.pauses]),
    )
    return "; ".join(f"{verb} {' or '.join(map(str, what))}" for verb, what in parts if what)


def story(verdict: Verdict, segments: Iterable[Segment]) -> str:
    """The sentence with the table under it, as plain text."""
    promise = verdict.cycle.promise
    if promise is None:
        return sentence(verdict)
    rows = table(segments, promise.calendar.zone)
    lines = (
        f"  {start} - {end}  {state}: {why} [{whose}] {counted}" for start, end, state, why, whose, counted in rows
    )
    definition = rule(promise)
    return "\n".join([sentence(verdict), *([f"  {definition}"] if definition else []), *lines])


def _state(cycle: Cycle, zone: tzinfo) -> str:
    due = local(cycle.due_at, zone)
    if cycle.status is _MET:
        return f"met {local(cycle.stopped_at, zone)}" + (f", due {due}" if cycle.due_at else "")
    reason = f" ({cycle.reason})" if cycle.reason else ""
    match cycle.status:
        case Status.RUNNING:
            return f"due {due}{reason}"
        case Status.AT_RISK:
            return f"at risk since {local(cycle.at_risk_at, zone)}, due {due}{reason}"
        case Status.PAUSED:
            until = "" if cycle.next_at is None else f" until {local(cycle.next_at, zone)} at the latest"
            return f"paused{until}, and due later by as long as it stays so{reason}"
        case Status.PENDING:
            return f"not started, {cycle.reason}"
        case Status.BREACHED | Status.MISSED:
            return _late(cycle, zone)
        case _:
            return f"{_words(cycle.status)}, {cycle.reason}"


def _late(cycle: Cycle, zone: tzinfo) -> str:
    text = f"{LATE_NOTE[cycle.status]}, due {local(cycle.due_at, zone)}"
    if cycle.breached_at != cycle.due_at:
        why = f" {ONSETS[cycle.onset]}" if cycle.onset else ""
        text += f", late since {local(cycle.breached_at, zone)}{why}"
    if cycle.stopped_at is not None:
        text += f", done {local(cycle.stopped_at, zone)}"
    return text + (f" ({cycle.reason})" if cycle.reason else "")


def _cycle_notes(verdict: Verdict) -> Iterator[str]:
    if len(verdict.cycles) > 1:
        late = sum(cycle.status in LATE for cycle in verdict.cycles)
        yield f"cycle {verdict.cycle.number} of {len(verdict.cycles)}" + (f", {late} of them late" if late else "")
    if verdict.cycle.inferred:
        yield "inferred from the latest messages only, others may have come between"


def _withdrawals(cycle: Cycle, zone: tzinfo) -> Iterator[str]:
    for withdrawal in cycle.withdrawn:
        by = f" (by {withdrawal.by})" if withdrawal.by else ""
        since, at = local(withdrawal.breached_at, zone), local(withdrawal.withdrawn_at, zone)
        yield f"a breach of {since} was withdrawn {at}: {withdrawal.why}{by}"


def _words(value: str) -> str:
    return value.replace("_", " ")
