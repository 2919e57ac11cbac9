"""What an answer other than success means, in the words of the error tree.

Never keyed on one field alone: every field of an error body is optional (ERR page), 429 bodies come in
three shapes, and anything may be HTML. Answers arrive here with the token already redacted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

from hubspot_sla.errors import (
    ComeBackLater,
    DailyLimitReached,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
    Unreachable,
    UsageProblem,
)
from hubspot_sla.hubspot.answers import Answer, word
from hubspot_sla.hubspot.refusal import body_of, reason_in
from hubspot_sla.hubspot.retry import Schedule, Transient, doubling, growing
from hubspot_sla.hubspot.wire import Json, mapping, objects, texts

if TYPE_CHECKING:
    from hubspot_sla.hubspot.paths import Kind

BAD_REQUEST: Final = 400
UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
METHOD_NOT_ALLOWED: Final = 405
CONFLICT: Final = 409
LOCKED: Final = 423
TOO_MANY: Final = 429
MOVING: Final = 477  # the account is moving to another data centre

_LONGEST_MOVE_WAITED_S: Final = 30.0
_AFTER_SECONDLY: Final = growing(1.0, at_most_s=10.0)
_AFTER_TEN_SECONDLY: Final = growing(4.0, at_most_s=10.0)  # the window is ten seconds long
_AFTER_TROUBLE: Final = doubling(1.0, at_most_s=8.0)  # "pause a few seconds" (ERR, 502 to 524)


@dataclass(frozen=True, slots=True)
class Call:
    """One request as far as error messages and retries are concerned."""

    method: str
    path: str
    kind: Kind
    repeatable: bool


class Context(TypedDict):
    """The keywords of `HubSpotError`."""

    status: int | None
    category: str | None
    correlation_id: str | None
    method: str
    path: str


class RejectedAnswer(RequestRejected):
    """`RequestRejected` with HubSpot's parsed answer in `body`; of any other, `message` is its words."""

    def __init__(self, message: str, body: Json, **context: Unpack[Context]) -> None:
        super().__init__(message, **context)
        self.body = body


def refusal(call: Call, answer: Answer) -> Exception:
    """The exception for an answer that is not a whole success: `Transient`, or one of the error tree. 401 and 403 are
    `access_refusals.py`'s."""
    if answer.ok or answer.status >= 500:
        return trouble(call, answer)
    special = {
        LOCKED: _locked,
        TOO_MANY: _too_many,
        MOVING: _moving,
    }
    make = special.get(answer.status, _rejected)
    return make(call, answer)


def trouble(call: Call, answer: Answer) -> Exception:
    """5xx, or a success that was cut short: try again, unless it made something we cannot see."""
    what = f"answered {answer.status}" if not answer.ok else "cut its answer short"
    if not call.repeatable:
        return outcome_unknown(f"HubSpot {what}", **context_of(call, answer))
    final = Unreachable(f"HubSpot {what} until the retries ran out", **context_of(call, answer))
    return Transient(final, _at_least(_AFTER_TROUBLE, answer))


def outcome_unknown(what: str, **context: Unpack[Context]) -> OutcomeUnknown:
    """For a create whose answer never came: it may have been done."""
    return OutcomeUnknown(
        f"{what}, and the create may or may not have happened",
        remedy="look for what it would have made before sending it again",
        **context,
    )


def policy_of(body: Json) -> str:
    """Which limit a 429 speaks of: `DAILY`, `TEN_SECONDLY_ROLLING` or `SECONDLY`."""
    named = f"{word(body, 'policyName') or ''} {word(body, 'message') or ''}".upper()
    for policy in ("DAILY", "TEN_SECONDLY_ROLLING"):
        if policy in named:
            return policy
    return "SECONDLY"


def scopes_in(body: Json) -> tuple[str, ...]:
    """The scopes that a 403 asks for: HubSpot names them in the outer context, or in those of `errors`."""
    scopes: dict[str, None] = {}
    for item in (body, *_errors(body)):
        for name, value in _inner_context(item).items():
            if "scopes" in name.lower():
                scopes |= dict.fromkeys(texts({name: value}, name))
    return tuple(scopes)


def _locked(call: Call, answer: Answer) -> Exception:
    final = ComeBackLater(f"HubSpot keeps this locked: {reason_in(body_of(answer))}", **context_of(call, answer))
    return Transient(final, _at_least(lambda _attempt: 2.0, answer))


def _too_many(call: Call, answer: Answer) -> Exception:
    policy = policy_of(answer.body)
    context = context_of(call, answer)
    if policy == "DAILY":
        return DailyLimitReached(
            "the portal's daily HubSpot quota is used up",
            remedy="it comes back at midnight in the portal's time zone",
            **context,
        )
    schedule = _AFTER_TEN_SECONDLY if policy == "TEN_SECONDLY_ROLLING" else _AFTER_SECONDLY
    final = RateLimited(
        f"HubSpot's {policy} limit stayed exceeded", remedy="another app uses the quota: run again", **context
    )
    return Transient(final, _at_least(schedule, answer))


def _moving(call: Call, answer: Answer) -> Exception:
    wait_s = retry_after_s(answer)
    until = f"; it says to come back in {wait_s:.0f} s" if wait_s else ""
    final = ComeBackLater(f"HubSpot is moving this account's data{until}", **context_of(call, answer))
    if not wait_s or wait_s > _LONGEST_MOVE_WAITED_S:
        return final
    return Transient(final, lambda _attempt: wait_s)


def _rejected(call: Call, answer: Answer) -> Exception:
    if answer.status in (NOT_FOUND, METHOD_NOT_ALLOWED) and answer.document is None:
        # An unknown route is HTML (recorded), a missing record is JSON: only the latter is about a row.
        return UsageProblem(
            f"HubSpot has no endpoint {call.method} {call.path} ({answer.status})",
            remedy="choose another API version: portals have been seen without the dated paths",
        )
    body = body_of(answer)
    return RejectedAnswer(f"HubSpot refused the request: {reason_in(body)}", body, **context_of(call, answer))


def retry_after_s(answer: Answer) -> float:
    """The Retry-After header in seconds, 0 without one. Documented for 477 only; honoured anywhere."""
    header = answer.getheader("Retry-After") or ""
    return float(header) if header.isascii() and header.isdigit() else 0.0


def _at_least(schedule: Schedule, answer: Answer) -> Schedule:
    asked_s = retry_after_s(answer)
    return lambda attempt: max(asked_s, schedule(attempt))


def context_of(call: Call, answer: Answer) -> Context:
    return {
        "status": answer.status,
        "category": word(answer.body, "category") or word(answer.body, "errorType"),
        "correlation_id": answer.correlation_id,
        "method": call.method,
        "path": call.path,
    }


def _errors(body: Json) -> list[Json]:
    try:
        return objects(body, "errors")
    except ValueError:
        return []


def _inner_context(item: Json) -> Json:
    try:
        return mapping(item, "context")
    except ValueError:
        return {}
