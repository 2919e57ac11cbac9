"""A window settled: lines, then worst, sum or either, then caps, then the smallest payable, in this order."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import takewhile
from typing import TYPE_CHECKING

from hubspot_sla.contract.fees import FeeMissing
from hubspot_sla.contract.lines import line_of
from hubspot_sla.contract.money import decimal_of, round_down
from hubspot_sla.contract.remedies import Reading, Unit
from hubspot_sla.contract.sample import Sample
from hubspot_sla.contract.statement import Observed, Statement, Why, Withheld
from hubspot_sla.contract.terms import CapOver, Take
from hubspot_sla.contract.windows import YEAR, WindowRule, covered, months_of
from hubspot_sla.measure.periods import add_months

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from hubspot_sla.contract.statement import Line
    from hubspot_sla.contract.terms import Cap, Contract
    from hubspot_sla.measure.periods import Period

Evidence = dict[tuple[str, str | None], Observed]
"""What was observed, by objective and value of its dimension (None where it has none)."""
NOTHING_OBSERVED = Observed(Sample())


def settled(
    contract: Contract, window: Period, evidence: Mapping[tuple[str, str | None], Observed], past: Sequence[Statement]
) -> Statement:
    """`window` is one of the contract's, `past` the statements of those before, oldest first. An objective whose own
    window does not end here has no line."""
    lines = list(_lines(contract, window, evidence, past))
    account = _Account(contract, window, past, {number: line.money for number, line in enumerate(lines)})
    account.take(lines)
    account.cap_objectives(lines)
    points = sum((line.points for line in lines), Fraction(0))
    account.add_points(points)
    owed = account.total
    account.cap_all()
    return Statement(
        contract.id,
        contract.version,
        window,
        tuple(lines),
        owed + sum((part.money for part in account.withheld if part.objective), contract.currency.nothing),
        account.payable(),
        tuple(account.withheld),
        points,
        account.points_money,
        sum((line.days for line in lines), Fraction(0)),
        account.points_missing,
    )


def _lines(
    contract: Contract, window: Period, evidence: Mapping[tuple[str, str | None], Observed], past: Sequence[Statement]
) -> Iterable[Line]:
    for objective in contract.objectives:
        own = contract.window_of(objective).ending_with(window)
        part = None if own is None else covered(own, contract.valid_from, contract.valid_to)
        if part is None:
            continue
        keys = sorted(key for name, key in evidence if name == objective.id and key is not None)
        for key in keys if objective.each and keys else [None]:
            observed = evidence.get((objective.id, key), NOTHING_OBSERVED)
            yield line_of(contract, objective, key, part, observed, past)


class _Account:
    """What is left of each line's credit, by its number, step by step; and what is not payable, and why."""

    def __init__(self, contract: Contract, window: Period, past: Sequence[Statement], left: dict[int, Decimal]) -> None:
        self.contract, self.window, self.past, self.left = contract, window, past, left
        self.withheld: list[Withheld] = []
        self.points_money = contract.currency.nothing
        self.points_missing = ""
        self.after_caps = contract.currency.nothing

    @property
    def total(self) -> Decimal:
        return sum(self.left.values(), self.points_money)

    def take(self, lines: Sequence[Line]) -> None:
        """Within each group, and among the objectives of none as the contract says."""
        groups = self.contract.groups
        grouped = {name for group in groups for name in group.objectives}
        for group in groups:
            self._take_of(lines, [n for n, line in enumerate(lines) if line.objective in group.objectives], group.take)
        rest = [number for number, line in enumerate(lines) if line.objective not in grouped]
        self._take_of(lines, rest, self.contract.take)

    def _take_of(self, lines: Sequence[Line], numbers: Sequence[int], take: Take) -> None:
        if take is Take.SUM or not numbers:
            return
        worst = max(numbers, key=lambda number: self.left[number])
        for number in numbers:
            if number != worst:
                self._withhold(number, lines[number], self.left[number], Why.NOT_TAKEN)

    def cap_objectives(self, lines: Sequence[Line]) -> None:
        for objective in self.contract.objectives:
            for cap in objective.caps:
                for number, line in enumerate(lines):
                    if line.objective == objective.id:
                        self._cap_line(number, line, cap)

    def _cap_line(self, number: int, line: Line, cap: Cap) -> None:
        amount = self._amount_of(cap, line.key)
        beyond = self.left[number] - self._room(cap, amount, line)
        if beyond > 0:
            self._withhold(number, line, beyond, Why.CAP_UNKNOWN if amount is None else Why.CAP, amount, cap)

    def _room(self, cap: Cap, amount: Decimal | None, line: Line | None = None) -> Decimal:
        """What a cap leaves beside what earlier windows took of it; nothing where it is not known."""
        nothing = self.contract.currency.nothing
        if amount is None:
            return nothing
        return max(amount - _paid_before(self.contract, cap, self.window, self.past, line), nothing)

    def _withhold(
        self, number: int, line: Line, money: Decimal, why: Why, amount: Decimal | None = None, cap: Cap | None = None
    ) -> None:
        self.left[number] -= money
        if money:
            self.withheld.append(Withheld(why, money, line.objective, line.key, amount, cap))

    def add_points(self, points: Fraction) -> None:
        """What the points of the window are worth, at the contract's rate for them."""
        terms = self.contract.points
        if terms is None or not points:
            return
        exact = Fraction(0)
        try:
            for due in terms.remedy.dues(Reading(points, Sample(), self.window)):
                rate = due.pay.value or Fraction(0)
                is_share = due.pay.unit is Unit.SHARE
                exact += rate * (terms.base.amount(self.contract.fees, self.window) if is_share else 1)
        except FeeMissing as missing:
            self.points_missing = str(missing)
        else:
            self.points_money = self.contract.currency.rounded(exact)

    def cap_all(self) -> None:
        """The caps of the contract, one after the other: each leaves what it has room for."""
        payable = self.total
        for cap in self.contract.caps:
            amount = self._amount_of(cap, None)
            room = self._room(cap, amount)
            if payable > room:
                why = Why.CAP_UNKNOWN if amount is None else Why.CAP
                self.withheld.append(Withheld(why, payable - room, cap=amount, limit=cap))
                payable = room
        self.after_caps = payable

    def payable(self) -> Decimal:
        """What of it is paid out: nothing below the smallest amount, nothing while the party is behind."""
        payable, smallest = self.after_caps, self.contract.smallest
        nothing = self.contract.currency.nothing
        if payable and self.contract.unpaid.intersection(months_of(self.window)):
            self.withheld.append(Withheld(Why.UNPAID, payable))
            return nothing
        if payable and smallest is not None and not smallest.allows(Fraction(payable)):
            self.withheld.append(Withheld(Why.SMALLEST, payable))
            return nothing
        return payable

    def _amount_of(self, cap: Cap, key: str | None) -> Decimal | None:
        """In money, the rest of a coin cut off; None where a fee is missing."""
        places = self.contract.currency.places
        if cap.amount is not None:
            return decimal_of(round_down(cap.amount, places), places)
        try:
            base = cap.base.amount(self.contract.fees, self.window, key)
        except FeeMissing:
            return None
        return decimal_of(round_down((cap.share or Fraction(0)) * base, places), places)


def _paid_before(contract: Contract, cap: Cap, window: Period, past: Sequence[Statement], line: Line | None) -> Decimal:
    """What earlier windows took of the cap: of the whole contract, or of the objective of a line."""
    since, nothing = _since(contract, cap, window), contract.currency.nothing
    if since is None:
        return nothing
    within = list(takewhile(lambda statement: statement.window.start >= since, reversed(past)))
    if line is None:
        return sum((statement.payable for statement in within), nothing)
    return sum((_of_line(statement, line.objective, line.key) for statement in within), nothing)


def _of_line(statement: Statement, objective: str, key: str | None) -> Decimal:
    credited = sum((line.money for line in statement.lines_of(objective, key)), Decimal(0))
    parts = (part.money for part in statement.withheld if (part.objective, part.key) == (objective, key))
    return credited - sum(parts, Decimal(0))


def _since(contract: Contract, cap: Cap, window: Period) -> date | None:
    """The first day of the windows that share the cap with this one; None where it counts by itself."""
    if cap.over is CapOver.ROLLING:
        return add_months(window.end, -cap.months)
    if cap.over is CapOver.YEAR:
        return WindowRule(YEAR, first_month=contract.window.first_month).holding(window.start, window.zone).start
    return None
