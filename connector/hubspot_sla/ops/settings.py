"""What the operator chose: how to log, whether to serve metrics, where to send a heartbeat."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from hubspot_sla.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Mapping

LOOPBACK: Final = "127.0.0.1"
STYLES: Final = ("auto", "text", "json")
LEVELS: Final = {name.lower(): getattr(logging, name) for name in ("DEBUG", "INFO", "WARNING", "ERROR")}


@dataclass(frozen=True, slots=True)
class Choices:
    """`log` is one of STYLES, `level` one of logging's numbers, `metrics` a host and a port. The heartbeat's URL is a
    secret: anybody who has it can keep an alarm silent."""

    log: str = "auto"
    level: int = logging.INFO
    metrics: tuple[str, int] | None = None
    heartbeat: str | None = field(default=None, repr=False)


def choices(variables: Mapping[str, str]) -> Choices:
    """From the variables `SLA_LOG`, `SLA_LOG_LEVEL`, `SLA_METRICS` and `SLA_HEARTBEAT_URL`. Raises UsageProblem."""
    return Choices(
        _one_of("SLA_LOG", variables.get("SLA_LOG", "auto"), STYLES),
        LEVELS[_one_of("SLA_LOG_LEVEL", variables.get("SLA_LOG_LEVEL", "info"), tuple(LEVELS))],
        _address(variables.get("SLA_METRICS")),
        _url(variables.get("SLA_HEARTBEAT_URL")),
    )


def _one_of(variable: str, given: str, allowed: tuple[str, ...]) -> str:
    if given.lower() not in allowed:
        raise UsageProblem(f"{variable} cannot be {given!r}", remedy=f"say one of {', '.join(allowed)}")
    return given.lower()


def _address(given: str | None) -> tuple[str, int] | None:
    """`9464`, `127.0.0.1:9464`, `[::1]:9464`; a port alone is served to this machine only."""
    if given is None:
        return None
    try:
        parts = urlsplit(f"//{LOOPBACK}:{given}" if given.isdigit() else f"//{given}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or port is None or parts.path:
        raise UsageProblem(
            f"SLA_METRICS is no address: {given}", remedy=f"say {LOOPBACK}:9464, or a port alone for this machine only"
        )
    return host, port


def _url(given: str | None) -> str | None:
    if given is not None and not (given.startswith(("https://", "http://")) and urlsplit(given).hostname):
        raise UsageProblem("SLA_HEARTBEAT_URL is no http or https URL", remedy="leave it out, or copy it again")
    return given
