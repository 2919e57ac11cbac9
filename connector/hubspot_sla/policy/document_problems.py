"""What pydantic found wrong with a document, as problems an admin can act on."""

from __future__ import annotations

from types import UnionType
from typing import TYPE_CHECKING, Annotated, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from hubspot_sla.policy.field_types import ADDRESS, INTERNAL, MAIL, RUNG_NAME, VARIABLE, Section
from hubspot_sla.policy.value_errors import Refused, nearest
from hubspot_sla.policy.yaml_reader import described

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.yaml_reader import Document, Path

File = TypeVar("File", bound=BaseModel)

_KINDS = {
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "a group of keys",
    "model_type": "a group of keys",
    "bool_type": "true or false",
}

_PATTERNS = {
    INTERNAL: ("an internal property name", "lower-case letters, digits and underscores, a letter first"),
    ADDRESS: ("an http address", "write https://host/path; a password belongs into `token`"),
    VARIABLE: ("the name of a variable", "put the secret into .env as NAME_OF_IT=... and write NAME_OF_IT here"),
    MAIL: ("an address of mail", "write desk@acme.com"),
    RUNG_NAME: ("a name here", "40 characters at most, without spaces and colons"),
}


def validated(document: Document, model: type[File]) -> tuple[File | None, list[Problem]]:
    """The document as `model`, or everything that keeps it from being one."""
    try:
        return model.model_validate(document.content), []
    except ValidationError as error:
        # A short form such as `on_change: keep` stands for several keys, and is wrong once.
        return None, list(dict.fromkeys(_problem(document, model, detail) for detail in error.errors()))


def _problem(document: Document, model: type[BaseModel], detail: ErrorDetails) -> Problem:
    at_key = detail["loc"][-1:] == ("[key]",)
    path: Path = detail["loc"][:-1] if at_key else detail["loc"]
    kind = detail["type"]
    if kind == "extra_forbidden":
        message, remedy = _unknown_key(str(path[-1]), _section_at(model, path[:-1]))
        return document.problem(path, message, remedy, at_key=True)
    if kind == "missing":
        return document.problem(path[:-1], f"{path[-1]!r} is missing", at_key=True)
    return document.problem(path, *_said(detail, document.named(path)), at_key=at_key)


def _said(detail: ErrorDetails, name: str) -> tuple[str, str]:
    """The message and the remedy for a value that is there but wrong."""
    kind, value = detail["type"], detail["input"]
    if kind == "value_error":
        error = detail.get("ctx", {}).get("error")
        return str(error), error.remedy if isinstance(error, Refused) else ""
    if kind == "literal_error":
        return _not_a_choice(name, value, detail)
    if kind in {"too_short", "string_too_short"}:
        return f"{name!r} must not be empty", ""
    if kind == "string_pattern_mismatch":
        what, remedy = _PATTERNS.get(detail["ctx"]["pattern"], ("what belongs here", ""))
        return f"{described(value)} is not {what}", remedy
    if kind in _KINDS:
        return f"{name!r} must be {_KINDS[kind]}, not {described(value)}", ""
    return f"{name!r} is wrong: {detail['msg']}", ""


def _not_a_choice(name: str, value: object, detail: ErrorDetails) -> tuple[str, str]:
    choices = [part.strip("' ") for part in str(detail["ctx"]["expected"]).replace(" or ", ",").split(",")]
    return f"{name!r} cannot be {described(value)}", nearest(str(value), choices)


def _unknown_key(key: str, section: type[BaseModel]) -> tuple[str, str]:
    if issubclass(section, Section) and key in section.LATER:
        return f"{key!r} is not supported yet", "leave it out"
    names = [field.alias or name for name, field in section.model_fields.items()]
    return f"there is no key {key!r} here", nearest(key, names)


def _section_at(model: type[BaseModel], path: Path) -> type[BaseModel]:
    """The model that speaks at `path`."""
    current: object = model
    for step in path:
        current = _inner(current, step)
    found = _bare(current)
    return found if isinstance(found, type) and issubclass(found, BaseModel) else Section


def _inner(annotation: object, step: str | int) -> object:
    bare = _bare(annotation)
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        fields = {field.alias or name: field for name, field in bare.model_fields.items()}
        return fields[str(step)].annotation if str(step) in fields else Section
    return get_args(bare)[-1]


def _bare(annotation: object) -> object:
    """Without `Annotated` and without `| None`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _bare(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return _bare(next(arg for arg in get_args(annotation) if arg is not type(None)))
    return annotation
