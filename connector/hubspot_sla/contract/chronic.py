"""How far a contract is from chronic failure: each of its rights, held against its statements."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from hubspot_sla.contract.fees import FeeMissing
from hubspot_sla.contract.statement import State
from hubspot_sla.measure.periods import add_months

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.contract.rights import Right
    from hubspot_sla.contract.statement import Line, Statement
    from hubspot_sla.contract.terms import Contract


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a right is: `reached` of `needed` windows, money or points. `needed` None: a fee is missing."""

    right: Right
    reached: Fraction
    needed: Fraction | None

    @property
    def holds(self) -> bool:
        if self.needed is None:
            return False
        strict = self.right.credits_over is not None
        return self.reached > self.needed if strict else self.reached >= self.needed


def standings(contract: Contract, statements: Sequence[Statement]) -> list[Standing]:
    """`statements` are oldest first, the newest that of the window asked about."""
    return [_standing(contract, right, statements) for right in contract.rights] if statements else []


def _standing(contract: Contract, right: Right, statements: Sequence[Statement]) -> Standing:
    since = add_months(statements[-1].window.end, -right.months)
    recent = [statement for statement in statements if statement.window.start >= since]
    if right.credits_over is not None:
        owed = sum((statement.owed for statement in recent), Decimal(0))
        return Standing(right, Fraction(owed), _most(contract, right, statements[-1]))
    if right.points is not None:
        return Standing(right, sum((statement.points for statement in recent), Fraction(0)), right.points)
    of = right.of * _windows_of_one(contract, right)
    number = sum(any(_counts(line, right) for line in each.lines) for each in statements[-of:])
    return Standing(right, Fraction(number), Fraction(right.misses))


def _windows_of_one(contract: Contract, right: Right) -> int:
    """How many windows of the contract one window of the right's objective takes: three months are a quarter, which has
    a line in the last of them."""
    if not right.objective:
        return 1
    own = contract.window_of(contract.objective(right.objective))
    return 1 if own.rolling else max(own.months // contract.window.months, 1)


def _counts(line: Line, right: Right) -> bool:
    if right.objective not in ("", line.objective):
        return False
    if right.figures is not None:
        return line.state.is_measured and line.compared is not None and line.compared in right.figures
    return line.state is State.MISSED


def _most(contract: Contract, right: Right, newest: Statement) -> Fraction | None:
    if right.credits_over is None or not right.share:
        return right.credits_over
    try:
        return right.credits_over * right.base.amount(contract.fees, newest.window)
    except FeeMissing:
        return None
