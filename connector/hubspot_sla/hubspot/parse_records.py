"""CRM records as HubSpot sends them, made into frozen rows.

A row that cannot be read becomes a `BadRow` with its reason and leaves its neighbours alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.json_fields import Json, mapping, objects, optional_text, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Properties = dict[str, str | None]
Row = TypeVar("Row")


class HistoryEntry(NamedTuple):
    """One version of one property. `value` is the empty string where it was cleared."""

    value: str
    at_ms: int
    source_type: str
    source_id: str | None


entry_of: Final[Callable[[tuple[str, int, str, str | None]], HistoryEntry]] = partial(tuple.__new__, HistoryEntry)
"""As `_make`, with every field in its order, in less time: a record has one for each version of each property."""
at_ms_of: Final[Callable[[HistoryEntry], int]] = itemgetter(1)

History = dict[str, list[HistoryEntry]]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row HubSpot sent that cannot be read, and why. `id` is empty when even that is missing. `rejected` is one
    that HubSpot would not send at all."""

    id: str
    reason: str
    rejected: bool = False


def read_rows(rows: Iterable[Json], parse: Callable[[Json], Row]) -> tuple[list[Row], list[BadRow]]:
    """Every row that parses, and the others with their reasons."""
    good: list[Row] = []
    bad: list[BadRow] = []
    for row in rows:
        try:
            good.append(parse(row))
        except ValueError as error:
            bad.append(BadRow(id_of(row), str(error)))
    return good, bad


def id_of(row: Json) -> str:
    """The row's id, or the empty string."""
    try:
        return text(row, "id")
    except ValueError:
        return ""


def properties_of(row: Json) -> Properties:
    """Property values, each a string or null as HubSpot documents. Raises ValueError on anything else."""
    values = mapping(row, "properties")
    for name, value in values.items():
        if value is not None and not isinstance(value, str):
            raise ValueError(f"property {name!r} should be a string, not {value!r}")
    return dict(values)  # type: ignore[arg-type]  # just checked, value by value


def history_of(row: Json) -> History:
    """Versions per property, newest first. HubSpot is seen to send them so and does not promise it."""
    sent = mapping(row, "propertiesWithHistory")
    return {name: _newest_first(objects(sent, name)) for name in sent}


def updated_at_ms(row: Json) -> int:
    """When HubSpot last changed the record. Raises ValueError when it does not say."""
    stamp = optional_text(row, "updatedAt") or optional_text(mapping(row, "properties"), "hs_lastmodifieddate")
    return _required(wire_time.parse(stamp), "updatedAt")


def archived_at_ms(row: Json) -> int:
    """When a record in the recycle bin went there; its last change where HubSpot does not say."""
    return wire_time.parse(optional_text(row, "archivedAt")) or updated_at_ms(row)


def created_at_ms(row: Json, properties: Properties) -> int | None:
    """`createdate`, which people and imports may set or clear; the record's own creation if it was not sent."""
    if "createdate" in properties:
        return wire_time.parse(properties["createdate"])
    return wire_time.parse(optional_text(row, "createdAt"))


def _newest_first(entries: list[Json]) -> list[HistoryEntry]:
    return sorted(map(_entry, entries), key=at_ms_of, reverse=True)


def _entry(entry: Json) -> HistoryEntry:
    return HistoryEntry(
        value=optional_text(entry, "value") or "",
        at_ms=_required(wire_time.parse(optional_text(entry, "timestamp")), "timestamp"),
        source_type=optional_text(entry, "sourceType") or "",
        source_id=optional_text(entry, "sourceId"),
    )


def _required(at_ms: int | None, name: str) -> int:
    if at_ms is None:
        raise ValueError(f"{name!r} is missing")
    return at_ms
