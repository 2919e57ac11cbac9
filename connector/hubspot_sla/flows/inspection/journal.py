"""Accruals as lines of a journal, for whoever keeps the books: two that balance for each window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.contract.terms import Side
from hubspot_sla.render.report.comma_separated import comma_separated
from hubspot_sla.render.report.document import Column, Money, Table, Text

if TYPE_CHECKING:
    from hubspot_sla.flows.inspection.contract_accruals import Accrual, Accruals
    from hubspot_sla.render.report.document import Cell

HEADS: Final = ("date", "account", "debit", "credit", "currency", "contract", "party", "period", "standing")
_ACCOUNTS: Final = {
    Side.CUSTOMER: ("service_credits", "accrued_service_credits"),
    Side.VENDOR: ("service_credits_receivable", "vendor_service_credits"),
}
"""What is debited, and what is credited."""


def journal(accruals: Accruals) -> str:
    """CSV, on the last day of each window: the expected credit of one that runs, else what is payable. Nothing is
    booked where nothing is owed, and nothing where the amount cannot be said: the notes of accruals say so."""
    rows = [line for row in accruals.rows if row.to_accrue for line in _lines(row)]
    return comma_separated(Table("journal", "Journal", [Column(head, head) for head in HEADS], rows))


def _lines(row: Accrual) -> list[list[Cell]]:
    debited, credited = _ACCOUNTS[row.side]
    amount, none = Money(row.to_accrue, row.currency), Text("")
    about = [Text(text) for text in (row.currency, row.contract, row.party, row.period, row.standing)]
    on = Text(row.ends_on.isoformat())
    return [[on, Text(debited), amount, none, *about], [on, Text(credited), none, amount, *about]]
