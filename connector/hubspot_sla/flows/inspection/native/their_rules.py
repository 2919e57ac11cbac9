"""The rules of HubSpot's own SLA, inferred from its due instants as `sla init --from-portal` infers them.

HubSpot has no API for its rules, and names on each ticket only the number of the one that applied last. So the tickets
of each rule, or of each pipeline and priority where there is no number, tell their hours, target and pausing stages. A
rule that too few tickets show, or that explains too few of them, is not known: nothing is proven by it. Of hours that
explain as many due instants ours go first: whole days from nine to five can be counted from a quarter past nine too,
and then two causes would be named where there is none.

An edit that was applied to open tickets shows on those, with its time. The tickets it was applied to are left out of
what the rule was before; what they have together is what it was edited to. Tickets that others were merged into tell
nothing: nobody knows from when on HubSpot counted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.flows.inspection.native.elapsed_meaning import Taken, meaning_of
from hubspot_sla.flows.installation.from_portal.observations import done_at, observations_of
from hubspot_sla.flows.installation.from_portal.portal_file import waiting_by_label
from hubspot_sla.flows.installation.from_portal.stage_names import names_by_id
from hubspot_sla.measure.comparison.theirs import Rule
from hubspot_sla.policy.inference.infer import infer
from hubspot_sla.policy.inference.pausing_stages import Votes
from hubspot_sla.policy.inference.segments import paused_ms, segments_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.flows.inspection.native.elapsed_meaning import ElapsedMeaning
    from hubspot_sla.hubspot.native_sla import NativeTicket
    from hubspot_sla.hubspot.schema import Pipeline
    from hubspot_sla.policy.inference.fit_zone import ZonedHours
    from hubspot_sla.policy.inference.infer import Inferred
    from hubspot_sla.policy.inference.observation import Observation, StageKey
    from hubspot_sla.policy.inference.segments import Segment

    Kind = tuple[str, str]
    """Of what tickets a rule is: those of a pipeline and a priority, or of no pipeline and a numbered rule."""

Key = TypeVar("Key")
_ONE_EDIT_MS: Final = 3_600_000
"""HubSpot applies an edit to one ticket after the other: times that are no further apart are those of one edit."""
_FEWEST_EDITED: Final = 3


@dataclass(frozen=True, slots=True)
class TheirRules:
    """What was inferred. `unknown` names each kind of tickets whose rule is not known, with the reason; `elapsed` is
    what HubSpot's figures of elapsed time count, None where nobody can say."""

    rules: Mapping[tuple[str, Metric], Rule]
    unknown: tuple[str, ...]
    elapsed: ElapsedMeaning | None
    due_instants: int

    def of(self, ticket_id: str, metric: Metric) -> Rule | None:
        """The rule for one goal of one ticket; None where too little is known of it."""
        return self.rules.get((ticket_id, metric))


def inferred_rules(
    tickets: Sequence[NativeTicket],
    pipelines: Sequence[Pipeline],
    ours: Sequence[ZonedHours],
    zones: Sequence[str],
    now: int,
) -> TheirRules:
    """From the due instants that these tickets show. `ours` are the hours that we promise on, `zones` the
    likeliest time zones, the best first."""
    seen, _impossible = observations_of(tickets, now)
    observations = list(map(_by_rule, seen))
    by_id = {ticket.id: ticket for ticket in tickets}
    edits = _edits(tickets)
    plain = [one for one in observations if not _is_edited(one, by_id[one.ticket_id])]
    edited = [one for one in observations if _is_edited(one, by_id[one.ticket_id])]
    telling = [one for one in plain if not by_id[one.ticket_id].is_merged]
    inferred = infer(telling, waiting_by_label(pipelines), zones, known=ours)
    inferring = _Inferring(inferred, edits, by_id, names_by_id(pipelines))
    rules = inferring.rules(observations, telling, edited)
    taken = _taken(observations, rules, inferring, by_id)
    return TheirRules(rules, tuple(inferring.unknown), meaning_of(taken), len(observations))


def _by_rule(observation: Observation) -> Observation:
    """Where HubSpot says which rule it was, that tells more than pipeline and priority."""
    if not observation.rule:
        return observation
    return replace(observation, pipeline="", priority=observation.rule)


def _is_edited(observation: Observation, ticket: NativeTicket) -> bool:
    """Whether the goal was still open when an edit was applied to the ticket."""
    edited_at = ticket.retroactive_ms
    if edited_at is None:
        return False
    done = done_at(ticket, observation.metric)
    return done is None or done > edited_at


def _edits(tickets: Iterable[NativeTicket]) -> list[int]:
    """When each edit was first applied to a ticket."""
    edits: list[int] = []
    newest: int | None = None
    for at in sorted(ticket.retroactive_ms for ticket in tickets if ticket.retroactive_ms is not None):
        if newest is None or at - newest > _ONE_EDIT_MS:
            edits.append(at)
        newest = at
    return edits


