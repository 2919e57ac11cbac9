"""Every error this project raises on purpose, grouped by what the caller must do about it.

::

    SlaError
    |-- WrongInput              2   fix a file or the command line
    |   |-- UsageProblem            a command, a setting or the order of commands
    |   |-- PlanStale               a saved plan does not hold any more; carries every reason
    |   `-- MappingInvalid          files in mappings/; carries every problem at once
    |-- HubSpotRefused          3   fix the token
    |   |-- TokenMissing            no token was given
    |   |-- TokenRejected           401
    |   `-- AccessDenied            403 of HubSpot's own; its category says why
    |       `-- ScopeMissing            MISSING_SCOPES; names the scopes
    |-- LedgerUnusable          4   stop; look at the ledger file
    |   |-- LedgerLocked            somebody else holds the file
    |   `-- LedgerDamaged           not a ledger, or the audit chain is broken
    |-- OutcomesDiffer          4   outcomes are not what the facts give; the work goes on
    |-- ReplayDiffers           4   a recorded verdict does not follow from the facts; the work goes on
    |-- ComeBackLater          75   nothing is wrong here; run again
    |   |-- Unreachable             connection refused, reset, timed out; 5xx to the end of the retries
    |   |   `-- AnswerTooLarge          an answer beyond what one may have: ask for less
    |   |-- RateLimited             429 to the end of the retries
    |   |-- DailyLimitReached       429 DAILY: until midnight in the portal's time zone
    |   |-- AnotherWorkerActive     the lease is held
    |   |-- UnexpectedAnswer        a success of HubSpot that lacks what it documents, or holds something else
    |   |-- LeaseLost               it was ours, and another worker has taken it over
    |   |-- NotYetPossible          a month cannot be closed yet: it goes on, or something in it is not known
    |   `-- OutcomeUnknown          a create may or may not have happened: look before sending again
    `-- RequestRejected         1   HubSpot refused this one request (400, 404, 409): quarantine the row

The exit codes are those of the README; the highest class raised in a run decides.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from hubspot_sla.plain_text import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST_MESSAGE: Final = 4_000
LONGEST_PROBLEM: Final = 1_000
LONGEST_ID: Final = 100
"""Characters that are shown: a value that a message quotes may be a whole file that went into one cell."""


class SlaError(Exception):
    """Root of the tree. `exit_code` is what the process ends with; `remedy` is what to do."""

    exit_code = 1
    longest: ClassVar[int] = LONGEST_MESSAGE

    def __init__(self, message: str, *, remedy: str = "") -> None:
        message = shortened(message, self.longest)
        super().__init__(message)
        self.message = message
        self.remedy = shortened(remedy, LONGEST_MESSAGE)


class WrongInput(SlaError):
    """A file or the command line must be fixed before anything can run."""

    exit_code = 2


class UsageProblem(WrongInput):
    """The command, its options or a setting make no sense as given."""


class PlanStale(WrongInput):
    """A saved plan is not what a sync would do now. `reasons` says what has changed since, each in one line."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(
            "the plan is stale, so nothing was sent", remedy="make another one with `sla plan --save FILE`"
        )
        self.reasons = tuple(reasons)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in one place of one file. `line` and `column` count from 1; 0 means the whole file. `code` is of
    `policy.message_codes`; two problems with one message in one place are the same problem."""

    file: str
    line: int
    column: int
    message: str
    remedy: str = ""
    code: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        for name in ("message", "remedy"):
            object.__setattr__(self, name, shortened(getattr(self, name), LONGEST_PROBLEM))

    @property
    def where(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" + (f" ({self.remedy})" if self.remedy else "")


class MappingInvalid(WrongInput, ValueError):
    """Files in mappings/ do not say something that can be run. `problems` holds each of them once, sorted; `texts` the
    files they are in, by name, as far as those could be read.

    A ValueError too: to a script that calls `Calendar.from_mapping`, that is what it is.
    """

    longest = sys.maxsize  # each problem is short, and all of them are shown

    def __init__(self, problems: Sequence[Problem], texts: Mapping[str, str] | None = None) -> None:
        self.problems = tuple(sorted(set(problems)))
        self.texts = dict(texts or {})
        count = len(self.problems)
        noun = "problem" if count == 1 else "problems"
        super().__init__(f"{count} {noun} in the mappings:\n" + "\n".join(f"  {p}" for p in self.problems))


class HubSpotError(SlaError):
    """What every error that came with an answer of HubSpot carries. Not raised itself."""

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        status: int | None = None,
        category: str | None = None,
        correlation_id: str | None = None,
        method: str = "",
        path: str = "",
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status
        self.category = None if category is None else shortened(category, LONGEST_ID)
        self.correlation_id = None if correlation_id is None else shortened(correlation_id, LONGEST_ID)
        self.method = method
        self.path = path

    def __str__(self) -> str:
        parts = [f"{self.method} {self.path}".strip()]
        if self.status is not None:
            parts.append(str(self.status))
        if self.category:
            parts.append(self.category)
        if self.correlation_id:
            parts.append(f"correlation id {self.correlation_id}")
        detail = ", ".join(part for part in parts if part)
        return f"{self.message} [{detail}]" if detail else self.message


class HubSpotRefused(HubSpotError):
    """HubSpot will not let this token do this."""

    exit_code = 3


class TokenMissing(HubSpotRefused):
    """No token was given."""


class TokenRejected(HubSpotRefused):
    """401: the token is unknown, expired or of another portal."""


class AccessDenied(HubSpotRefused):
    """403: HubSpot does not let this token do this one thing; `category` says why. That part of the work rests and is
    tried again: nobody knows that it will be refused for ever. `essential`: nothing at all can be judged without it,
    and no later try will be answered otherwise."""

    essential = False


class ScopeMissing(AccessDenied):
    """403: the token lacks a scope. `scopes` names what HubSpot asked for, any one of which would do."""

    def __init__(self, message: str, *, scopes: Sequence[str] = (), essential: bool = False, **answer: object) -> None:
        super().__init__(message, **answer)  # type: ignore[arg-type]
        self.scopes = tuple(scopes)
        self.essential = essential


class LedgerUnusable(SlaError):
    """The ledger cannot be used as it is."""

    exit_code = 4


class LedgerLocked(LedgerUnusable):
    """Another process holds a lock on the ledger file."""


class LedgerDamaged(LedgerUnusable):
    """The file is no ledger of ours, is damaged, or its audit chain does not hold."""


class OutcomesDiffer(SlaError):
    """Outcomes are not what the facts give: somebody altered the file, or it is a defect of ours."""

    exit_code = 4


class ReplayDiffers(SlaError):
    """A recorded verdict does not follow from recorded facts: somebody altered the file, or it is a defect of ours."""

    exit_code = 4


class ComeBackLater(HubSpotError):
    """Nothing is wrong with the input; the same command will do later."""

    exit_code = 75


class Unreachable(ComeBackLater):
    """HubSpot did not answer, or answered 5xx, until the retries were used up."""


class AnswerTooLarge(Unreachable):
    """An answer to a reading request was larger than any may be; one to fewer records may be smaller."""


class RateLimited(ComeBackLater):
    """429 until the retries were used up: other apps use the quota."""


class DailyLimitReached(ComeBackLater):
    """429 with policy DAILY: the portal's quota comes back at midnight in its own time zone."""


class AnotherWorkerActive(ComeBackLater):
    """Another process holds the lease of this ledger."""


class UnexpectedAnswer(ComeBackLater, ValueError):
    """HubSpot's answer is a success, and not what HubSpot documents. Of one row among others it is a ValueError like
    any other: that row is set aside."""

    def __init__(self, message: str) -> None:
        super().__init__(message, remedy="run again; if it stays, see whether a proxy stands between this and HubSpot")


class LeaseLost(ComeBackLater):
    """This process stood still for longer than its lease, and another worker writes to the ledger now."""


class NotYetPossible(ComeBackLater):
    """What is asked for needs something that is not there yet: the end of a month, or a sync."""


class OutcomeUnknown(ComeBackLater):
    """A request that must not be repeated blindly was sent, and no answer came back."""


class RequestRejected(HubSpotError):
    """HubSpot refused this request and would refuse it again: 400, 404, 409, or a row of a 207."""

    exit_code = 1
