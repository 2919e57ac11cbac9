"""One thing that a check found, and what it means for the reader."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hubspot_sla.errors import Problem, SlaError, WrongInput


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


class Need(StrEnum):
    """What a check cannot do without. Where it is missing the check is skipped, and says why."""

    HUBSPOT = "HubSpot"
    LEDGER = "a ledger"
    MAPPINGS = "sound mappings"


@dataclass(frozen=True, slots=True)
class Finding:
    """`exit_code` is 0 but for failures; `remedy` stands beside each failure and warning."""

    check: str
    level: Level
    message: str
    remedy: str = ""
    exit_code: int = 0

    def as_json(self) -> dict[str, object]:
        return {"check": self.check, "level": self.level.value, "message": self.message, "remedy": self.remedy or None}


def ok(check: str, message: str) -> Finding:
    return Finding(check, Level.OK, message)


def warn(check: str, message: str, remedy: str = "") -> Finding:
    return Finding(check, Level.WARN, message, remedy)


def failed(check: str, message: str, remedy: str = "", *, exit_code: int = WrongInput.exit_code) -> Finding:
    return Finding(check, Level.FAIL, message, remedy, exit_code)


def error(check: str, raised: SlaError) -> Finding:
    return Finding(check, Level.FAIL, str(raised), raised.remedy, raised.exit_code)


def problem(check: str, place: Problem, level: Level = Level.FAIL) -> Finding:
    """A place in a file of the mappings."""
    code = WrongInput.exit_code if level is Level.FAIL else 0
    return Finding(check, level, f"{place.where}: {place.message}", place.remedy, code)
