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
from hubspot_sla.hubspot.json_fields import Json, mapping, objects, texts
from hubspot_sla.hubspot.refusal_reason import body_of, reason_in
from hubspot_sla.hubspot.response import Response, word
from hubspot_sla.hubspot.retry import Transient
from hubspot_sla.hubspot.retry_waits import (
    AFTER_LOCK,
    AFTER_SERVER_ERROR,
    LONGEST_MOVE_WAITED_S,
    after_429,
    at_least_retry_after,
    retry_after_s,
)

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


class RejectedResponse(RequestRejected):
    """`RequestRejected` with HubSpot's parsed answer in `body`; of any other, `message` is its words."""

    def __init__(self, message: str, body: Json, **context: Unpack[Context]) -> None:
        super().__init__(message, **context)
        self.body = body


def refusal(call: Call, response: Response) -> Exception:
    """The exception for an answer that is not a whole success: `Transient`, or one of the error tree. 401 and 403 are
    `access_refusals.py`'s."""
    if response.ok or response.status >= 500:
        return trouble(call, response)
    special = {
        LOCKED: _locked,
        TOO_MANY: _too_many,
        MOVING: _moving,
    }
    make = special.get(response.status, _rejected)
    return make(call, response)


def trouble(call: Call, response: Response) -> Exception:
    """5xx, or a success that was cut short: try again, unless it made something we cannot see."""
    what = f"answered {response.status}" if not response.ok else "cut its answer short"
    if not call.repeatable:
        return outcome_unknown(f"HubSpot {what}", **context_of(call, response))
    final = Unreachable(f"HubSpot {what} until the retries ran out", **context_of(call, response))
    return Transient(final, at_least_retry_after(AFTER_SERVER_ERROR, response))


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


def _locked(call: Call, response: Response) -> Exception:
    final = ComeBackLater(f"HubSpot keeps this locked: {reason_in(body_of(response))}", **context_of(call, response))
    return Transient(final, at_least_retry_after(AFTER_LOCK, response))


def _too_many(call: Call, response: Response) -> Exception:
    policy = policy_of(response.body)
    context = context_of(call, response)
    if policy == "DAILY":
        return DailyLimitReached(
            "the portal's daily HubSpot quota is used up",
            remedy="it comes back at midnight in the portal's time zone",
            **context,
        )
    final = RateLimited(
        f"HubSpot's {policy} limit stayed exceeded", remedy="another app uses the quota: run again", **context
    )
    return Transient(final, at_least_retry_after(after_429(policy), response))


def _moving(call: Call, response: Response) -> Exception:
    wait_s = retry_after_s(response)
    until = f"; it says to come back in {wait_s:.0f} s" if wait_s else ""
    final = ComeBackLater(f"HubSpot is moving this account's data{until}", **context_of(call, response))
    if not wait_s or wait_s > LONGEST_MOVE_WAITED_S:
        return final
    return Transient(final, lambda _attempt: wait_s)


def _rejected(call: Call, response: Response) -> Exception:
    if response.status in (NOT_FOUND, METHOD_NOT_ALLOWED) and response.document is None:
        # An unknown route is HTML (recorded), a missing record is JSON: only the latter is about a row.
        return UsageProblem(
            f"HubSpot has no endpoint {call.method} {call.path} ({response.status})",
            remedy="choose another API version: portals have been seen without the dated paths",
        )
    body = body_of(response)
    return RejectedResponse(f"HubSpot refused the request: {reason_in(body)}", body, **context_of(call, response))


def context_of(call: Call, response: Response) -> Context:
    return {
        "status": response.status,
        "category": word(response.body, "category") or word(response.body, "errorType"),
        "correlation_id": response.correlation_id,
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
