"""policies.yaml: what HubSpot's own SLA was found to promise, how well that explains its due instants, and what it does
not explain."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.flows.installation.from_portal.yaml_text import (
    beside,
    comment,
    duration,
    flow_list,
    flow_map,
    one_or_list,
    slug,
)
from hubspot_sla.policy.inference.drafts import NO_PRIORITY, Draft, doubt_about
from hubspot_sla.policy.yaml_writer import scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.policy.inference.infer import Group, Inferred
    from hubspot_sla.policy.inference.segments import Difference, Segment

MOST_NAMED = 10
_METRICS = (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE, Metric.RESOLUTION)
_PAUSES_BY_DEFAULT = {Metric.FIRST_RESPONSE: False, Metric.NEXT_RESPONSE: False, Metric.RESOLUTION: True}
_NEVER = "2099-01-01"
_HEAD = (
    "policies.yaml: who is promised what. Checked by `sla check`; `sla plan` shows what a change would do.",
    "Of each kind the first policy whose `when` holds applies, from top to bottom. Targets are counted on the policy's "
    "calendar: 45m, 8h, or 1bd, that calendar's business day.",
)


class PoliciesText:
    """The file, line by line. `names` are those of pipelines by id, `calendar_names` those of calendars by draft."""

    def __init__(
        self,
        inferred: Inferred,
        names: Mapping[str, str],
        options: Sequence[str],
        ladder: str,
    ) -> None:
        self._inferred, self._names, self._options, self._ladder = inferred, names, options, ladder
        self._ids: set[str] = set()

    def text(
        self, drafts: Sequence[tuple[Group, Sequence[tuple[Draft, str]]]], remarks: Iterable[str], example: str
    ) -> str:
        """`drafts` come with their calendars' names, by group; without any, `example` is the calendar of an example."""
        lines = ["# yaml-language-server: $schema=schema/policies.json"]
        for words in (*_HEAD, *remarks):
            lines += comment(words)
        lines += ["", "policies:"]
        for group, of_group in drafts:
            for draft, calendar in of_group:
                lines += [*self._policy(draft, calendar), ""]
            lines += self._doubts(group)
        if not any(of_group for _, of_group in drafts):
            lines += self._example(example)
        return "\n".join([*_without_blank_end(lines), ""])

    def _policy(self, draft: Draft, calendar: str) -> Iterator[str]:
        tickets, explained = (sum(getattr(s, name) for s in draft.segments) for name in ("tickets", "explained"))
        yield from comment(f"Inferred: explains {explained} of {tickets} due instants to the minute.", 2)
        yield f"  - id: {self._id(draft)}"
        yield f"    when: {flow_map(self._when(draft))}"
        yield f"    calendar: {calendar}"
        yield "    targets:"
        for metric in draft.metrics:
            yield from self._target(draft, metric)
        pauses = {metric: self._inferred.pauses(metric, draft.pipelines) for metric in draft.metrics}
        if any(pauses[metric] != _PAUSES_BY_DEFAULT[metric] for metric in pauses):
            values = {metric.value: str(paused).lower() for metric, paused in pauses.items()}
            yield from beside(f"    pauses: {flow_map(values)}", "in `waiting` stages")
        if any(pauses.values()):
            yield from beside(
                "    resume_on_customer_message: false", "as in HubSpot, only leaving the stage ends a pause"
            )
        if self._ladder:
            yield f"    ladder: {self._ladder}"

    def _id(self, draft: Draft) -> str:
        words = [self._names[pipeline] for pipeline in draft.pipelines[:2]]
        if draft.priorities and not draft.for_no_priority and len(draft.priorities) < len(self._options):
            words += draft.priorities
        base = slug(" ".join(words)) or "policy"
        numbered = (base if number == 1 else f"{base}-{number}" for number in range(1, len(self._ids) + 2))
        chosen = next(name for name in numbered if name not in self._ids)
        self._ids.add(chosen)
        return chosen

    def _when(self, draft: Draft) -> dict[str, str]:
        when = {"pipeline": one_or_list(self._names[pipeline] for pipeline in draft.pipelines)}
        if not draft.for_no_priority:
            when["priority"] = flow_list(draft.priorities)
        elif draft.excluded:
            when["not"] = flow_map({"priority": flow_list(draft.excluded)})
        return when

    def _target(self, draft: Draft, metric: Metric) -> Iterator[str]:
        """One line for each priority, with the share that its target explains."""
        yield f"      {metric.value}:"
        for segment in (
            of_metric
            for of_metric in draft.segments
            if of_metric.metric is metric and of_metric.target_minutes is not None
        ):
            key = scalar(segment.priority) if segment.priority else "default"
            yield from beside(f"        {key}: {duration(segment.target_minutes or 0)}", _found(segment))
            yield from self._differences(segment, 8)
        if NO_PRIORITY not in draft.minutes(metric):
            yield from beside("        default: none", "HubSpot's due instants say nothing of any other priority")

    def _differences(self, segment: Segment, indent: int) -> Iterator[str]:
        for difference in segment.differences[:MOST_NAMED]:
            yield from comment(f"not explained: {difference_text(difference)}", indent, "  ")
        if len(segment.differences) > MOST_NAMED:
            more = len(segment.differences) - MOST_NAMED
            yield from comment(f"and {more} more; `sla init --from-portal --json` names them all", indent)

    def _doubts(self, group: Group) -> Iterator[str]:
        """Segments that are no policy, as comments."""
        doubtful = [(segment, doubt_about(segment, self._options)) for segment in group.segments]
        if not any(doubt for _, doubt in doubtful):
            return
        names = ", ".join(self._names[pipeline] for pipeline in group.pipelines)
        yield from comment(f"{names}: too little is known of these, so no policy promises them.", 2)
        for segment, doubt in doubtful:
            if doubt:
                priority = f"priority {segment.priority}" if segment.priority else "no priority"
                target = duration(segment.target_minutes) if segment.target_minutes else "no common target"
                words = f"{segment.metric.value}, {priority}: {target}, {_found(segment)}: {doubt}"
                yield from comment(words, 4, "  ")
                yield from self._differences(segment, 6)
        yield ""

    def _example(self, calendar: str) -> Iterator[str]:
        """A file needs a policy; this one is in force when somebody decides so."""
        yield from comment(
            "An example, since nothing was inferred. It promises nothing to anybody before the year 2099: set what you "
            "promise, then delete `valid_from`.",
            2,
        )
        yield "  - id: example"
        yield f"    when: {{pipeline: {scalar(next(iter(self._names.values())))}}}"
        yield f"    calendar: {calendar}"
        yield "    targets: {first_response: 4h, resolution: 24h}"
        yield f"    valid_from: {_NEVER}"
        if self._ladder:
            yield f"    ladder: {self._ladder}"


def difference_text(difference: Difference) -> str:
    """`ticket 12: HubSpot says 2026-11-02 09:00Z, this target 2026-11-02 10:00Z (its priority was changed)`."""
    observation = difference.observation
    computed = "" if difference.computed_ms is None else f", this target {_instant(difference.computed_ms)}"
    note = f" ({observation.note})" if observation.note else ""
    return f"ticket {observation.ticket_id}: HubSpot says {_instant(observation.due_ms)}{computed}{note}"


def _found(segment: Segment) -> str:
    without = f"; {segment.without_due} tickets have none" if segment.without_due else ""
    return f"{segment.explained} of {segment.tickets} due instants{without}, {segment.share:.0%}"


def _instant(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M}Z"


def _without_blank_end(lines: list[str]) -> list[str]:
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines
