"""What pydantic found wrong with a document, as problems an admin can act on."""

from __future__ import annotations

from types import UnionType
from typing import TYPE_CHECKING, Annotated, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from hubspot_sla.policy.field_types import Section, Variants
from hubspot_sla.policy.grammars import CURRENT
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.name_patterns import ADDRESS, AGREEMENT_NAME, INTERNAL, MAIL, RUNG_NAME, VARIABLE
from hubspot_sla.policy.value_errors import Refused, nearest
from hubspot_sla.policy.yaml_document import described

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.yaml_document import Document, Path

File = TypeVar("File", bound=BaseModel)

_KINDS = {
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "a group of keys",
    "model_type": "a group of keys",
    "bool_type": "true or false",
}

_REMEDIES = {
    "text": "write one name or one text",
    "a list": "write [one, another], or each on a line of its own behind a dash",
    "a group of keys": "write its keys below it",
    "true or false": "write true or false",
}

_YES_OR_NO = {"yes": "true", "on": "true", "no": "false", "off": "false"}

_PATTERNS = {
    INTERNAL: ("an internal property name", "lower-case letters, digits and underscores, a letter first"),
    ADDRESS: ("an http address", "write https://host/path; a password belongs into `token`"),
    VARIABLE: ("the name of a variable", "put the secret into .env as NAME_OF_IT=... and write NAME_OF_IT here"),
    MAIL: ("an address of mail", "write desk@acme.com"),
    AGREEMENT_NAME: ("a name here", "lower-case letters, digits and underscores, a letter first, 40 at most"),
    RUNG_NAME: ("a name here", "40 characters at most, without spaces and colons"),
}


def validated(document: Document, model: type[File], grammar: int = CURRENT) -> tuple[File | None, list[Problem]]:
    """The document as `model`, or everything that keeps it from being one."""
    try:
        return model.model_validate(document.content, context={"grammar": grammar}), []
    except ValidationError as error:
        # A short form such as `on_change: keep` stands for several keys, and is wrong once.
        return None, list(dict.fromkeys(_problem(document, model, detail) for detail in error.errors()))


def _problem(document: Document, model: type[BaseModel], detail: ErrorDetails) -> Problem:
    at_key = detail["loc"][-1:] == ("[key]",)
    path: Path = detail["loc"][:-1] if at_key else detail["loc"]
    kind = detail["type"]
    if kind == "extra_forbidden":
        message, remedy = _unknown_key(str(path[-1]), *_section_at(document, model, path[:-1]))
        return document.problem(path, message, remedy, at_key=True, code=Code.UNKNOWN_KEY)
    if kind == "missing":
        message, remedy = f"{path[-1]!r} is missing", f"add {path[-1]}:"
        return document.problem(path[:-1], message, remedy, at_key=True, code=Code.MISSING_KEY)
    if kind in _KINDS and path and isinstance(path[-1], int):
        message = f"each entry of {document.named(path)!r} must be {_KINDS[kind]}, not {described(detail['input'])}"
        return document.problem(path, message, _form(kind, detail["input"]), code=Code.WRONG_TYPE)
    message, remedy, code = _wrong_value(detail, document.named(path))
    return document.problem(path, message, remedy, at_key=at_key, code=code)


def _wrong_value(detail: ErrorDetails, name: str) -> tuple[str, str, Code]:
    """The message, the remedy and the code for a value that is there but wrong."""
    kind, value = detail["type"], detail["input"]
    if kind == "value_error":
        error = detail.get("ctx", {}).get("error")
        return (str(error), error.remedy, error.code) if isinstance(error, Refused) else (str(error), "", Code.INVALID)
    if kind in {"literal_error", "enum"}:
        return *_not_a_choice(name, value, detail), Code.NOT_A_CHOICE
    if kind in {"too_short", "string_too_short"}:
        least = detail.get("ctx", {}).get("min_length", 1)
        message = f"{name!r} must not be empty" if least == 1 else f"{name!r} needs at least {least}"
        return message, "write one, or leave the key out" if least == 1 else "add another", Code.EMPTY
    if kind == "too_long":
        most = detail["ctx"]["max_length"]
        return f"{name!r} takes at most {most}", f"keep {most} of them", Code.TOO_MANY
    if kind == "string_pattern_mismatch":
        what, remedy = _PATTERNS.get(detail["ctx"]["pattern"], ("what belongs here", ""))
        return f"{described(value)} is not {what}", remedy, Code.WRONG_FORM
    if kind in _KINDS:
        return f"{name!r} must be {_KINDS[kind]}, not {described(value)}", _form(kind, value), Code.WRONG_TYPE
    return f"{name!r} is wrong: {detail['msg']}", "", Code.INVALID


