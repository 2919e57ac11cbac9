"""Why HubSpot refused a request, or one row of a batch: in words, with the properties and codes that it names.

The words stand in different places: in the outer message, as JSON text inside of it, or in `errors[].message` while the
outer one says nothing of use or is absent (validation rules of 2026-09). A reason is never lost while a body holds one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.hubspot.json_fields import Json, mapping, texts
from hubspot_sla.hubspot.response import word
from hubspot_sla.plain_text import shortened

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from hubspot_sla.hubspot.response import Response

UNKNOWN: Final = "no reason given"
_LISTS: Final = ("errors", "validationResults", "failureMessages")
"""Where the problems of a refusal stand one by one, in answers of different age."""
_SAYS_NOTHING: Final = ("the property values provided are invalid", "property values were not valid")
_REQUIRED_BY_RULE: Final = ("MISSING_CONDITIONAL_REQUIRED_PROPERTY", "MISSING_REQUIRED_PROPERTY")
_MAY_NOT_ASSOCIATE: Final = "missing 'edit associations' permission"
_TAG: Final = re.compile(r"<(style|script)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_LONGEST: Final = 300
_LONGEST_REASON: Final = 1_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """`reason` in HubSpot's words; `properties` are those it is about, `codes` such as INVALID_OPTION."""

    reason: str
    properties: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()


def body_of(response: Response) -> Json:
    """The body to look for a reason in; the words of one that is no JSON object stand as its message."""
    if response.document is not None:
        return response.document
    words = " ".join(unescape(_TAG.sub(" ", response.data.decode("utf-8", "replace"))).split())[:_LONGEST]
    return {"message": words} if words else {}


def refusal_in(body: Json) -> Refusal:
    """What an error body, or one entry of a batch's `errors`, says."""
    problems = [*_nested_problems(body), *_details(body)]
    properties = {name for problem in problems for name in _properties_of(problem)}
    codes = {code for problem in problems for key in ("code", "error") if (code := word(problem, key))}
    return Refusal(reason_in(body), frozenset(properties), frozenset(codes))


def reason_in(body: Json) -> str:
    """HubSpot's words, those nested in them spelled out; of very many the first ones."""
    return shortened(_whole_reason(body), _LONGEST_REASON)


def _whole_reason(body: Json) -> str:
    nested = _nested_problems(body)
    message = word(body, "message") or ""
    if nested:
        message = message.partition("[{")[0].rstrip(": ")
    problems = [*nested, *_details(body)]
    details = "; ".join(dict.fromkeys(text for problem in problems if (text := _words_of(problem))))
    if details and (not message or message.lower() in _SAYS_NOTHING):
        return details
    if details and message not in details:
        return f"{message}: {details}"
    return details or message or _anything_in(body)


def is_rule(refusal: Refusal, written: Collection[str]) -> bool:
    """Whether a rule of the portal's admin refuses a write of the properties `written` for something else than these:
    for properties that are not written, or for a permission of the person behind an OAuth token."""
    if _MAY_NOT_ASSOCIATE in refusal.reason.lower():
        return True
    if refusal.codes & frozenset(_REQUIRED_BY_RULE):
        return True
    return bool(refusal.properties) and refusal.properties.isdisjoint(written)


def _nested_problems(body: Json) -> list[Json]:
    """The JSON text that HubSpot appends to a message: `... not valid: [{"message": ..., "name": ...}]`."""
    _, bracket, rest = (word(body, "message") or "").partition("[{")
    try:
        nested = orjson.loads(bracket + rest)
    except orjson.JSONDecodeError:
        return []
    return [problem for problem in nested if isinstance(problem, dict)]


def _details(body: Json) -> list[Json]:
    listed = [item for name in _LISTS for item in _list(body.get(name))]
    return [item if isinstance(item, dict) else {"message": item} for item in listed if isinstance(item, dict | str)]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _words_of(problem: Json) -> str:
    """What one problem says; where it has no words, its code and the properties that it is about."""
    if message := word(problem, "message"):
        return message
    code = next((code for key in ("code", "error", "subCategory") if (code := word(problem, key))), "")
    return ": ".join(part for part in (code, ", ".join(_properties_of(problem))) if part)


def _properties_of(problem: Json) -> Iterator[str]:
    if name := word(problem, "name"):
        yield name
    try:
        yield from texts(mapping(problem, "context"), "propertyName")
    except ValueError:
        return


def _anything_in(body: Json) -> str:
    """What is left of a body that has no message: its category, or the body itself."""
    for key in ("subCategory", "category", "errorType", "error"):
        if text := word(body, key):
            return text
    fields = {key: value for key, value in body.items() if key not in ("status", "correlationId") and value}
    return orjson.dumps(fields).decode()[:_LONGEST] if fields else UNKNOWN
