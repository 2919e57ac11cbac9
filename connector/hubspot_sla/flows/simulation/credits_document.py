"""What contracts come to on both sides, as tables."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hubspot_sla.contract.terms import Side
from hubspot_sla.render.report.document import Column, Count, Money, Section, Table, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.flows.simulation.credited import Credited, Credits, Sum
    from hubspot_sla.render.report.document import Cell

WHOSE = {Side.CUSTOMER: "we owe", Side.VENDOR: "owed to us"}
_NOTE = (
    "Every window from the contract's first day on, the one that runs so far, settled as if these mappings had always"
    " held; what was sealed plays no part."
)


def credit_sections(credited: Credits) -> list[Section]:
    """None where neither side has contracts."""
    if not credited.rows:
        return []
    return [Section("credits", "What contracts would owe", [_by_contract(credited.rows), _totals(credited.rows)])]


def _by_contract(rows: Sequence[Credited]) -> Table:
    columns = [
        Column("contract", "Contract"),
        Column("party", "Party"),
        Column("whose", "Whose"),
        Column("currency", "Currency"),
        Column("windows_before", "Windows before"),
        Column("windows_after", "after"),
        Column("promises_before", "Promises before"),
        Column("promises_after", "after"),
        Column("owed_before", "Owed before"),
        Column("owed_after", "after"),
        Column("payable_before", "Payable before"),
        Column("payable_after", "after"),
        Column("change", "Change"),
        Column("missing", "Missing"),
    ]
    return Table("credits", "Credits by contract", columns, [_row(row) for row in rows], note=_NOTE)


def _row(row: Credited) -> list[Cell]:
    before, after = row.before, row.after
    missing = [text for side in (before, after) if side is not None for text in side.missing]
    return [
        Text(row.contract),
        Text(row.party),
        Text(WHOSE[row.side]),
        Text(row.currency),
        *(Count(0 if side is None else side.windows) for side in (before, after)),
        *(Count(0 if side is None else side.promises) for side in (before, after)),
        *(Money(None if side is None else side.owed, row.currency) for side in (before, after)),
        *(Money(None if side is None else side.payable, row.currency) for side in (before, after)),
        Money(row.change, row.currency),
        Text("; ".join(dict.fromkeys(missing))),
    ]


def _totals(rows: Sequence[Credited]) -> Table:
    sums: dict[tuple[Side, str], list[Decimal]] = {}
    for row in rows:
        before, after = sums.get((row.side, row.currency), [Decimal(0), Decimal(0)])
        sums[row.side, row.currency] = [before + _payable(row.before), after + _payable(row.after)]
    columns = [
        Column("whose", "Whose"),
        Column("currency", "Currency"),
        Column("payable_before", "Payable before"),
        Column("payable_after", "after"),
        Column("change", "Change"),
    ]
    cells: list[list[Cell]] = [
        [Text(WHOSE[side]), Text(currency), *(Money(each, currency) for each in (before, after, after - before))]
        for (side, currency), (before, after) in sorted(sums.items())
    ]
    return Table("credit_totals", "Credits by currency", columns, cells)


def _payable(side: Sum | None) -> Decimal:
    """Nothing where this side has no such contract."""
    return Decimal(0) if side is None else side.payable
