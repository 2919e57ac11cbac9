"""Conditions of `--fail-if`: `attainment(gold, resolution) < 95%`, and what they come to.

A bare word is looked for in `BARE`, and the first dimension in which any cycle has it is meant; `team=Billing` names
the dimension. What is counted is what the new mappings make of the cycles.
"""

from __future__ import annotations

import csv
import operator
import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from hubspot_sla.contract.terms import Side
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.reporting.outcome_values import checked_words, value_of
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hubspot_sla.flows.reporting.outcome_values import Names
    from hubspot_sla.flows.simulation.credited import Credited
    from hubspot_sla.measure.outcome import Outcome
    from hubspot_sla.measure.simulation import Compared
    from hubspot_sla.plan.records import RecordRef

BARE: Final = ("tier", "metric", "policy", "customer", "priority", "kind", "agreement")
"""The dimensions in which a word that stands alone is looked for, in this order."""
_FORM: Final = re.compile(r"\s*(\w+)\s*\((.*)\)\s*(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?)\s*(%|[A-Z]{3})?\s*", re.DOTALL)
_COMPARE: Final[dict[str, Callable[[Fraction, Fraction], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
SHARES: Final = ("attainment", "change")
NUMBERS: Final = ("broken", "kept")
MONEY: Final = ("credits", "credits_change")
"""What contracts come to; their word is a contract or a party."""
_EXAMPLE: Final = (
    "write 'attainment(gold, resolution) < 95%', 'change(gold) < -1%', 'broken(gold) > 10' or"
    " 'credits(acme) > 1000 EUR'"
)


@dataclass(frozen=True, slots=True)
class Condition:
    """`figure` of the cycles that all of `parts` mean; each part is (dimension, value), the dimension "" for a bare
    word. `limit` of a share is from 0 to 1, of money in `currency`; "" where the figure is none."""

    text: str
    figure: str
    parts: tuple[tuple[str, str], ...]
    sign: str
    limit: Fraction
    currency: str = ""

    def value(self, compared: Compared) -> Fraction | None:
        """None where the figure is of nothing."""
        if self.figure == "attainment":
            return compared.after.attainment
        if self.figure == "change":
            return compared.change
        return Fraction(compared.broken if self.figure == "broken" else compared.kept)

    def holds(self, value: Fraction) -> bool:
        return _COMPARE[self.sign](value, self.limit)


def parsed_condition(text: str, properties: Sequence[str]) -> Condition:
    """Raises UsageProblem."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise UsageProblem(f"--fail-if {text!r} is no condition", remedy=_EXAMPLE)
    figure, inner, sign, number, unit = match.groups(default="")
    known = (*SHARES, *NUMBERS, *MONEY)
    if figure not in known:
        raise UsageProblem(
            f"--fail-if knows no figure {figure!r}", remedy=nearest(figure, known) or f"there are {', '.join(known)}"
        )
    _check_unit(text, figure, unit)
    limit = Fraction(number) / (100 if unit == "%" else 1)
    if figure in MONEY:
        words = [part.strip() for part in next(csv.reader([inner], skipinitialspace=True), [])]
        if len(words) > 1:
            raise UsageProblem(f"--fail-if {text!r}: {figure} is of one contract or party, or of all", remedy=_EXAMPLE)
        return Condition(text.strip(), figure, tuple(("", word) for word in words if word), sign, limit, unit)
    return Condition(text.strip(), figure, tuple(_parts(text, inner, properties)), sign, limit)


def _check_unit(text: str, figure: str, unit: str) -> None:
    if figure in SHARES:
        wanted, is_right = "compared with a percentage: 95%", unit == "%"
    elif figure in NUMBERS:
        wanted, is_right = "compared with a number, without %", not unit
    else:
        wanted, is_right = "compared with money: 1000 EUR", unit not in ("", "%")
    if not is_right:
        raise UsageProblem(f"--fail-if {text!r}: {figure} is {wanted}", remedy=_EXAMPLE)


def _parts(text: str, inner: str, properties: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Values with a comma in them stand in quotes."""
    for written in next(csv.reader([inner], skipinitialspace=True), []):
        word, sign, value = (part.strip() for part in written.partition("="))
        if not (value if sign else word):
            raise UsageProblem(f"--fail-if {text!r} has an empty word", remedy=_EXAMPLE)
        if sign:
            checked_words([word], properties)
        yield (word, value) if sign else ("", word)


Meaning = tuple[tuple[str, ...], ...]
"""For each part of a condition, the dimensions in which one cycle has its value."""


def meaning(condition: Condition, ref: RecordRef, outcome: Outcome, names: Names) -> Meaning:
    """What the parts of a condition mean for one cycle; a part that means nothing there has no dimension."""
    return tuple(
        tuple(name for name in ((word,) if word else BARE) if value in names.all(name, value_of(name, ref, outcome)))
        for word, value in condition.parts
    )


def chosen(meanings: Iterable[Meaning]) -> tuple[str, ...]:
    """The dimension of each part: of those in which any cycle has its value the first in the order of `BARE`; "" where
    none has."""
    found: list[set[str]] = []
    for of_cycle in meanings:
        found = found or [set() for _ in of_cycle]
        for words, dimensions in zip(found, of_cycle, strict=True):
            words.update(dimensions)
    return tuple(min(words, key=_place, default="") for words in found)


def _place(word: str) -> tuple[int, str]:
    return (BARE.index(word) if word in BARE else len(BARE)), word


def is_meant(of_cycle: Meaning, dimensions: Sequence[str]) -> bool:
    """Whether the cycle has the value of every part in the dimension that was chosen for it."""
    return all(dimension in words for words, dimension in zip(of_cycle, dimensions, strict=True))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one condition. `n` are the cycles judged by the new mappings; `held` is None where it cannot be
    said, and `why_not` says why; `amount` is the value of money."""

    condition: Condition
    value: Fraction | None
    n: int
    held: bool | None
    why_not: str = ""
    amount: Decimal | None = None


def answered(condition: Condition, compared: Compared | None, min_n: int) -> Answer:
    """`compared` is None where no cycle at all is meant."""
    if compared is None:
        return Answer(condition, None, 0, None, "it names nothing that was ever promised")
    n, value = compared.after.judged, condition.value(compared)
    if n < min_n:
        return Answer(condition, value, n, None, f"it rests on n = {n}, fewer than {min_n}")
    if value is None:
        return Answer(condition, None, n, None, "there is nothing to compare with")
    return Answer(condition, value, n, condition.holds(value))


def answered_by_contracts(condition: Condition, credited: Sequence[Credited], min_n: int) -> Answer:
    """Of what we owe to customers where no contract or party is named."""
    words = [word.casefold() for _, word in condition.parts]
    named = [row for row in credited if (row.is_called(words[0]) if words else row.side is Side.CUSTOMER)]
    if not named:
        return Answer(condition, None, 0, None, "it names no contract and no party of one")
    n = sum(0 if row.after is None else row.after.promises for row in named)
    others = sorted({row.currency for row in named} - {condition.currency})
    if others:
        why_not = f"amounts in {', '.join(others)} are not counted in {condition.currency}: name one contract"
        return Answer(condition, None, n, None, why_not)
    missing = [text for row in named for side in (row.before, row.after) if side is not None for text in side.missing]
    if missing:
        return Answer(condition, None, n, None, f"the credits are not whole: {missing[0]}")
    amount = sum((row.change if condition.figure == "credits_change" else row.payable for row in named), Decimal(0))
    value = Fraction(amount)
    if n < min_n:
        return Answer(condition, value, n, None, f"it rests on n = {n}, fewer than {min_n}", amount)
    return Answer(condition, value, n, condition.holds(value), amount=amount)
