"""What HubSpot says no with: one exception carrying the parts of its error envelope, and a function per refusal.

Every field of the envelope is optional in practice, so each refusal sets just those seen on the wire for its case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from hubspot_sandbox.instants import to_wire

_SCOPES_LINK = "https://developers.hubspot.com/scopes"

Context = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Detail:
    """One entry of an envelope's `errors`."""

    message: str
    code: str | None = None
    context: Context | None = None

    def as_json(self) -> dict[str, object]:
        parts = {"message": self.message, "code": self.code, "context": self.context}
        return {key: value for key, value in parts.items() if value is not None}


class Refused(Exception):
    """A request, or one row of a batch, that HubSpot turns down with `status` and an error envelope.

    `label` is the envelope's own `status`, "error" everywhere but in the old OAuth answers. With `row_details` a row of
    a batch carries the details too; `row_context` is what only such a row says.
    """

    def __init__(
        self,
        status: int,
        message: str | None,
        *,
        category: str | None = None,
        sub_category: str | None = None,
        details: Iterable[Detail] = (),
        context: Context | None = None,
        links: Mapping[str, str] | None = None,
        more: Mapping[str, str] | None = None,
        label: str = "error",
        row_details: bool = False,
        row_context: Context | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.row_details = row_details
        self.row_context = row_context or {}
        self.category = category
        self.sub_category = sub_category
        self.details = tuple(details)
        self.context = context
        self.links = links
        self.more = more or {}
        self.label = label

    def envelope(self, correlation_id: str) -> dict[str, object]:
        """The body of the whole answer, keys in the order seen on the wire."""
        parts: dict[str, object | None] = {
            "status": self.label,
            "message": self.message,
            "correlationId": correlation_id,
            "errors": [detail.as_json() for detail in self.details] or None,
            "context": self.context,
            "links": self.links,
            "category": self.category,
            "subCategory": self.sub_category,
            **self.more,
        }
        return {key: value for key, value in parts.items() if value is not None}

    def row(self, context: Context) -> dict[str, object]:
        """The same as one entry of a 207's `errors`. It has no `links`, and `errors` only with `row_details`."""
        parts: dict[str, object | None] = {
            "status": "error",
            "category": self.category,
            "subCategory": self.sub_category,
            "message": self.message,
            "context": {**(self.context or {}), **self.row_context, **context},
            "errors": [detail.as_json() for detail in self.details] if self.row_details else None,
        }
        return {key: value for key, value in parts.items() if value is not None}


@dataclass(frozen=True, slots=True)
class BadValue:
    """Why one property of one record cannot take the value sent."""

    name: str
    code: str
    message: str


def invalid(message: str, *, sub_category: str | None = None, context: Context | None = None) -> Refused:
    """400 VALIDATION_ERROR with a message and nothing else to say."""
    return Refused(400, message, category="VALIDATION_ERROR", sub_category=sub_category, context=context)


def bad_json(reason: str, *, line: int = -1, column: int = -1) -> Refused:
    """400 for a body that is no JSON, or not the JSON expected. HubSpot gives it no category."""
    return Refused(400, f"Invalid input JSON on line {line}, column {column}: {reason}")


def unauthenticated() -> Refused:
    """401 for a missing or unknown token."""
    return Refused(
        401,
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more "
        "details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        category="INVALID_AUTHENTICATION",
    )


def expired(expired_ms: int, now_ms: int) -> Refused:
    """401 for a token whose time is over."""
    return Refused(
        401,
        f"The OAuth token used to make this call expired {(now_ms - expired_ms) // 1000} second(s) ago.",
        category="EXPIRED_AUTHENTICATION",
        context={"expire time": [to_wire(expired_ms)]},
    )


def missing_scopes(scopes: Sequence[str], *, outer: bool = False) -> Refused:
    """403; `scopes` are alternatives, any one of which would do. HubSpot names them in `errors`, or `outer`."""
    context = {"requiredGranularScopes": list(scopes)}
    details = () if outer else [Detail("One or more of the following scopes are required.", context=context)]
    return Refused(
        403,
        "This app hasn't been granted all required scopes to make this call. "
        f"Read more about required scopes here: {_SCOPES_LINK}.",
        category="MISSING_SCOPES",
        details=details,
        context=context if outer else None,
        links={"scopes": _SCOPES_LINK},
    )


def plan_without(portal_id: int) -> Refused:
    """403 for what the account's plan does not have."""
    message = f"{portal_id} does not have access to this feature. Contact HubSpot support for assistance."
    return Refused(403, message, category="FORBIDDEN")


def too_many_in_ten_seconds(portal_id: int) -> Refused:
    """429 of the burst limit. It comes without Retry-After."""
    return Refused(
        429,
        "You have reached your ten_secondly_rolling limit.",
        more={
            "errorType": "RATE_LIMIT",
            "policyName": "TEN_SECONDLY_ROLLING",
            "groupName": f"publicapi:private-app-api-calls-ten-secondly:{portal_id}",
        },
    )


def too_many_searches() -> Refused:
    """429 of the search limit, which names no policy."""
    return Refused(429, "You have reached your secondly limit.", category="RATE_LIMITS")


def no_such_record() -> Refused:
    """404 for a numeric id nobody has. HubSpot gives it no category."""
    return Refused(404, "resource not found")


def not_an_id(text: str) -> Refused:
    """404 for an id that is no number. The two spaces are HubSpot's."""
    return Refused(
        404,
        "Object not found.  objectId are usually numeric.",
        category="OBJECT_NOT_FOUND",
        context={"id": [text]},
    )


def not_found(message: str) -> Refused:
    """404 OBJECT_NOT_FOUND for things other than records."""
    return Refused(404, message, category="OBJECT_NOT_FOUND")


def no_such_records(singular: str) -> Refused:
    """The aggregated entry for the ids of a batch that nobody has; its context holds them all."""
    return Refused(
        404,
        f"Could not get some {singular.upper()} objects, they may be deleted or not exist. Check that ids are valid.",
        category="OBJECT_NOT_FOUND",
    )


def unknown_object_type(name: str) -> Refused:
    """400 without category."""
    return Refused(400, f"Unable to infer object type from: {name}")


def bad_values(problems: Sequence[BadValue], portal_id: int) -> Refused:
    """400 for property values, with every bad property of the row both in the message and in `errors`."""
    listed = [
        {
            "isValid": False,
            "message": problem.message,
            "error": problem.code,
            "name": problem.name,
            "localizedErrorMessage": problem.message,
            "portalId": portal_id,
        }
        for problem in problems
    ]
    return Refused(
        400,
        f"Property values were not valid: {orjson.dumps(listed).decode()}",
        category="VALIDATION_ERROR",
        details=[
            Detail(problem.message, code=problem.code, context={"propertyName": [problem.name]}) for problem in problems
        ],
    )


def required_missing(singular: str, names: Sequence[str]) -> Refused:
    """400 for a record created without what its type requires."""
    return Refused(
        400,
        f"Error creating {singular.upper()}. Some required properties were not set.",
        category="VALIDATION_ERROR",
        details=[
            Detail(
                f'Property "{name}" is required',
                code="MISSING_REQUIRED_PROPERTY",
                context={"properties": [name]},
            )
            for name in names
        ],
    )


def already_exists(message: str, sub_category: str) -> Refused:
    """409 for a definition whose name is taken."""
    return Refused(409, message, category="OBJECT_ALREADY_EXISTS", sub_category=sub_category)
