"""HubSpot's reasons, wherever in a body they stand; and which of them is a rule of the portal's admin."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.hubspot.refusal_reason import UNKNOWN, body_of, is_rule, reason_in, refusal_in
from hubspot_sla.hubspot.response import Response
from proof import examples

RULE = {
    "message": "cause is required because of a conditional property rule based on [hs_ticket_priority]",
    "code": "MISSING_CONDITIONAL_REQUIRED_PROPERTY",
    "context": {"propertyName": ["cause"]},
}
OPTION = {"isValid": False, "message": "paused was not one of the allowed options", "error": "INVALID_OPTION"}
NESTED = "Property values were not valid: " + orjson.dumps([OPTION | {"name": "sla_status"}]).decode()
NOT_ALLOWED = "Missing 'Edit Associations' permission."


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"message": "resource not found"}, "resource not found"),
        ({"message": NESTED}, OPTION["message"]),
        ({"message": "The property values provided are invalid", "errors": [RULE]}, RULE["message"]),
        ({"category": "VALIDATION_ERROR", "errors": [RULE]}, RULE["message"]),
        ({"errors": [RULE, {"message": "and more"}]}, f"{RULE['message']}; and more"),
        ({"message": "A batch was refused", "errors": [RULE]}, f"A batch was refused: {RULE['message']}"),
        ({"message": NOT_ALLOWED}, NOT_ALLOWED),
        ({"category": "VALIDATION_ERROR"}, "VALIDATION_ERROR"),
        ({"status": "error", "odd": {"a": 1}}, '{"odd":{"a":1}}'),
        ({"message": "broken [{nonsense"}, "broken [{nonsense"),
        ({"message": 7, "errors": "none"}, "7"),
        ({"status": "error", "correlationId": "x"}, UNKNOWN),
        ({}, UNKNOWN),
        ({"errors": ["the first", "the second"]}, "the first; the second"),
        ({"message": "Property values were not valid", "validationResults": [OPTION]}, OPTION["message"]),
        (
            {
                "message": "The property values provided are invalid",
                "errors": [{"code": "INVALID_OPTION", "context": {"propertyName": ["cause"]}}],
            },
            "INVALID_OPTION: cause",
        ),
    ],
)
def test_a_reason_is_found_wherever_it_stands(body: dict[str, object], reason: str) -> None:
    assert reason_in(body) == reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<html><head><style>p {}</style></head><body><h2>Bad &amp; wrong</h2></body></html>", "Bad & wrong"),
        (b"upstream says no", "upstream says no"),
        (b'[{"message": "in a list"}]', "in a list"),
        (b"", UNKNOWN),
    ],
)
def test_a_body_that_is_no_json_object_has_a_reason_too(data: bytes, reason: str) -> None:
    assert reason_in(body_of(Response(400, "Bad Request", data, {}))) == reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@examples(40)
@given(
    st.dictionaries(
        st.sampled_from(["message", "errors", "category", "context", "subCategory", "errorType", "error", "odd"]), JSON
    )
)
def test_no_reason_is_given_only_where_a_body_holds_nothing(body: dict[str, object]) -> None:
    reason = refusal_in(body).reason
    assert reason
    assert reason != UNKNOWN or not any(body.values())


@pytest.mark.parametrize(
    "body", [{"message": "x" * 3_000_000}, {"errors": [{"message": f"reason {n}"} for n in range(9_999)]}]
)
def test_of_a_very_long_reason_the_beginning_is_told_and_how_long_it_is(body: dict[str, object]) -> None:
    reason = reason_in(body)
    assert len(reason) < 1_100
    assert " characters) ..." in reason


WRITTEN = {"sla_status", "sla_breached"}


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"errors": [RULE]}, True),
        ({"message": NOT_ALLOWED}, True),
        ({"errors": [{"message": "x", "context": {"propertyName": ["cause"]}}]}, True),
        ({"errors": [{"message": "x", "context": {"propertyName": ["cause", "sla_status"]}}]}, False),
        ({"message": NESTED}, False),
        ({"message": "resource not found"}, False),
        ({}, False),
    ],
)
def test_a_rule_is_about_something_else_than_what_is_written(body: dict[str, object], *, rule: bool) -> None:
    assert is_rule(refusal_in(body), WRITTEN) is rule
