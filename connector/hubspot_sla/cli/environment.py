"""The settings of this process: the environment, and where it is silent `.env` in the working directory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import terminal
from hubspot_sla.redaction import Redactor

if TYPE_CHECKING:
    from hubspot_sla.flows.context.settings import Settings

mappings_option = click.option(
    "--mappings", metavar="DIR", help="The mappings folder (default: SLA_MAPPINGS, mappings)."
)
ledger_option = click.option("--ledger", metavar="FILE", help="The ledger (default: SLA_LEDGER, ledger.db).")

jobs_option = click.option("--jobs", metavar="DIR", help="The jobs folder (default: SLA_JOBS, jobs).")


DOTENV = ".env"
_TOKENS = ("HUBSPOT_TOKEN", "HUBSPOT_TOKEN_FILE")


def settings(**given: str | None) -> Settings:
    """Settings for one command; an option that was given wins over the environment, and that over `.env`.

    Says on stderr, once a process, what is dangerous though it works.
    """
    from dataclasses import replace

    from hubspot_sla.flows.context.settings import from_environment

    options = {f"SLA_{name.upper()}": value for name, value in given.items() if value is not None}
    in_file = _in_file()
    found = from_environment({**in_file, **os.environ, **options}, redactor())
    warnings = (*_too_open(in_file), *found.warnings)
    _warn(warnings)
    return replace(found, warnings=warnings)


def redactor() -> Redactor:
    """That of the running command, which knows every secret it has met."""
    context = click.get_current_context(silent=True)
    found = context.find_object(Redactor) if context else None
    return found or Redactor()


def _in_file() -> dict[str, str]:
    """A token named in the environment, in whatever way, hides every one named here."""
    from dotenv import dotenv_values

    hidden = _TOKENS if any(os.environ.get(name) for name in _TOKENS) else ()
    return {name: value for name, value in dotenv_values(DOTENV).items() if value is not None and name not in hidden}


def _too_open(in_file: dict[str, str]) -> tuple[str, ...]:
    from pathlib import Path

    from hubspot_sla.flows.context.token_source import open_to_others

    holds_one = any(value.strip() and name.endswith(("TOKEN", "SECRET", "PASSWORD")) for name, value in in_file.items())
    warning = open_to_others(Path(DOTENV)) if holds_one else ""
    return (warning,) if warning else ()


def _warn(warnings: tuple[str, ...]) -> None:
    context = click.get_current_context(silent=True)
    told: set[str] = context.meta.setdefault(__name__, set()) if context else set()
    for warning in warnings:
        if warning not in told:
            terminal.notice(warning, word="warning: ", colour="yellow")
            told.add(warning)
