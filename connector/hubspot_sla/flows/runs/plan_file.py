"""A plan in a file: what one sync would send, and the state of every record that it was decided by.

The file is canonical JSON with a checksum, readable by its owner alone, and holds no secret. It is for people and
programs to read; what is sent is never taken from it: `planned_sync` decides again, and sends only if that comes to the
same.
"""

from __future__ import annotations

import hashlib
import os
from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import orjson
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationError,
)

from hubspot_sla.errors import UsageProblem
from hubspot_sla.hubspot import wire_time
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FORMAT: Final = "hubspot-sla plan 1"
LARGEST_BYTES: Final = 512 * 1024 * 1024
MAKE_ANOTHER: Final = "make one with `sla plan --save FILE`"


def _instant(text: object) -> object:
    """Epoch ms of an instant as the file holds it. ValueError: it is none."""
    at = wire_time.parse(text) if isinstance(text, str) else text
    if not isinstance(at, int) or isinstance(at, bool):
        raise ValueError("this is no instant")  # noqa: TRY004 - a ValidationError is made of it
    return at


Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Instant = Annotated[int, BeforeValidator(_instant), PlainSerializer(wire)]
"""Epoch ms here, ISO 8601 in the file."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class RecordState(_Part):
    """What a decision about one record was made by, as digests: what HubSpot showed of the record, what it showed of
    the customers behind it, and what the ledger knew of it. `updated_at` is when HubSpot had last changed it, `next_at`
    the first instant at which the decision becomes another one by itself; None: it does not."""

    hubspot: Digest
    customers: Digest
    ledger: Digest
    updated_at: Instant
    next_at: Instant | None


class PlannedChange(_Part):
    """One record, its state, and the actions on it as the audit log holds them."""

    object_type: Annotated[str, Field(min_length=1)]
    record_id: Annotated[str, Field(min_length=1)]
    state: RecordState
    actions: Annotated[tuple[dict[str, Any], ...], Field(min_length=1)]


class SavedPlan(_Part):
    """`made_at` is the instant by which everything was decided; `program` the version of hubspot-sla that did it;
    `mappings` that of the mappings; `queued` the digest of each item that waited in the outbox, by its key.
    `contracts` is what contracts come to: see `planned_contracts`."""

    format: Literal["hubspot-sla plan 1"]
    program: str
    made_at: Instant
    portal_id: int
    mappings: str
    backfill: bool
    records: tuple[PlannedChange, ...]
    queued: dict[str, Digest]
    contracts: tuple[dict[str, Any], ...] = ()


def program_version() -> str:
    return installed_version("hubspot-sla")


def digest(value: object) -> str:
    """SHA-256 of the value as canonical JSON; dataclasses are taken by their fields, sets in order."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    return hashlib.sha256(orjson.dumps(value, default=_jsonable, option=options)).hexdigest()


def _jsonable(value: object) -> object:
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, tuple):
        return list(value)
    if hasattr(value, "items"):
        return dict(value.items())
    raise TypeError(f"{type(value).__name__} has no canonical form")


def check_target(path: Path) -> None:
    """Raises UsageProblem where a plan cannot have this name: an earlier plan is replaced, any other file is not."""
    try:
        taken = os.path.lexists(path)
        folder = path.parent.is_dir()
    except ValueError:
        raise UsageProblem("this is no name of a file", remedy="name another file") from None
    if taken and not _holds_a_plan(path):
        raise UsageProblem(f"{path} is there, and is no plan", remedy="name another file")
    if not folder:
        raise UsageProblem(f"there is no folder {path.parent} for the plan", remedy="create it")


def write(path: Path, plan: SavedPlan, redact: Callable[[object], object]) -> None:
    """The plan as this file, mode 0600; it takes its name when it is whole. An earlier plan is replaced, any other file
    is not. `redact` takes secrets out of everything JSON-able. Raises UsageProblem."""
    check_target(path)
    body = redact(plan.model_dump(mode="json"))
    half = path.with_name(f".{path.name}.half")
    try:
        half.unlink(missing_ok=True)
        handle = os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(_document(body))
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except OSError as error:
        remedy = "name a file in a folder that may be written"
        raise UsageProblem(f"cannot write the plan {path}: {error.strerror}", remedy=remedy) from None
    finally:
        half.unlink(missing_ok=True)


def _document(body: object) -> bytes:
    whole = {"checksum": digest(body), "plan": body}
    return orjson.dumps(whole, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _holds_a_plan(path: Path) -> bool:
    try:
        read(path)
    except UsageProblem:
        return False
    return True


def read(path: Path) -> SavedPlan:
    """The plan in this file. UsageProblem: it cannot be read, is none, is damaged, or of a version of the form that
    this program does not know."""
    document = _parsed(path, _content(path))
    body = document.get("plan") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(body, dict) or "format" not in body:
        raise UsageProblem(f"{path} is no plan of `sla plan --save`", remedy=MAKE_ANOTHER)
    if body["format"] != FORMAT:
        message = f"{path} holds a plan in a form that this version does not know: {str(body['format'])[:60]}"
        raise UsageProblem(message, remedy=MAKE_ANOTHER)
    if document.get("checksum") != _checksum(body):
        raise UsageProblem(f"{path} was altered or damaged: its checksum does not fit", remedy=MAKE_ANOTHER)
    try:
        return SavedPlan.model_validate_json(orjson.dumps(body))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise UsageProblem(f"{path} is no plan: {place}: {first['msg']}", remedy=MAKE_ANOTHER) from None


def _checksum(body: object) -> str:
    """Of what a file holds; "" for what is nested too deeply to have one."""
    try:
        return digest(body)
    except TypeError:
        return ""


def _content(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise UsageProblem(f"{path} is no file", remedy=MAKE_ANOTHER)
        if path.stat().st_size > LARGEST_BYTES:
            raise UsageProblem(f"{path} is too large to be a plan", remedy=MAKE_ANOTHER)
        return path.read_bytes()
    except FileNotFoundError:
        raise UsageProblem(f"there is no file {path}", remedy=MAKE_ANOTHER) from None
    except OSError as error:
        raise UsageProblem(f"cannot read {path}: {error.strerror}", remedy="let this user read it") from None
    except ValueError:
        raise UsageProblem("this is no name of a file", remedy=MAKE_ANOTHER) from None


def _parsed(path: Path, content: bytes) -> object:
    try:
        return orjson.loads(content)
    except ValueError:
        raise UsageProblem(f"{path} is no plan of `sla plan --save`: it is not JSON", remedy=MAKE_ANOTHER) from None
