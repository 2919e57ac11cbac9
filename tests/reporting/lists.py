"""Lists that are written as they are read, as whole documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.reporting.whole_lists import counted, late, whole

if TYPE_CHECKING:
    import sqlite3

    from hubspot_sla.flows.reporting.report import Asked
    from hubspot_sla.render.report.document import Document


def late_now(db: sqlite3.Connection, asked: Asked) -> Document:
    with late(db, asked) as streamed:
        return whole(streamed)


def every_cycle(db: sqlite3.Connection, asked: Asked) -> Document:
    with counted(db, asked) as streamed:
        return whole(streamed)
