"""A portal from files: answers of the pipelines, companies and owners endpoints, and tickets one a line.

`pipelines.json`, `companies.json` and `owners.json` are all optional; tickets come from every `*.jsonl` and
`*.jsonl.gz` of the directory, each line a ticket as the CRM objects API answers it. Final states are served.
"""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from hubspot_sla.sandbox import tickets
from hubspot_sla.sandbox.object_types import COMPANIES, TICKETS, ObjectType
from hubspot_sla.sandbox.people import Owner, Team
from hubspot_sla.sandbox.pipelines import Pipeline, Stage
from hubspot_sla.sandbox.portal import PERSON, Portal
from hubspot_sla.sandbox.properties import Property
from hubspot_sla.sandbox.records import Record, Version
from hubspot_sla.sandbox.wire import parse_instant, to_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_EPOCH = to_instant(0)
_AFTER_THE_NEWEST = timedelta(days=1)


class LoadError(Exception):
    """A file that cannot be served. The message begins with `file:line`, or `file` for the whole of it."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, alias_generator=to_camel)


def _ms(value: object) -> object:
    return parse_instant(value) if isinstance(value, str | int) else value


Ms = Annotated[int, BeforeValidator(_ms)]


class _AnswerIn(_Shape):
    results: list[object]


class _StageIn(_Shape):
    id: str
    label: str
    display_order: int = 0
    metadata: dict[str, str] = {}
    created_at: Ms = 0
    updated_at: Ms = 0


class _PipelineIn(_Shape):
    id: str
    label: str
    stages: list[_StageIn]
    display_order: int = 0
    created_at: Ms = 0
    updated_at: Ms = 0


class _TeamIn(_Shape):
    id: str
    name: str
    primary: bool = True


class _OwnerIn(_Shape):
    id: str
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    user_id: int = 0
    archived: bool = False
    teams: list[_TeamIn] = []
    created_at: Ms = 0
    updated_at: Ms = 0


class _VersionIn(_Shape):
    value: str | None
    timestamp: Ms
    source_type: str = PERSON
    source_id: str | None = None


class _LinkIn(_Shape):
    id: int
    type: str = ""


class _LinksIn(_Shape):
    results: list[_LinkIn] = []


class _RecordIn(_Shape):
    id: int
    properties: dict[str, str | None] = {}
    properties_with_history: dict[str, list[_VersionIn]] = {}
    created_at: Ms | None = None
    updated_at: Ms | None = None
    archived: bool = False
    associations: dict[str, _LinksIn] = {}


Row = TypeVar("Row", bound=_Shape)


def load_portal(directory: Path, now: datetime | None = None) -> Portal:
    """The portal in `directory`; `now` defaults to a day after its newest change.

    Raises LoadError for what is missing or malformed.
    """
    if not directory.is_dir():
        raise LoadError(f"{directory}: is not a directory")
    portal = Portal(now or _EPOCH)
    portal.set_pipelines(map(_pipeline, _answer(directory / "pipelines.json", _PipelineIn)))
    portal.set_owners(map(_owner, _answer(directory / "owners.json", _OwnerIn)))
    for company in _answer(directory / "companies.json", _RecordIn):
        _put(portal, COMPANIES, company)
    newest_ms = 0
    for path in _ticket_files(directory):
        for ticket in _lines(path):
            record = _put(portal, TICKETS, ticket)
            _link_companies(portal, ticket, record)
            newest_ms = max(newest_ms, record.updated_ms)
    portal.clock.set(now or to_instant(newest_ms) + _AFTER_THE_NEWEST)
    return portal


def _ticket_files(directory: Path) -> list[Path]:
    return sorted([*directory.glob("*.jsonl"), *directory.glob("*.jsonl.gz")])


def _answer(path: Path, shape: type[Row]) -> list[Row]:
    """The `results` of an endpoint's answer kept in a file; none where there is no file."""
    if not path.exists():
        return []
    try:
        rows = _AnswerIn.model_validate(orjson.loads(path.read_bytes())).results
        return [shape.model_validate(row) for row in rows]
    except ValueError as error:
        raise LoadError(f"{path}: {_reason(error)}") from error


def _lines(path: Path) -> Iterator[_RecordIn]:
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
        for number, line in enumerate(_readable(path, lines), start=1):
            if line.strip():
                yield _ticket(path, number, line)