def _form(kind: str, value: object) -> str:
    """How a value of this kind is written; with the words of the value itself where those can be told."""
    words = value.strip() if isinstance(value, str) else ""
    if kind == "list_type" and "," in words:
        return f"write [{', '.join(part.strip() for part in words.split(','))}]"
    if kind == "bool_type" and words.casefold() in _YES_OR_NO:
        return f"write {_YES_OR_NO[words.casefold()]}"
    return _REMEDIES[_KINDS[kind]]


def _not_a_choice(name: str, value: object, detail: ErrorDetails) -> tuple[str, str]:
    choices = [part.strip("' ") for part in str(detail["ctx"]["expected"]).replace(" or ", ",").split(",")]
    return f"{name!r} cannot be {described(value)}", nearest(str(value), choices)


def _unknown_key(key: str, section: type[BaseModel], forms: Sequence[type[Section]]) -> tuple[str, str]:
    if issubclass(section, Section) and key in section.LATER:
        return f"{key!r} is not supported yet", "leave it out"
    owner = next((form for form in forms if form is not section and key in _keys(form)), None)
    remedy = nearest(key, _keys(section))
    if owner is not None:
        remedy = "keep one of the two keys" if key == owner.KEY else f"it belongs to `{owner.KEY}`"
    elif issubclass(section, Section) and section.UNKNOWN and not remedy.startswith("did you mean"):
        remedy = section.UNKNOWN.format(key)
    return f"there is no key {key!r} here", remedy


def _keys(section: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in section.model_fields.items()}


def _section_at(
    document: Document, model: type[BaseModel], path: Path
) -> tuple[type[BaseModel], Sequence[type[Section]]]:
    """The model that speaks at `path`, and all the forms that a value there may have, if there are several."""
    annotation: object = model
    entry: object = document.content
    forms: Sequence[type[Section]] = ()
    for step in path:
        annotation, entry = _inner(annotation, step), _entry(entry, step)
        variants = _variants(annotation)
        forms = variants.forms() if variants else ()
        annotation = variants.form_of(entry) if variants else annotation
    section = _bare(annotation)
    return section if isinstance(section, type) and issubclass(section, BaseModel) else Section, forms


def _entry(entry: object, step: str | int) -> object:
    """What stands in the file under this key or number; a short form has nothing there."""
    if isinstance(entry, dict):
        return entry.get(str(step))
    return entry[step] if isinstance(entry, list) and isinstance(step, int) and step < len(entry) else None


def _variants(annotation: object) -> type[Variants] | None:
    metadata = getattr(_present(annotation), "__metadata__", ())
    return next((part for part in metadata if isinstance(part, type) and issubclass(part, Variants)), None)


def _inner(annotation: object, step: str | int) -> object:
    bare = _bare(annotation)
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        fields = _keys(bare)
        if str(step) in fields:
            return fields[str(step)].annotation
        return (bare.OTHER_KEYS if issubclass(bare, Section) else None) or Section
    return get_args(bare)[-1] if get_args(bare) else Section


def _bare(annotation: object) -> object:
    """Without `Annotated` and without `| None`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _bare(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return _bare(_present(annotation))
    return annotation.current() if isinstance(annotation, type) and issubclass(annotation, Section) else annotation


def _present(annotation: object) -> object:
    """Without `| None`."""
    if get_origin(annotation) in (Union, UnionType):
        return next(arg for arg in get_args(annotation) if arg is not type(None))
    return annotation
