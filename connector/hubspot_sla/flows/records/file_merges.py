"""Merges within a file: which of its rows went into which, known before the first of them is judged.

HubSpot leaves merged records out of its answers, but an export that was made earlier, or in parts, may hold both. The
file is searched for the one property that shows it; only where that is found it is read once more, for the rows that
went. Memory holds those rows and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.flows.records import merges, ticket_file
from hubspot_sla.flows.records.ticket_file import Row
from hubspot_sla.hubspot.objects.profile import MERGED_FROM

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from hubspot_sla.flows.records.merges import Lineages

_TELLS_OF_A_MERGE = re.compile(rb'"%s"\s*:\s*"[^"]' % MERGED_FROM.encode())


@dataclass(frozen=True, slots=True)
class FileMerges:
    """`lineages` is survivor to those that went into it, `went` the rows of these that the file holds, by id."""

    lineages: Lineages = field(default_factory=dict)
    went: Mapping[str, Row] = field(default_factory=dict)

    def of(self, record_id: str) -> Lineages:
        """What concerns one record: what went into it, and what it went into."""
        return {
            survivor: absorbed
            for survivor, absorbed in self.lineages.items()
            if survivor == record_id or record_id in absorbed
        }


NO_MERGES = FileMerges()


def merges_in(file: str) -> FileMerges:
    """`file` must be one that can be read again. A row that cannot be read has not been merged with anything."""
    if not ticket_file.holds(file, MERGED_FROM.encode()):
        return NO_MERGES
    survivors = {row.ticket.id: row.ticket.properties for row in _rows_that_tell_of_merges(file)}
    lineages = merges.lineages_of(survivors)
    absorbed = {id_ for ids in lineages.values() for id_ in ids}
    return FileMerges(lineages, _rows_with_ids(file, absorbed)) if absorbed else NO_MERGES


def _rows_that_tell_of_merges(file: str) -> Iterator[Row]:
    for number, line in ticket_file.lines(file):
        if _TELLS_OF_A_MERGE.search(line):
            row = ticket_file.row_of(number, line)
            if isinstance(row, Row):
                yield row


def _rows_with_ids(file: str, ids: Collection[str]) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for number, line in ticket_file.lines(file):
        if _id_of(line) in ids:
            row = ticket_file.row_of(number, line)
            if isinstance(row, Row):
                rows[row.ticket.id] = row
    return rows


def _id_of(line: bytes) -> str:
    try:
        body = orjson.loads(line)
    except orjson.JSONDecodeError:
        return ""
    return str(body.get("id")) if isinstance(body, dict) else ""
