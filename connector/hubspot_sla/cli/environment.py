"""The settings of this process: the environment, and where it is silent `.env` in the working directory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import terminal
from hubspot_sla.errors import UsageProblem
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
_HARMLESS = frozenset(
    (
        *("HUBSPOT_TOKEN_FILE", "HUBSPOT_BASE_URL", "HUBSPOT_API_VERSION", "SLA_CLOCK", "SLA_BURST_SHARE"),
        *("SLA_SEARCHES_PER_S", "SLA_DAILY_BUDGET", "SLA_IN_FLIGHT", "SLA_MAPPINGS", "SLA_JOBS", "SLA_LEDGER"),
        *(
            "SLA_BACKUPS",
            "SLA_REPORTS",
            "SLA_CACHE",
            "SLA_HEADS",
            "SLA_HEADS_CHANNEL",
            "SLA_SMTP_FROM",
            "SLA_LOG",
            "SLA_LOG_LEVEL",
        ),
        "SLA_METRICS",
        *("TZ", "LANG", "LC_ALL", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NO_PROXY"),
    )
)
"""Variables that hold no secret."""


def settings(**given: str | None) -> Settings:
    """Settings for one command; an option that was given wins over the environment, and that over `.env`.

    Warns on standard error, once a process, of what works and is dangerous. Raises UsageProblem.
    """
    from dataclasses import replace

    from hubspot_sla.flows.context.settings import from_environment

    options = {f"SLA_{name.upper()}": value for name, value in given.items() if value is not None}
    in_file = _in_file()
    chosen = from_environment({**in_file, **os.environ, **options}, redactor())
    warnings = (*_too_open(in_file), *chosen.warnings)
    _warn(warnings)
    return replace(chosen, warnings=warnings)


def person(given: str | None) -> str:
    """Who does it: the name that was given, else the user of this machine. UsageProblem: it has no name for them."""
    from getpass import getuser

    try:
        return (given or "").strip() or getuser()
    except (KeyError, OSError):
        raise UsageProblem("this machine has no name for its user", remedy="say who you are: --by NAME") from None


def redactor() -> Redactor:
    """That of the running command, which knows every secret it has met."""
    context = click.get_current_context(silent=True)
    own = context.find_object(Redactor) if context else None
    return own or Redactor()


def _in_file() -> dict[str, str]:
    """A token named in the environment, in whatever way, hides every one named here."""
    text = _text()
    if not text:
        return {}
    from io import StringIO

    from dotenv import dotenv_values

    hidden = _TOKENS if any(os.environ.get(name) for name in _TOKENS) else ()
    values = dotenv_values(stream=StringIO(text))
    return {name: value for name, value in values.items() if value is not None and name not in hidden}


def _text() -> str:
    """What `.env` holds; nothing where there is none. Raises UsageProblem."""
    try:
        content = Path(DOTENV).read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        return ""
    except OSError as error:
        raise UsageProblem(f"{DOTENV} cannot be read: {error.strerror}", remedy="let this user read it") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageProblem(f"{DOTENV}:{line} is not UTF-8 text", remedy="save the file as UTF-8") from None


def _too_open(in_file: dict[str, str]) -> tuple[str, ...]:
    """A warning for a `.env` that others may read, where it holds more than settings. The mappings choose the names of
    their variables, so any name that is none of ours may be that of a secret."""
    from hubspot_sla.flows.context.token_source import open_to_others

    names = sorted(name for name, value in in_file.items() if value.strip() and name not in _HARMLESS)
    warning = open_to_others(Path(DOTENV), f"secrets ({', '.join(names)})") if names else ""
    return (warning,) if warning else ()


def _warn(warnings: tuple[str, ...]) -> None:
    context = click.get_current_context(silent=True)
    shown: set[str] = context.meta.setdefault(__name__, set()) if context else set()
    for warning in warnings:
        if warning not in shown:
            terminal.notice(warning, word="warning: ", colour="yellow")
            shown.add(warning)