class _Inferring:
    """Targets by kind of tickets, on the hours and with the pauses that were inferred."""

    def __init__(
        self,
        inferred: Inferred,
        edits: Sequence[int],
        by_id: Mapping[str, NativeTicket],
        pipeline_names: Mapping[str, str],
    ) -> None:
        self.unknown: list[str] = []
        self._pipeline_names = pipeline_names
        self._edits, self._by_id = edits, by_id
        self.pausing: dict[Metric, frozenset[StageKey]] = {
            metric: inferred.pausing for metric in Metric if inferred.metrics.get(metric, Votes()).decided is not False
        }
        self._calendars: dict[Kind, Calendar] = {
            (pipeline, promise.priority): promise.hours.calendar
            for group in inferred.groups
            for promise in group.promises
            for pipeline in group.pipelines
        }

    def rules(
        self, observations: Sequence[Observation], plain: Sequence[Observation], edited: Sequence[Observation]
    ) -> dict[tuple[str, Metric], Rule]:
        whole = dict(self._sound(plain, self._kind))
        by_epoch = dict(self._sound(plain, self._kind_and_epoch))
        edited_to = dict(self._edited_to(edited))
        rules: dict[tuple[str, Metric], Rule] = {}
        for one in observations:
            segment = by_epoch.get(self._kind_and_epoch(one)) or whole.get(self._kind(one))
            calendar = self._calendars.get((one.pipeline, one.priority))
            if segment is None or segment.target_minutes is None or calendar is None:
                continue
            edited_minutes = edited_to.get(self._kind_and_edit(one)) if self._is_edited(one) else None
            stages = frozenset(stage for _, stage in self.pausing.get(one.metric, ()))
            rules[one.ticket_id, one.metric] = Rule(calendar, segment.target_minutes, stages, edited_minutes)
        self.unknown += self._doubts(plain, whole)
        return rules

    def _is_edited(self, observation: Observation) -> bool:
        return _is_edited(observation, self._by_id[observation.ticket_id])

    def _kind(self, one: Observation) -> tuple[object, ...]:
        return one.pipeline, one.priority, one.metric

    def _kind_and_epoch(self, one: Observation) -> tuple[object, ...]:
        """Tickets that were created between the same two edits have had the same rule."""
        created = self._by_id[one.ticket_id].created_ms or 0
        return *self._kind(one), bisect_right(self._edits, created)

    def _kind_and_edit(self, one: Observation) -> tuple[object, ...]:
        edited_at = self._by_id[one.ticket_id].retroactive_ms or 0
        return *self._kind(one), bisect_right(self._edits, edited_at)

    def _segments(
        self, rows: Iterable[Observation], key: Callable[[Observation], tuple[object, ...]]
    ) -> Iterator[tuple[tuple[object, ...], Segment]]:
        for key_of_rows, alike in _grouped(rows, key).items():
            calendar = self._calendars.get((alike[0].pipeline, alike[0].priority))
            if calendar is not None:
                [segment] = segments_of(alike, calendar, self.pausing)
                yield key_of_rows, segment

    def _sound(
        self, rows: Iterable[Observation], key: Callable[[Observation], tuple[object, ...]]
    ) -> Iterator[tuple[tuple[object, ...], Segment]]:
        return ((found, segment) for found, segment in self._segments(rows, key) if not segment.doubt)

    def _edited_to(self, edited: Iterable[Observation]) -> Iterator[tuple[tuple[object, ...], int]]:
        """The target that several tickets have, most of those to which one edit was applied."""
        for key, segment in self._segments(edited, self._kind_and_edit):
            agree = segment.explained
            if segment.target_minutes is not None and agree >= _FEWEST_EDITED and 2 * agree > segment.tickets:
                yield key, segment.target_minutes

    def _doubts(self, plain: Sequence[Observation], known: Mapping[tuple[object, ...], Segment]) -> Iterator[str]:
        for key, segment in self._segments(plain, self._kind):
            if key not in known:
                first = next(row for row in plain if self._kind(row) == key)
                yield f"{self._words(first)}: {segment.doubt}"

    def _words(self, one: Observation) -> str:
        if not one.pipeline:
            return f"{one.metric.value} of rule {one.priority}"
        pipeline = self._pipeline_names.get(one.pipeline, one.pipeline)
        return f"{one.metric.value} of {pipeline}, {f'priority {one.priority}' if one.priority else 'no priority'}"


def _grouped(rows: Iterable[Observation], key: Callable[[Observation], Key]) -> dict[Key, list[Observation]]:
    groups: dict[Key, list[Observation]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def _taken(
    observations: Iterable[Observation],
    rules: Mapping[tuple[str, Metric], Rule],
    inferring: _Inferring,
    by_id: Mapping[str, NativeTicket],
) -> Iterator[Taken]:
    """How long goals took, by their rules and by HubSpot."""
    for one in observations:
        ticket, rule = by_id[one.ticket_id], rules.get((one.ticket_id, one.metric))
        done, told = done_at(ticket, one.metric), ticket.elapsed.get(one.metric)
        if rule is not None and done is not None and told is not None and done >= one.start_ms:
            open_ms = rule.calendar.elapsed(one.start_ms, done)
            whole = replace(one, due_ms=done)
            paused = sum(paused_ms(whole, rule.calendar, stage) for stage in inferring.pausing.get(one.metric, ()))
            yield Taken(told, open_ms, paused)
