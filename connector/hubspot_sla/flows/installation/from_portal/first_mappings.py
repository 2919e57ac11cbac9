"""The first mappings of a portal, as texts and as a report of what was inferred."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.installation.from_portal import calendars_file, escalations_file, portal_file, tiers_file
from hubspot_sla.flows.installation.from_portal.observations import observations_of, without_due
from hubspot_sla.flows.installation.from_portal.policies_file import PoliciesText, difference_text
from hubspot_sla.flows.installation.from_portal.portal_reading import DAY_MS, MOST_TICKETS
from hubspot_sla.flows.installation.from_portal.stage_names import names_by_id
from hubspot_sla.plain_text import counted
from hubspot_sla.policy.inference.drafts import doubt_about, drafts_of
from hubspot_sla.policy.inference.infer import infer
from hubspot_sla.policy.mapping_files import CALENDARS, ESCALATIONS, POLICIES, PORTAL, TIERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.flows.installation.from_portal.portal_reading import PortalReading
    from hubspot_sla.policy.inference.drafts import Draft
    from hubspot_sla.policy.inference.infer import Group, Inferred


@dataclass(frozen=True, slots=True)
class FirstMappings:
    """`texts` by file name. `inferred` holds the observations and what explains them; `drafts` what became policies."""

    texts: Mapping[str, str]
    inferred: Inferred
    drafts: Sequence[tuple[Group, Sequence[Draft]]]
    options: tuple[str, ...]
    remarks: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Every segment with its share, and every due instant that is not explained."""
        return {
            "due_instants": self.inferred.observations,
            "explained": self.inferred.explained,
            "policies": sum(len(drafts) for _, drafts in self.drafts),
            "remarks": list(self.remarks),
            "segments": [segment for group in self.inferred.groups for segment in _segments(group, self.options)],
        }


def first_mappings(reading: PortalReading) -> FirstMappings:
    """UsageProblem: there is no pipeline for tickets to be in."""
    pipelines = [pipeline for pipeline in reading.pipelines if pipeline.stages]
    if not pipelines:
        raise UsageProblem(
            "the portal has no ticket pipeline with stages", remedy="make one in HubSpot: Settings > Objects > Tickets"
        )
    mapped = {pipeline.id for pipeline in pipelines}
    everything, impossible = observations_of(reading.native.tickets, reading.now)
    observations = [observation for observation in everything if observation.pipeline in mapped]
    zones = [reading.account.time_zone, *(user.time_zone for user in reading.users)]
    guessed = portal_file.waiting_by_label(pipelines)
    inferred = infer(observations, guessed, zones, without_due(reading.native.tickets))
    drafts = [(group, drafts_of(group, reading.priorities)) for group in inferred.groups]
    remarks = [*_remarks(reading, inferred, impossible), *_pipelines_without(reading, inferred)]
    if len(everything) > len(observations):
        remarks.append(f"{len(everything) - len(observations)} due instants are of pipelines that are archived.")
    texts = _texts(reading, inferred, drafts, remarks)
    return FirstMappings(texts, inferred, drafts, reading.priorities, tuple(remarks))


def _texts(
    reading: PortalReading,
    inferred: Inferred,
    drafts: Sequence[tuple[Group, Sequence[Draft]]],
    remarks: Sequence[str],
) -> dict[str, str]:
    teams = escalations_file.teams_of(reading)
    calendars = calendars_file.calendars_of(
        reading, [draft.hours.zoned for _, of_group in drafts for draft in of_group]
    )
    named = [
        (group, [(draft, calendars.name_of(draft.hours.zoned)) for draft in of_group]) for group, of_group in drafts
    ]
    ladder = escalations_file.LADDER if escalations_file.has_ladder(teams) else ""
    policies = PoliciesText(inferred, names_by_id(reading.pipelines), reading.priorities, ladder)
    example = calendars.entries[0].name if calendars.entries else calendars_file.ALWAYS
    return {
        PORTAL: portal_file.portal_text(reading.pipelines, portal_file.roles_of(reading.pipelines, inferred)),
        CALENDARS: calendars_file.calendars_text(calendars),
        TIERS: tiers_file.tiers_text(reading),
        ESCALATIONS: escalations_file.escalations_text(reading, teams),
        POLICIES: policies.text(named, remarks, example),
    }


def _remarks(reading: PortalReading, inferred: Inferred, impossible: Sequence[str]) -> Iterator[str]:
    days = (reading.now - reading.since) // DAY_MS
    since, until = (f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d}" for at in (reading.since, reading.now))
    tickets = len(reading.native.tickets)
    if not tickets:
        yield f"No ticket was created in the last {counted(days, 'day')}, so nothing can be inferred."
    elif not inferred.observations:
        of = f"{counted(tickets, 'ticket')} of the last {counted(days, 'day')}"
        yield f"None of the {of} has a due instant of HubSpot's own SLA."
    else:
        instants = counted(inferred.observations, "due instant")
        yield (
            f"Inferred from {instants} of HubSpot's own SLA on {counted(tickets, 'ticket')}, created "
            f"{since} to {until}; {inferred.explained} of them come out to the minute "
            f"({inferred.explained / inferred.observations:.1%}). Everything else is listed below."
        )
        yield "HubSpot's next response runs from the latest customer message, ours from the first that is unanswered."
    if reading.native.left_out:
        yield f"Only the newest {MOST_TICKETS} tickets were looked at; {reading.native.left_out} older ones were not."
    if reading.native.unreadable:
        yield f"These tickets could not be read: {_few(reading.native.unreadable)}."
    if impossible:
        yield f"HubSpot's due instant is before the start, or years after it, for tickets {_few(impossible)}."


def _pipelines_without(reading: PortalReading, inferred: Inferred) -> Iterator[str]:
    names = names_by_id(reading.pipelines)
    with_promises = {pipeline for group in inferred.groups for pipeline in group.pipelines}
    without = [names[pipeline.id] for pipeline in reading.pipelines if pipeline.id not in with_promises]
    if without and inferred.observations:
        yield f"No due instant was seen in: {', '.join(without)}. No policy is for them."


def _few(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - 10} more" if len(ids) > 10 else ""
    return ", ".join(ids[:10]) + more


def _segments(group: Group, options: Sequence[str]) -> Iterator[dict[str, object]]:
    for promise in group.promises:
        for segment in promise.segments:
            yield {
                "pipelines": list(group.pipelines),
                "priority": segment.priority or None,
                "metric": segment.metric.value,
                "target_minutes": segment.target_minutes,
                "tickets": segment.tickets,
                "explained": segment.explained,
                "tickets_without_due_instant": segment.without_due,
                "doubt": doubt_about(segment, options) or None,
                "not_explained": [difference_text(difference) for difference in segment.differences],
            }