def _readable(path: Path, lines: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from lines
    except (OSError, EOFError) as error:
        raise LoadError(f"{path}: {error}") from error


def _ticket(path: Path, number: int, line: bytes) -> _RecordIn:
    try:
        return _RecordIn.model_validate(orjson.loads(line))
    except ValueError as error:
        raise LoadError(f"{path}:{number}: {_reason(error)}") from error


def _reason(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)


def _put(portal: Portal, kind: ObjectType, seen: _RecordIn) -> Record:
    past = {name: _past(rows) for name, rows in seen.properties_with_history.items() if rows}
    values = {name: value for name, value in seen.properties.items() if value}
    created_ms = _first_ms(seen, values, past)
    updated_ms = _last_ms(seen, values, past, created_ms)
    record = Record(seen.id, created_ms, updated_ms, values | {"hs_object_id": str(seen.id)}, past=past)
    if kind is TICKETS:
        _add_calculated(portal, record)
    record.past = {name: rows for name, rows in past.items() if _tells_more(record, rows)}
    _define_unknown(portal, kind, values)
    portal.table(kind).add(record)
    if seen.archived:
        portal.table(kind).archive(record, updated_ms)
    return record


def _past(rows: Iterable[_VersionIn]) -> list[Version]:
    versions = (Version(row.value or "", row.timestamp, row.source_type, row.source_id) for row in rows)
    return sorted(versions, key=lambda version: version.at_ms)


def _tells_more(record: Record, past: list[Version]) -> bool:
    """Whether a history says anything that the value alone does not."""
    return past != [Version(past[-1].value, record.created_ms, record.source)]


def _first_ms(seen: _RecordIn, values: Mapping[str, str], past: Mapping[str, list[Version]]) -> int:
    if seen.created_at is not None:
        return seen.created_at
    if "createdate" in values:
        return parse_instant(values["createdate"])
    return min((rows[0].at_ms for rows in past.values()), default=0)


def _last_ms(seen: _RecordIn, values: Mapping[str, str], past: Mapping[str, list[Version]], created_ms: int) -> int:
    if seen.updated_at is not None:
        return seen.updated_at
    if "hs_lastmodifieddate" in values:
        return parse_instant(values["hs_lastmodifieddate"])
    return max((rows[-1].at_ms for rows in past.values()), default=created_ms)


def _add_calculated(portal: Portal, record: Record) -> None:
    """What HubSpot would have calculated from the stages, where the file does not say it."""
    calculated: dict[str, str] = {"hs_ticket_id": str(record.id)}
    pipeline = portal.pipelines.get(record.values.get("hs_pipeline", ""))
    for version in record.versions("hs_pipeline_stage")[::-1]:
        changes = tickets.stage_entered(calculated, version.value, pipeline, version.at_ms)
        calculated |= {name: value or "" for name, value in changes.items()}
    for name, value in calculated.items():
        if value:
            record.values.setdefault(name, value)
    closed = record.values.get("closed_date")
    if closed and "closed_date" not in record.past:
        record.past["closed_date"] = [Version(closed, parse_instant(closed), PERSON)]


def _define_unknown(portal: Portal, kind: ObjectType, values: Iterable[str]) -> None:
    catalogue = portal.catalogue(kind)
    for name in values:
        if catalogue.find(name) is None:
            group = f"{kind.singular}information"
            catalogue.define(Property(name, name, "string", "text", group))


def _link_companies(portal: Portal, ticket: _RecordIn, record: Record) -> None:
    """A file's `ticket_to_company` is the primary one, as in HubSpot's answers."""
    types = portal.links.types
    unlabelled, primary = types.unlabelled(TICKETS, COMPANIES), types.primary(TICKETS, COMPANIES)
    for row in ticket.associations.get("companies", _LinksIn()).results:
        if portal.table(COMPANIES).find(row.id) is None:
            continue
        link = unlabelled if row.type.endswith("_unlabeled") else primary
        portal.link(link, ticket.id, row.id, at_ms=record.created_ms)


def _pipeline(seen: _PipelineIn) -> Pipeline:
    stages = tuple(
        Stage(
            stage.id,
            stage.label,
            closed=stage.metadata.get("ticketState") == "CLOSED",
            display_order=stage.display_order,
            created_ms=stage.created_at,
            updated_ms=stage.updated_at,
        )
        for stage in seen.stages
    )
    return Pipeline(seen.id, seen.label, stages, seen.display_order, seen.created_at, seen.updated_at)


def _owner(seen: _OwnerIn) -> Owner:
    teams = tuple(Team(team.id, team.name, team.primary) for team in seen.teams)
    return Owner(
        seen.id,
        seen.email,
        seen.first_name,
        seen.last_name,
        seen.user_id,
        teams,
        seen.created_at,
        seen.updated_at,
        seen.archived,
    )
