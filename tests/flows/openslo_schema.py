"""What OpenSLO (openslo/v1) asks of the objects and fields that are written, as a JSON Schema of our own."""

from __future__ import annotations

from typing import Any

NAME: dict[str, Any] = {"type": "string", "maxLength": 63, "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}
WORD = "[a-zA-Z0-9]([-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?"
VALUE: dict[str, Any] = {"type": "string", "maxLength": 63, "pattern": f"^{WORD}$"}
DESCRIPTION: dict[str, Any] = {"type": "string", "maxLength": 1050}
DURATION: dict[str, Any] = {"type": "string", "pattern": "^[1-9][0-9]*[mhdwMQY]$"}


def exactly(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """An object with these fields and no others."""
    return {
        "type": "object",
        "required": list(required),
        "properties": required | optional,
        "additionalProperties": False,
    }


METADATA = exactly(
    {"name": NAME, "displayName": {"type": "string", "minLength": 1, "maxLength": 63}},
    labels={
        "type": "object",
        "propertyNames": {"pattern": f"^{WORD}$"},
        "additionalProperties": {"anyOf": [VALUE, {"type": "array", "minItems": 1, "items": VALUE}]},
    },
    annotations={
        "type": "object",
        "propertyNames": {"pattern": f"^{WORD}$"},
        "additionalProperties": {"type": "string"},
    },
)
QUERY = {"type": "object", "minProperties": 1}
METRIC = exactly({"metricSource": exactly({"metricSourceRef": NAME, "type": {"type": "string"}, "spec": QUERY})})
START = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"}
ZONE = {"type": "string", "pattern": "^[A-Z][a-zA-Z_]+/[A-Z][a-zA-Z_]+"}
WINDOW = {
    "oneOf": [
        exactly({"duration": DURATION, "isRolling": {"const": True}}),
        exactly(
            {
                "duration": DURATION,
                "isRolling": {"const": False},
                "calendar": exactly({"startTime": START, "timeZone": ZONE}),
            }
        ),
    ]
}
TARGET = {"type": "number", "minimum": 0, "exclusiveMaximum": 1}
OBJECTIVE = exactly(
    {"target": TARGET},
    displayName={"type": "string", "minLength": 1},
    op={"enum": ["lte", "gte", "lt", "gt"]},
    value={"type": "number"},
)
SPECS = {
    "DataSource": exactly(
        {"type": {"type": "string", "minLength": 1}, "connectionDetails": QUERY}, description=DESCRIPTION
    ),
    "Service": exactly({"description": DESCRIPTION}),
    "SLI": {
        "oneOf": [
            exactly({"thresholdMetric": METRIC}),
            exactly({"ratioMetric": exactly({"counter": {"type": "boolean"}, "good": METRIC, "total": METRIC})}),
        ]
    },
    "SLO": exactly(
        {
            "service": NAME,
            "indicatorRef": NAME,
            "timeWindow": {"type": "array", "minItems": 1, "maxItems": 1, "items": WINDOW},
            "budgetingMethod": {"enum": ["Occurrences", "Timeslices", "RatioTimeslices"]},
            "objectives": {"type": "array", "minItems": 1, "items": OBJECTIVE},
        },
        description=DESCRIPTION,
    ),
}
SCHEMA = {
    "oneOf": [
        exactly({"apiVersion": {"const": "openslo/v1"}, "kind": {"const": kind}, "metadata": METADATA, "spec": spec})
        for kind, spec in SPECS.items()
    ]
}
