"""One thing a check-up found, and what it means for whoever reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hubspot_sla.errors import Problem, SlaError, WrongInput

if TYPE_CHECKING:
    from hubspot_sla.flows.inspection.checks.examined import Examined


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
    said: str
    remedy: str = ""
    exit_code: int = 0

    def as_json(self) -> dict[str, object]:
        return {"check": self.check, "level": self.level.value, "said": self.said, "remedy": self.remedy or None}


RecordPage = Callable[["Examined"], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """One concern: what it is called, what it needs, and how it looks."""

    name: str
    look: RecordPage
    needs: tuple[Need, ...] = ()


def ok(check: str, said: str) -> Finding:
    return Finding(check, Level.OK, said)


def warn(check: str, said: str, remedy: str = "") -> Finding:
    return Finding(check, Level.WARN, said, remedy)


def failed(check: str, said: str, remedy: str = "", *, exit_code: int = WrongInput.exit_code) -> Finding:
    return Finding(check, Level.FAIL, said, remedy, exit_code)


def error(check: str, raised: SlaError) -> Finding:
    return Finding(check, Level.FAIL, str(raised), raised.remedy, raised.exit_code)


def problem(check: str, found: Problem, level: Level = Level.FAIL) -> Finding:
    """A place in a file of the mappings."""
    code = WrongInput.exit_code if level is Level.FAIL else 0
    return Finding(check, level, f"{found.where}: {found.message}", found.remedy, code)
