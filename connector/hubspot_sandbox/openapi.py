"""The sandbox's description of itself, as OpenAPI 3.1, made from the very table that serves the routes.

What a route takes as its body is read off its handler: the `Body` it names. So a route that is added is described
without anybody remembering to, and schemathesis can ask every route for whatever the description allows.
"""

from __future__ import annotations

import re
from types import FunctionType
from typing import TYPE_CHECKING

from hubspot_sandbox.bodies.body import Body
from hubspot_sandbox.object_types import ALL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hubspot_sandbox.routes.route import Route

Schema = dict[str, object]
_PARAMETER = re.compile(r"{(\w+)}")
_DEFINITIONS = "#/components/schemas/"
_TYPE_NAMES = [spelling for kind in ALL for spelling in (kind.name, kind.singular, kind.type_id)]
_TEXT: Schema = {"type": "string"}
_INSTANT: Schema = {"type": "string", "format": "date-time"}
_FLAG: Schema = {"type": "string", "enum": ["true", "false", "True", "False"]}
_LIST: Schema = {"type": "array", "items": {"type": "string", "pattern": "^[a-z_0-9]*$"}}
_RECORD_QUERY = {"properties": _LIST, "propertiesWithHistory": _LIST, "associations": _LIST, "archived": _FLAG}
_QUERIES: dict[str, dict[str, Schema]] = {
    "list": {**_RECORD_QUERY, "limit": _TEXT, "after": _TEXT},
    "get": _RECORD_QUERY,
    "batch_read": {"archived": _FLAG},
    "owners": {"limit": _TEXT, "after": _TEXT, "email": _TEXT, "idProperty": _TEXT, "archived": _FLAG},
}
_ANSWERS = {
    "list": "RecordPage",
    "search": "RecordPage",
    "get": "Record",
    "create": "Record",
    "update": "Record",
    "batch_read": "RecordBatch",
    "batch_create": "RecordBatch",
    "batch_update": "RecordBatch",
    "batch_upsert": "RecordBatch",
    "merge": "Record",
}
_OAUTH_ERRORS = ("BAD_AUTH_CODE", "BAD_CLIENT_ID", "BAD_CLIENT_SECRET", "BAD_GRANT_TYPE", "BAD_REFRESH_TOKEN")
_TOTAL = "a search has its total, a list has none"


def _object(required: Iterable[str], **properties: Schema) -> Schema:
    return {"type": "object", "required": list(required), "properties": properties}


def _reference(name: str) -> Schema:
    return {"$ref": _DEFINITIONS + name}


def _rows(name: str) -> Schema:
    return {"type": "array", "items": _reference(name)}


_SCHEMAS: dict[str, Schema] = {
    "Error": _object(
        ("status", "message", "correlationId"),
        status={"enum": ["error", *_OAUTH_ERRORS]},
        message=_TEXT,
        correlationId={"type": "string", "format": "uuid"},
        category=_TEXT,
        subCategory=_TEXT,
        errors={"type": "array", "items": _object(("message",), message=_TEXT)},
        context={"type": "object", "additionalProperties": {"type": "array", "items": _TEXT}},
    ),
    "Version": _object(("value", "timestamp", "sourceType"), value=_TEXT, timestamp=_INSTANT, sourceType=_TEXT),
    "Record": _object(
        ("id", "properties", "createdAt", "updatedAt", "archived"),
        id={"type": "string", "pattern": "^[0-9]+$"},
        properties={
            "type": "object",
            "required": ["hs_object_id"],
            "additionalProperties": {"type": ["string", "null"]},
        },
        propertiesWithHistory={"type": "object", "additionalProperties": _rows("Version")},
        createdAt=_INSTANT,
        updatedAt=_INSTANT,
        archived={"type": "boolean"},
    ),
    "RecordPage": _object(
        ("results",),
        results=_rows("Record"),
        total={"type": "integer", "description": _TOTAL},
        paging=_object(("next",), next=_object(("after",), after=_TEXT, link=_TEXT)),
    ),
    "RecordBatch": _object(
        ("status", "results", "startedAt", "completedAt"),
        status={"const": "COMPLETE"},
        results=_rows("Record"),
        startedAt=_INSTANT,
        completedAt=_INSTANT,
        numErrors={"type": "integer", "minimum": 1},
        errors={"type": "array", "minItems": 1},
    ),
    "Anything": {"type": ["object", "array"]},
}


def description(routes: Iterable[Route]) -> Schema:
    """The whole document."""
    schemas = dict(_SCHEMAS)
    paths: dict[str, dict[str, Schema]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "hubspot-sla sandbox", "version": "1"},
        "security": [{"token": []}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _operation(route: Route, schemas: dict[str, Schema]) -> Schema:
    operation: Schema = {
        "tags": [route.kind],
        "parameters": [*_path_parameters(route.path), *_query_parameters(route)],
        "responses": _responses(route),
    }
    model = body_model(route.handler) if route.method != "GET" else None
    if model is not None:
        operation["requestBody"] = {"required": True, "content": _json(_model_schema(model, schemas))}
    return operation


def _path_parameters(path: str) -> list[Schema]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _path_schema(name)}
        for name in _PARAMETER.findall(path)
    ]


def _path_schema(name: str) -> Schema:
    if name.endswith("_type"):
        return {"type": "string", "enum": _TYPE_NAMES}
    return {"type": "string", "pattern": "^[A-Za-z0-9_-]+$", "maxLength": 20}


def _query_parameters(route: Route) -> list[Schema]:
    parameters = _QUERIES.get(route.kind, {}) if route.method == "GET" or route.kind == "batch_read" else {}
    return [{"name": name, "in": "query", "schema": schema} for name, schema in parameters.items()]


def _responses(route: Route) -> Schema:
    """No 5xx is described: outside hostile mode there is none."""
    answers: Schema = {
        "2XX": {"description": "Done", "content": _json(_reference(_ANSWERS.get(route.kind, "Anything")))},
        "204": {"description": "Done, and nothing to say"},
        "4XX": {
            "description": "Refused",
            "content": {**_json(_reference("Error")), "text/html": {"schema": _TEXT}},
        },
    }
    return answers


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _model_schema(model: type[Body], schemas: dict[str, Schema]) -> Schema:
    schema = model.model_json_schema(by_alias=True, ref_template=_DEFINITIONS + "{model}")
    schemas.update(schema.pop("$defs", {}))
    return schema


def body_model(handler: Callable[..., object]) -> type[Body] | None:
    """The first `Body` that a handler names, or a function beside it that it calls."""
    return _named_in(handler, set())


def _named_in(function: object, visited: set[object]) -> type[Body] | None:
    if not isinstance(function, FunctionType) or function in visited:
        return None
    visited.add(function)
    named = [function.__globals__.get(name) for name in function.__code__.co_names]
    for value in named:
        if isinstance(value, type) and issubclass(value, Body):
            return value
    beside = (value for value in named if getattr(value, "__module__", None) == function.__module__)
    return next((model for value in beside if (model := _named_in(value, visited)) is not None), None)
