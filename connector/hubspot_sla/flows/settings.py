"""Where everything is: read once from the environment and `.env`, passed on as a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hubspot_sla.errors import TokenMissing, UsageProblem
from hubspot_sla.flows import quota
from hubspot_sla.hubspot.credentials import Token
from hubspot_sla.hubspot.share import Share

if TYPE_CHECKING:
    from collections.abc import Mapping

PRODUCTION = "https://api.hubapi.com"


@dataclass(frozen=True, slots=True)
class Settings:
    """Paths are as given, relative to the working directory. `token` is None where none was given;
    `variables` are all that were, for tokens that the mappings name."""

    token: Token | None
    base_url: str = PRODUCTION
    api_version: str = "2026-09"
    mappings: Path = Path("mappings")
    jobs: Path = Path("jobs")
    ledger: Path = Path("ledger.db")
    share: Share = field(default_factory=Share)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)

    def secret(self, name: str) -> Token:
        """The token in a variable that a file of the mappings names. UsageProblem: there is none."""
        if name not in self.variables:
            raise UsageProblem(f"the variable {name} is not set", remedy=f"put {name}=... into .env")
        return Token(self.variables[name])

    def needed_token(self) -> Token:
        """The token, or TokenMissing."""
        if self.token is None:
            raise TokenMissing(
                "no HubSpot token was given",
                remedy="put HUBSPOT_TOKEN=... into .env (HubSpot: Settings > Integrations > Service Keys)",
            )
        return self.token


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Settings from variables as `.env.example` lists them; an empty variable counts as absent."""
    given = {name: value.strip() for name, value in environment.items() if value and value.strip()}
    base_url = given.get("HUBSPOT_BASE_URL", PRODUCTION).rstrip("/")
    if not base_url.startswith(("https://", "http://")):
        raise UsageProblem(f"HUBSPOT_BASE_URL is not a URL: {base_url}", remedy=f"leave it out for {PRODUCTION}")
    token = given.get("HUBSPOT_TOKEN")
    return Settings(
        token=Token(token) if token else None,
        base_url=base_url,
        api_version=given.get("HUBSPOT_API_VERSION", "2026-09"),
        mappings=Path(given.get("SLA_MAPPINGS", "mappings")),
        jobs=Path(given.get("SLA_JOBS", "jobs")),
        ledger=Path(given.get("SLA_LEDGER", "ledger.db")),
        share=quota.share_of(given),
        variables=given,
    )
