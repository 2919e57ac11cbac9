"""Where everything is: read once from the environment and `.env`, passed on as a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from errno import ENAMETOOLONG
from pathlib import Path
from typing import TYPE_CHECKING

from hubspot_sla.errors import TokenMissing, UsageProblem
from hubspot_sla.flows.context import quota_share
from hubspot_sla.flows.context.token_source import token_in, too_open
from hubspot_sla.hubspot.addresses import PRODUCTION
from hubspot_sla.hubspot.credentials import Token
from hubspot_sla.hubspot.current_time import ClockMode
from hubspot_sla.hubspot.quota_share import Share
from hubspot_sla.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Mapping

CLOCK = "SLA_CLOCK"
NO_CACHE = "off"


@dataclass(frozen=True, slots=True)
class Settings:
    """Paths are as given, relative to the working directory; `cache` None: nothing is kept there. `token` is None where
    none was given; `variables` are all that were, for tokens that the mappings name. `redactor` knows every secret that
    was asked for here, and `warnings` what is dangerous though it works."""

    token: Token | None
    base_url: str = PRODUCTION
    api_version: str = "2026-09"
    mappings: Path = Path("mappings")
    jobs: Path = Path("jobs")
    ledger: Path = Path("ledger.db")
    backups: Path = Path("backups")
    reports: Path = Path("reports")
    cache: Path | None = None
    share: Share = field(default_factory=Share)
    clock: ClockMode = ClockMode.AUTO
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    redactor: Redactor = field(default_factory=Redactor)
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.token is not None:
            self.redactor.learn(self.token.reveal(), str(self.token))

    def secret(self, name: str) -> Token:
        """The token in a variable that a file of the mappings names. UsageProblem: there is none."""
        if name not in self.variables:
            raise UsageProblem(f"the variable {name} is not set", remedy=f"put {name}=... into .env")
        token = Token(self.variables[name])
        self.redactor.learn(token.reveal(), str(token))
        return token

    def needed_token(self) -> Token:
        """The token, or TokenMissing."""
        if self.token is None:
            raise TokenMissing(
                "no HubSpot token was given",
                remedy="put HUBSPOT_TOKEN=... into .env (HubSpot: Settings > Integrations > Service Keys)",
            )
        return self.token


def from_environment(environment: Mapping[str, str], redactor: Redactor | None = None) -> Settings:
    """Settings from variables as `.env.example` lists them; an empty variable counts as absent.

    `redactor` is taught the secrets; without one the settings have their own.
    """
    redactor = redactor or Redactor()
    given = {name: value.strip() for name, value in environment.items() if value and value.strip()}
    redactor.learn_from(given)
    _refuse_nul(given)
    token = token_in(given)
    base_url = given.get("HUBSPOT_BASE_URL", PRODUCTION).rstrip("/")
    if "@" in base_url:  # not shown: what stands before it may be a password
        raise UsageProblem(
            "HUBSPOT_BASE_URL has a user name in it", remedy=f"leave it out for {PRODUCTION}: the token says who asks"
        )
    if not base_url.startswith(("https://", "http://")):
        raise UsageProblem(f"HUBSPOT_BASE_URL is not a URL: {base_url}", remedy=f"leave it out for {PRODUCTION}")
    return Settings(
        token=token,
        base_url=base_url,
        api_version=given.get("HUBSPOT_API_VERSION", "2026-09"),
        mappings=_path(given, "SLA_MAPPINGS", "mappings"),
        jobs=_path(given, "SLA_JOBS", "jobs"),
        ledger=_path(given, "SLA_LEDGER", "ledger.db"),
        backups=_path(given, "SLA_BACKUPS", "backups"),
        reports=_path(given, "SLA_REPORTS", "reports"),
        cache=_cache_folder(given),
        share=quota_share.share_of(given),
        clock=_clock_mode(given),
        variables=given,
        redactor=redactor,
        warnings=tuple(too_open(given)),
    )


def _refuse_nul(given: Mapping[str, str]) -> None:
    """No path, address or token can hold one, and each library says so in its own way."""
    for name, value in given.items():
        if "\0" in value:
            raise UsageProblem(
                f"{name} holds a NUL character", remedy="write it again: an editor or a script put it there"
            )


def _path(given: Mapping[str, str], name: str, default: str) -> Path:
    """The path of a variable. Raises UsageProblem for one that no file can have."""
    path = Path(given.get(name, default))
    try:
        path.lstat()
    except OSError as error:
        if error.errno == ENAMETOOLONG:
            raise UsageProblem(f"{name} cannot be a path: {error.strerror}", remedy="name a shorter one") from None
    return path


def _cache_folder(given: Mapping[str, str]) -> Path | None:
    """That of this user, where the system has one for caches; `off` for none."""
    if (named := given.get("SLA_CACHE")) is not None:
        return None if named == NO_CACHE else _path(given, "SLA_CACHE", "")
    of_user = given.get("XDG_CACHE_HOME") or (f"{given['HOME']}/.cache" if "HOME" in given else "")
    return Path(of_user) / "hubspot-sla" if of_user.startswith("/") else None


def _clock_mode(given: Mapping[str, str]) -> ClockMode:
    mode = given.get(CLOCK, ClockMode.AUTO.value)
    try:
        return ClockMode(mode)
    except ValueError:
        raise UsageProblem(f"{CLOCK} is neither auto nor hubspot: {mode}", remedy="leave it out for auto") from None
