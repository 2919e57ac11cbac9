"""From what was observed to one line of a statement: the figure, the remedies that it reaches, the credit."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from functools import partial
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from hubspot_sla.contract.fees import FeeMissing, Span
from hubspot_sla.contract.remedies import Reading, Unit
from hubspot_sla.contract.statement import Credit, Line, State
from hubspot_sla.contract.terms import Take

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.contract.remedies import Due
    from hubspot_sla.contract.statement import Observed, Statement
    from hubspot_sla.contract.terms import Contract, Objective
    from hubspot_sla.contract.windows import Covered
    from hubspot_sla.measure.periods import Period

ONE, NOTHING = Fraction(1), Fraction(0)


def line_of(
    contract: Contract,
    objective: Objective,
    key: str | None,
    covered: Covered,
    observed: Observed,
    past: Sequence[Statement],
) -> Line:
    """`past` are the statements of the windows before, oldest first and none left out. What a missing fee leaves open
    the line says."""
    measure, sample = objective.measure, observed.sample
    window = covered.part if contract.partial.measure_part else covered.window
    measured = measure.value(sample)
    everything = observed.everything
    line = Line(
        objective.id,
        key,
        window,
        State.NOT_MEASURED,
        sample,
        measured,
        unexcluded=measured if everything is None else measure.value(everything),
        money=contract.currency.nothing,
    )
    if measured is None:
        return line
    compared = measure.compared(measured)
    line = replace(line, compared=compared)
    if sample.number < objective.least_number or sample.total_ms < objective.least_ms:
        return replace(line, state=State.TOO_FEW)
    reading = Reading(compared, sample, window, _times_paid(objective, key, window, past))
    dues = [remedy.dues(reading) for remedy in objective.remedies]
    missed = any(dues) if objective.promised is None else compared not in objective.promised
    if objective.only_missed and not missed:
        dues = []
    line = replace(line, state=State.MISSED if missed else State.KEPT)
    before = partial(_states_before, objective.id, key, covered.window, past)
    if objective.from_misses and _misses_of_last(before(), objective.of_windows - 1) + missed < objective.from_misses:
        dues = []
    times = _times(objective, before()) if missed else ONE
    try:
        credit = [credit_of(contract, objective, key, covered, due, times) for of_one in dues for due in of_one]
    except FeeMissing as missing:
        return replace(line, missing=str(missing))
    return _taken(replace(line, times=times, credits=tuple(credit)), objective, dues)


def credit_of(
    contract: Contract, objective: Objective, key: str | None, covered: Covered, due: Due, times: Fraction
) -> Credit:
    """Raises FeeMissing."""
    unit, value = due.pay.unit, due.pay.value
    rate = None if value is None else value * times
    base, exact = None, NOTHING
    if rate is not None and unit is Unit.SHARE:
        base = base_of(contract, objective, key, covered, due)
        exact = rate * base
    elif rate is not None and unit is Unit.FEE_DAYS:
        base = base_of(contract, objective, key, covered, due) / _days(contract, objective, covered, due)
        exact = rate * base
    elif rate is not None and unit is Unit.MONEY:
        exact = rate
    return Credit(
        due,
        rate,
        base,
        exact,
        contract.currency.rounded(exact),
        (rate or NOTHING) if unit is Unit.POINTS else NOTHING,
        (rate or NOTHING) if unit is Unit.DAYS else NOTHING,
    )


def base_of(contract: Contract, objective: Objective, key: str | None, covered: Covered, due: Due) -> Fraction:
    """What a share is of: by the days of the part that is valid, where the contract does not say otherwise."""
    window = covered.window if due.on is None else _day(due, covered.window)
    amount = objective.base.amount(contract.fees, window, key)
    by_days = contract.partial.base_by_days and objective.base.span is Span.WINDOW and due.on is None
    return amount * covered.share if by_days else amount


def _days(contract: Contract, objective: Objective, covered: Covered, due: Due) -> int:
    """Over how many days the base is."""
    by_days = contract.partial.base_by_days and due.on is None
    window = covered.window if due.on is None else _day(due, covered.window)
    return objective.base.days(covered.part if by_days else window)


def _day(due: Due, window: Period) -> Period:
    assert due.on is not None  # noqa: S101 - its only caller asked
    return replace(window, start=due.on, end=due.on + timedelta(days=1))


def _taken(line: Line, objective: Objective, dues: Sequence[Sequence[Due]]) -> Line:
    """What of the line's credits is owed: the worst of its remedies, each unit by itself, or all."""
    sums, rest = [], list(line.credits)
    for of_one in dues:
        own, rest = rest[: len(of_one)], rest[len(of_one) :]
        sums.append(
            (
                sum((credit.money for credit in own), line.money),
                sum((credit.points for credit in own), NOTHING),
                sum((credit.days for credit in own), NOTHING),
            )
        )
    if not sums:
        return line
    money, points, days = zip(*sums, strict=True)
    if objective.take is Take.SUM:
        return replace(line, money=sum(money, line.money), points=sum(points, NOTHING), days=sum(days, NOTHING))
    return replace(line, money=max(money), points=max(points), days=max(days))


def _states_before(objective: str, key: str | None, window: Period, past: Sequence[Statement]) -> Iterator[State]:
    """How the same objective stood in each window before, the newest first: who asks stops where it knows enough."""
    lines = (line for statement in reversed(past) for line in statement.lines_of(objective, key))
    return (line.state for line in lines if line.window.end <= window.end)


def _misses_of_last(before: Iterable[State], windows: int) -> int:
    return sum(state is State.MISSED for state in islice(before, windows))


def _times(objective: Objective, before: Iterable[State]) -> Fraction:
    """How often a miss counts, by the number of misses directly before it. Windows that were not measured are passed
    over."""
    if not objective.repeat:
        return ONE
    measured = (state for state in before if state.is_measured)
    missed = takewhile(lambda state: state is State.MISSED, measured)
    in_a_row = sum(1 for _ in islice(missed, len(objective.repeat)))
    return objective.repeat[in_a_row - 1] if in_a_row else ONE


def _times_paid(objective: Objective, key: str | None, window: Period, past: Sequence[Statement]) -> int:
    """How often broken promises of this window have paid already, by their days."""
    within = takewhile(lambda statement: statement.window.end > window.start, reversed(past))
    return sum(
        credit.due.on is not None and window.start <= credit.due.on < window.end
        for statement in within
        for line in statement.lines_of(objective.id, key)
        for credit in line.credits
    )
