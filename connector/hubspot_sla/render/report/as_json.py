"""A report for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.plan.instant_text import wire
from hubspot_sla.render.report.cells import raw

if TYPE_CHECKING:
    from hubspot_sla.render.report.document import Document, Table


def as_json(document: Document) -> dict[str, object]:
    """Every table by its key, each row an object by column key."""
    return {
        "title": document.title,
        "sentence": document.sentence,
        "as_of": None if document.as_of is None else wire(document.as_of),
        "zone": str(document.zone),
        "notes": list(document.notes),
        "tables": {key: rows(table) for key, table in document.tables.items()},
    }


def rows(table: Table) -> list[dict[str, object]]:
    return [{column.key: raw(cell) for column, cell in zip(table.columns, row, strict=True)} for row in table.rows]
