"""Who leads whom: HubSpot has no manager of a person or a team, so job titles are all there is to go by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LEADING = re.compile(
    r"\b(team ?lead\w*|lead|leader|head|manager|director|supervisor|chief|\w*leit(er|erin|ung)|"
    r"responsable|chef\w*|jefe|jefa|capo|direttore)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Member:
    """An owner of the portal: e-mail, job title ("" where unknown), teams by id and name, the primary one first."""

    email: str
    job_title: str
    teams: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TeamLead:
    """A team by name, those in it, and who leads it; `lead` is "" where that is not to be seen. `reason` says why."""

    team: str
    members: tuple[str, ...]
    lead: str
    reason: str


def team_leads(members: Iterable[Member]) -> list[TeamLead]:
    """For each team whose members have it as their primary one."""
    teams: dict[tuple[str, str], list[Member]] = {}
    for member in members:
        if member.email and member.teams:
            teams.setdefault(member.teams[0], []).append(member)
    return [_team_lead(name or team_id, teams[team_id, name]) for team_id, name in sorted(teams)]


def lead_of_others(teams: Iterable[TeamLead]) -> str:
    """The lead of the largest team that has one; "" where none has."""
    led = [team for team in teams if team.lead]
    return max(led, key=lambda team: len(team.members)).lead if led else ""


def leads_by_member(teams: Iterable[TeamLead]) -> Mapping[str, str]:
    """The lead of everybody who has one and is none."""
    return {member: team.lead for team in teams if team.lead for member in team.members if member != team.lead}


def _team_lead(team: str, members: list[Member]) -> TeamLead:
    emails = tuple(dict.fromkeys(member.email for member in members))
    leading = [member for member in members if _LEADING.search(member.job_title)]
    if len(leading) == 1:
        return TeamLead(
            team, emails, leading[0].email, f'the only one in it with a title like "{leading[0].job_title}"'
        )
    reason = "no job title says so" if not leading else f"{len(leading)} job titles sound like it"
    return TeamLead(team, emails, "", reason)
