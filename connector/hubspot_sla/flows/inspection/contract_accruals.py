"""What is owed so far under every contract: by window, final or provisional, and summed for each currency by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from hubspot_sla.contract.terms import Side
from hubspot_sla.flows.inspection.expected_credits import ExpectedCredits
from hubspot_sla.flows.reporting.contracts.statement import drawn_windows, party_name
from hubspot_sla.flows.reporting.query import period_of
from hubspot_sla.flows.reporting.report import mappings_of
from hubspot_sla.ledger.one_state import one_state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from datetime import date

    from hubspot_sla.flows.inspection.expected_credits import ExpectedCredit
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.flows.reporting.contracts.statement import Drawn

FINAL, PROVISIONAL, RUNNING = "final", "provisional", "running"
NOT_ESTIMATED: Final = "not estimated"


@dataclass(frozen=True, slots=True)
class Accrual:
    """One window of one contract. `standing` is one of FINAL, PROVISIONAL (it has ended and is not closed) and RUNNING
    (what is owed so far). `missing` says what keeps the amounts from being whole. `ends_on` is the last day of the
    window. `expected` is what a window that runs is likely to come to; None for any other."""

    contract: str
    party: str
    side: Side
    period: str
    standing: str
    currency: str
    owed: Decimal
    payable: Decimal
    missing: tuple[str, ...]
    ends_on: date
    expected: ExpectedCredit | None = None

    @property
    def to_accrue(self) -> Decimal | None:
        """What finance reckons with: the expected credit of what runs, else what is payable; None: it cannot be
        said."""
        return self.payable if self.expected is None else self.expected.mean

    def row(self) -> list[object]:
        whose = "we owe" if self.side is Side.CUSTOMER else "owed to us"
        amounts = [f"{self.owed} {self.currency}", f"{self.payable} {self.currency}"]
        likely = (
            ""
            if self.expected is None
            else NOT_ESTIMATED
            if self.expected.mean is None
            else self._likely(self.expected)
        )
        return [self.contract, self.party, self.period, self.standing, whose, *amounts, likely]

    def _likely(self, credit: ExpectedCredit) -> str:
        figure = f"{credit.mean} {self.currency} ({credit.least} to {credit.most})"
        return f"{figure}, {credit.open} open, by {credit.ended} or more that ended" if credit.open else figure

    def as_json(self) -> dict[str, object]:
        return {
            "contract": self.contract,
            "party": self.party,
            "side": str(self.side),
            "period": self.period,
            "standing": self.standing,
            "currency": self.currency,
            "owed": str(self.owed),
            "payable": str(self.payable),
            "missing": list(self.missing),
            "expected": None if self.expected is None else self.expected.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Total:
    """What we owe (`side` customer), or what is owed to us, in one currency. `expected` is final, provisional and, of
    what runs, what it is likely to come to; None where that cannot be said of all."""

    side: Side
    currency: str
    final: Decimal
    provisional: Decimal
    expected: Decimal | None = None

    def as_json(self) -> dict[str, object]:
        return {
            "side": str(self.side),
            "currency": self.currency,
            "final": str(self.final),
            "provisional": str(self.provisional),
            "expected": None if self.expected is None else str(self.expected),
        }


@dataclass(frozen=True, slots=True)
class Accruals:
    """`notes` say which feed could not be read."""

    rows: Sequence[Accrual]
    totals: Sequence[Total]
    notes: tuple[str, ...]


def accruals(db: sqlite3.Connection, reader: FeedReader, now: int, period: str = "") -> Accruals:
    """Of every window that a day of the period lies in; "" for the month of `now` (epoch ms). Days are in the zone of
    each contract. Raises UsageProblem."""
    rows: list[Accrual] = []
    notes: dict[str, None] = {}
    with one_state(db):
        mappings = mappings_of(db)
        likely = ExpectedCredits(db, mappings)
        for contract in mappings.contracts.ids:
            zone = mappings.contracts.versions(contract)[0].terms.zone
            named = period_of(period or None, None, None, zone, now)
            for drawn in drawn_windows(db, mappings, contract, reader, now):
                window = drawn.settled.statement.window
                if window.start < named.end and named.start < window.end:
                    rows.append(_accrual(db, drawn, now, likely))
                    notes |= dict.fromkeys(drawn.notes)
                    notes |= dict.fromkeys(_said(rows[-1]))
    return Accruals(rows, _totals(rows), tuple(notes))


def _said(row: Accrual) -> list[str]:
    return [] if row.expected is None else [f"{row.contract} {row.period}: {note}" for note in row.expected.notes]


def _accrual(db: sqlite3.Connection, drawn: Drawn, now: int, likely: ExpectedCredits) -> Accrual:
    terms, statement = drawn.settled.terms, drawn.settled.statement
    standing = RUNNING if statement.window.end_at > now else PROVISIONAL if drawn.closing is None else FINAL
    return Accrual(
        terms.id,
        party_name(db, drawn.settled.written, now),
        terms.party.side,
        statement.window.name,
        standing,
        terms.currency.code,
        statement.owed,
        statement.payable,
        statement.missing,
        statement.window.end - timedelta(days=1),
        likely.of(drawn) if standing == RUNNING else None,
    )


def _totals(rows: Sequence[Accrual]) -> list[Total]:
    """Of what is payable."""
    sums: dict[tuple[Side, str], dict[bool, Decimal]] = {}
    for row in rows:
        of_key = sums.setdefault((row.side, row.currency), {True: row.payable * 0, False: row.payable * 0})
        of_key[row.standing == FINAL] += row.payable
    return [
        Total(*key, of_key[True], of_key[False], _to_accrue([row for row in rows if (row.side, row.currency) == key]))
        for key, of_key in sorted(sums.items())
    ]


def _to_accrue(rows: Iterable[Accrual]) -> Decimal | None:
    """Of one side and currency."""
    amounts = [row.to_accrue for row in rows]
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(amounts) else None
