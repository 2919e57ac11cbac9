"""The account itself, its owners and their teams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PORTAL_ID: Final = 145_000_001


@dataclass(frozen=True, slots=True)
class Account:
    """What account-info answers."""

    portal_id: int = PORTAL_ID
    account_type: str = "DEVELOPER_TEST"
    time_zone: str = "Europe/Berlin"
    currency: str = "EUR"
    ui_domain: str = "app-eu1.hubspot.com"
    hosting: str = "eu1"


@dataclass(frozen=True, slots=True)
class Team:
    """A team as one of its members shows it."""

    id: str
    name: str
    primary: bool = True


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody records can be assigned to. `id` is what `hubspot_owner_id` holds; `user_id` is another space.

    `time_zone`, `working_hours` (the JSON that HubSpot keeps) and `job_title` are what the user's profile says; "":
    nothing."""

    id: str
    email: str
    first_name: str
    last_name: str
    user_id: int
    teams: tuple[Team, ...] = ()
    created_ms: int = 0
    updated_ms: int = 0
    archived: bool = False
    time_zone: str = ""
    working_hours: str = ""
    job_title: str = ""

    @property
    def primary_team(self) -> Team | None:
        """The team whose id a ticket of this owner carries."""
        return next((team for team in self.teams if team.primary), None)

    def as_user(self) -> dict[str, str]:
        """The CRM's record of this user: a third space of ids, tied to the others by two of its properties."""
        team = self.primary_team
        values = {
            "hs_email": self.email,
            "hs_given_name": self.first_name,
            "hs_family_name": self.last_name,
            "hs_internal_user_id": str(self.user_id),
            "hubspot_owner_id": self.id,
            "hs_main_team": team.id if team else "",
            "hs_deactivated": "true" if self.archived else "false",
            "hs_availability_status": "available",
            "hs_standard_time_zone": self.time_zone,
            "hs_working_hours": self.working_hours,
            "hs_job_title": self.job_title,
        }
        return {name: value for name, value in values.items() if value}
