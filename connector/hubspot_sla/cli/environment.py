"""The settings of this process: the environment, and where it is silent `.env` in the working directory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubspot_sla.flows.settings import Settings

mappings_option = click.option(
    "--mappings", metavar="DIR", help="The mappings folder (default: SLA_MAPPINGS, mappings)."
)
ledger_option = click.option("--ledger", metavar="FILE", help="The ledger (default: SLA_LEDGER, ledger.db).")

jobs_option = click.option("--jobs", metavar="DIR", help="The jobs folder (default: SLA_JOBS, jobs).")


def redactor(settings: Settings) -> Callable[[str], str]:
    """Cleans a text of every secret that this process was given."""
    heartbeat = settings.variables.get("SLA_HEARTBEAT_URL")

    def redact(text: str) -> str:
        text = text if settings.token is None else settings.token.redact(text)
        return text.replace(heartbeat, "…") if heartbeat else text

    return redact


def settings(**given: str | None) -> Settings:
    """Settings for one command; an option that was given wins over the environment."""
    from dotenv import dotenv_values

    from hubspot_sla.flows.settings import from_environment

    environment = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    environment.update(os.environ)
    environment.update({f"SLA_{name.upper()}": value for name, value in given.items() if value is not None})
    return from_environment(environment)
