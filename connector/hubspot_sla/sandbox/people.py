"""The account itself, its owners and their teams."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """What account-info tells."""

    portal_id: int
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
    """Somebody records can be assigned to. `id` is what `hubspot_owner_id` holds; `user_id` is another space."""

    id: str
    email: str
    first_name: str
    last_name: str
    user_id: int
    teams: tuple[Team, ...] = ()
    created_ms: int = 0
    updated_ms: int = 0
    archived: bool = False

    @property
    def primary_team(self) -> Team | None:
        """The team whose id a ticket of this owner carries."""
        return next((team for team in self.teams if team.primary), None)
