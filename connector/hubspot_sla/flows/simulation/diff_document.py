"""The differences of two mappings as a document."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from hubspot_sla.language.texts import ENGLISH
from hubspot_sla.render.report.document import Column, Document, Section, Table, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.flows.simulation.mappings_diff import Change

TABLE = "changes"


def document(changes: Sequence[Change], most: int | None = None) -> Document:
    """`changes` in the order in which they are read, of which `most` are listed; None: all."""
    columns = [
        Column("what", "What"),
        Column("whom", "For whom"),
        Column("before", "Before"),
        Column("after", "After"),
        Column("why", "What differs"),
    ]
    rows = [
        [Text(one.what), Text(one.whom), Text(one.before), Text(one.after), Text(one.why)] for one in changes[:most]
    ]
    number = len(changes)
    sentence = "Both promise the same." if not number else f"{number:,} {'change' if number == 1 else 'changes'}."
    note = "" if len(rows) == number else f"{len(rows)} of {number:,}; json and csv have all."
    table = Table(TABLE, "What changes", columns, rows, note=note, empty="Both promise the same.", heading=False)
    return Document(
        title="What two mappings promise differently",
        sentence=sentence,
        facts=[],
        sections=[Section(TABLE, "What changes", [table])],
        zone=UTC,
        language=ENGLISH,
        as_of=None,
    )
