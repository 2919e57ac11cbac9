"""`sla contract chain`: SLA, OLA and underpinning contracts side by side, and who caused a breach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hubspot_sla.cli import environment, terminal
from hubspot_sla.cli.documents import Put, show_whole

if TYPE_CHECKING:
    from hubspot_sla.render.report.document import Document

MOST_SHOWN, MOST_ON_PAGE = 20, 200
"""Rows of a list on the terminal, and on a page that may be printed."""


def show(period: str, record: str, key: str | None, ledger: str | None, asked: dict[str, Any]) -> None:
    """On the terminal every table, of long ones the beginning; in another form, or of one that is asked for, all."""
    if period and record:
        raise click.UsageError("--period is of every ticket: leave it out, or --ticket.")
    put = Put.taken_from(asked)
    is_whole = put.form == "table" and key is None
    most = MOST_SHOWN if is_whole else MOST_ON_PAGE if put.form == "html" else None
    document = _document(period, record, ledger, most)
    for note in document.notes:
        terminal.notice(note, word="note: ", colour="yellow")
    if is_whole:
        show_whole(document)
    else:
        put.put(document, key or "links")


def _document(period: str, record: str, ledger: str | None, most: int | None) -> Document:
    from hubspot_sla.flows.context.local_clock import local_now
    from hubspot_sla.flows.inspection.chains.document import AskedChain, chains_of_period, chains_of_record
    from hubspot_sla.ledger.database import open_for_reading
    from hubspot_sla.plan.records import RecordRef

    settings = environment.settings(ledger=ledger)
    with open_for_reading(settings.ledger) as opened, opened.telling_damage():
        if not record:
            return chains_of_period(opened.db, AskedChain(period, most))
        return chains_of_record(opened.db, RecordRef.of(record), local_now(opened.db, settings.clock))
