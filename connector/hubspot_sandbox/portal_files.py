"""A portal in files, as shapes: answers of the pipelines and owners endpoints, and records one by one."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, TypeVar

import orjson
from pydantic import ValidationError

from hubspot_sandbox.account import Owner, Team
from hubspot_sandbox.conversation_files import ActorIn, ThreadIn
from hubspot_sandbox.file_shapes import Ms, Shape
from hubspot_sandbox.instants import parse_instant
from hubspot_sandbox.pipelines import Pipeline, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PERSON = "CRM_UI"


class LoadError(Exception):
    """A file that cannot be served. The message begins with `file:line`, or `file` for the whole of it."""


class _AnswerIn(Shape):
    results: list[object]


class _StageIn(Shape):
    id: str
    label: str
    display_order: int = 0
    metadata: dict[str, str] = {}
    created_at: Ms = 0
    updated_at: Ms = 0

    def stage(self) -> Stage:
        return Stage(
            self.id,
            self.label,
            closed=self.metadata.get("ticketState") == "CLOSED",
            display_order=self.display_order,
            created_ms=self.created_at,
            updated_ms=self.updated_at,
        )


class PipelineIn(Shape):
    """A pipeline as the pipelines endpoint answers it."""

    id: str
    label: str
    stages: list[_StageIn]
    display_order: int = 0
    created_at: Ms = 0
    updated_at: Ms = 0

    def pipeline(self) -> Pipeline:
        """The same in the portal's terms."""
        stages = tuple(stage.stage() for stage in self.stages)
        return Pipeline(self.id, self.label, stages, self.display_order, self.created_at, self.updated_at)


class _TeamIn(Shape):
    id: str
    name: str
    primary: bool = True


class OwnerIn(Shape):
    """An owner as the owners endpoint answers it."""

    id: str
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    user_id: int = 0
    archived: bool = False
    teams: list[_TeamIn] = []
    created_at: Ms = 0
    updated_at: Ms = 0

    def owner(self) -> Owner:
        """The same in the portal's terms."""
        return Owner(
            self.id,
            self.email,
            self.first_name,
            self.last_name,
            self.user_id,
            tuple(Team(team.id, team.name, team.primary) for team in self.teams),
            self.created_at,
            self.updated_at,
            self.archived,
        )


class VersionIn(Shape):
    """One value of a history."""

    value: str | None
    timestamp: Ms
    source_type: str = PERSON
    source_id: str | None = None


class LinkIn(Shape):
    """One inline association."""

    id: int
    type: str = ""


class _LinksIn(Shape):
    results: list[LinkIn] = []


class ActivityIn(Shape):
    """An e-mail, a call, a note or a meeting, beside the ticket that it is logged on."""

    id: int
    properties: dict[str, str | None] = {}
    created_at: Ms | None = None

    def record(self) -> RecordIn:
        """By itself. Where nothing says when it was logged, that was when it happened."""
        at = self.properties.get("hs_timestamp")
        created_ms = parse_instant(at) if self.created_at is None and at else self.created_at
        return RecordIn.model_construct(id=self.id, properties=self.properties, created_at=created_ms)


class RecordIn(Shape):
    """A record as the objects API answers it, with histories and inline associations or without; a ticket's may have
    its conversations and what is logged on it beside them."""

    id: int
    properties: dict[str, str | None] = {}
    properties_with_history: dict[str, list[VersionIn]] = {}
    created_at: Ms | None = None
    updated_at: Ms | None = None
    archived: bool = False
    archived_at: Ms | None = None
    associations: dict[str, _LinksIn] = {}
    threads: list[ThreadIn] = []
    actors: list[ActorIn] = []
    emails: list[ActivityIn] = []
    calls: list[ActivityIn] = []
    notes: list[ActivityIn] = []
    meetings: list[ActivityIn] = []


Row = TypeVar("Row", bound=Shape)


def answer(path: Path, shape: type[Row]) -> list[Row]:
    """The `results` of an endpoint's answer kept in a file; none where there is no file. Raises LoadError."""
    if not path.exists():
        return []
    try:
        rows = _AnswerIn.model_validate(orjson.loads(path.read_bytes())).results
        return [shape.model_validate(row) for row in rows]
    except ValueError as error:
        raise LoadError(f"{path}: {_reason(error)}") from error


def lines(path: Path) -> Iterator[RecordIn]:
    """The records of a file with one a line, packed or not. Raises LoadError."""
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as opened:
        for number, line in enumerate(_readable(path, opened), start=1):
            if line.strip():
                yield _record(path, number, line)


def _readable(path: Path, opened: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from opened
    except (OSError, EOFError) as error:
        raise LoadError(f"{path}: {error}") from error


def _record(path: Path, number: int, line: bytes) -> RecordIn:
    try:
        return RecordIn.model_validate(orjson.loads(line))
    except ValueError as error:
        raise LoadError(f"{path}:{number}: {_reason(error)}") from error


def _reason(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)
