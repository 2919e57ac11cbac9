"""escalations.yaml: who leads whom, as far as teams and job titles tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.installation.from_portal.yaml_text import comment
from hubspot_sla.policy.inference.team_leads import Member, lead_of_others, leads_by_member, team_leads
from hubspot_sla.policy.yaml_writer import scalar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubspot_sla.flows.installation.from_portal.portal_reading import PortalReading
    from hubspot_sla.policy.inference.team_leads import TeamLead

LADDER = "standard"
_LADDERS = f"""\
ladders:
  {LADDER}:
    rungs:
      - {{at: breach, do: [{{task: owner}}]}}
      - {{at: +4h, do: [{{task: lead}}]}}
"""


def teams_of(reading: PortalReading) -> list[TeamLead]:
    titles = {user.email.casefold(): user.job_title for user in reading.users if user.email}
    members = (
        Member(owner.email, titles.get(owner.email.casefold(), ""), tuple((team.id, team.name) for team in owner.teams))
        for owner in reading.owners
    )
    return team_leads(members)


def has_ladder(teams: Sequence[TeamLead]) -> bool:
    """Whether anybody is known to lead somebody, so that a ladder can turn to a lead."""
    return bool(leads_by_member(teams)) or bool(lead_of_others(teams))


def escalations_text(reading: PortalReading, teams: Sequence[TeamLead]) -> str:
    head = [
        "# yaml-language-server: $schema=schema/escalations.json",
        *comment(
            "escalations.yaml: what happens on the way to a breach and after it. Checked by `sla check --portal`."
        ),
        *comment("HubSpot does not say who leads a person or a team. What stands here is guessed from job titles."),
        *_remarks(reading, teams),
        "",
    ]
    if not has_ladder(teams):
        nobody = "No lead is known, so there is no ladder: each breach makes one task for the owner."
        return "\n".join([*head, *comment(nobody), "leads: {}", ""])
    return "\n".join([*head, *_leads(teams), "", *comment("Policies name it: `ladder: standard`."), _LADDERS])


def _leads(teams: Sequence[TeamLead]) -> Iterator[str]:
    yield "leads:                                  # who leads whom, by e-mail or owner id of HubSpot"
    default, by_member, named = lead_of_others(teams), leads_by_member(teams), set[str]()
    for team in teams:
        yield from comment(
            f"Team {team.team}: {f'{team.lead} leads it' if team.lead else 'no lead'}, {team.reason}.", 2
        )
        if not team.lead:
            yield from comment(f"In it: {', '.join(team.members)}", 2)
        for member in team.members:
            if by_member.get(member) == team.lead and team.lead and member not in named:
                named.add(member)
                yield f"  {scalar(member)}: {scalar(team.lead)}"
    if default:
        yield from comment(
            "Everybody else, and tickets without an owner: the lead of the largest team, for a start.", 2
        )
        yield f"  default: {scalar(default)}"


def _remarks(reading: PortalReading, teams: Sequence[TeamLead]) -> Iterator[str]:
    if "owners" in reading.refused:
        yield from comment(f"Owners and their teams were not read: {reading.refused['owners']}")
    elif not teams:
        yield from comment("No owner is in a team.")
    if "users" in reading.refused:
        yield from comment(f"Job titles were not read: {reading.refused['users']}")
