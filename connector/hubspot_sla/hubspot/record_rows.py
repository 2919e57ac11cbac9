"""Records as HubSpot answers them: single rows, pages of a list, and the rows asked for by id."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.quickly_made import quickly_made

if TYPE_CHECKING:
    from hubspot_sla.hubspot.parse_records import BadRow, History, Properties


@dataclass(frozen=True, slots=True)
class CompanyLink:
    """A company associated with a record."""

    id: str
    primary: bool


@quickly_made
@dataclass(frozen=True, slots=True)
class CrmRecord:
    """One record as HubSpot answered it.

    `history` holds the versions of the properties it was asked for, newest first. `company_ids` is None
    when companies were not asked for, or when the answer held only the first page of them.
    `created_at_ms` is None when the portal has no creation date for it.
    """

    id: str
    properties: Properties
    history: History
    company_ids: tuple[CompanyLink, ...] | None
    updated_at_ms: int
    created_at_ms: int | None
    archived: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some records, the rows that could not be read, and where the next page begins (None: this was the last).
    `waiting`: it is none, the next one has not come for a while."""

    rows: list[CrmRecord]
    after: str | None
    bad: list[BadRow] = field(default_factory=list)
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class RecordsRead:
    """The records asked for. `missing_ids` do not exist any more: archived, or merged into another."""

    rows: list[CrmRecord]
    missing_ids: tuple[str, ...]
    bad: list[BadRow] = field(default_factory=list)
