"""The laws of contracts, on contracts made at random: for one window, before memory and caps, and over a history."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from contract.made_contracts import (
    OCTOBER,
    caps,
    contract,
    objectives,
    outage_objectives,
    outages_of,
    promises,
    settled_once,
    uptime_objective,
)
from hubspot_sla.clock.intervals import merged
from hubspot_sla.contract.money import Rounding
from hubspot_sla.contract.outages import Exclusion, Outage, down_time, in_whole
from hubspot_sla.contract.review import Odd, findings
from hubspot_sla.contract.sample import Sample
from hubspot_sla.contract.settlement import settled
from hubspot_sla.contract.statement import Observed
from hubspot_sla.contract.terms import CapOver, Objective, Smallest
from hubspot_sla.measure.periods import add_months, month_of
from proof import examples

DAY_MS = 86_400_000


def lawful(objective: Objective) -> bool:
    return not any(finding.breaks_the_laws for finding in findings(contract(objective)))


@given(objectives, st.integers(1, 30), st.data())
@examples(150)
def test_a_missed_promise_turned_into_a_kept_one_never_raises_a_credit(
    objective: Objective, number: int, data: st.DataObject
) -> None:
    assume(lawful(objective))
    bad = data.draw(st.integers(1, number))
    one = contract(objective)
    worse = settled_once(one, promises(number - bad, bad))
    better = settled_once(one, promises(number - bad + 1, bad - 1))
    assert better.payable <= worse.payable


@given(st.integers(1, 20), st.integers(0, 100), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=5))
@examples(100)
def test_a_longer_outage_never_lowers_a_credit(factor: int, allowed: int, hours: list[tuple[int, int]]) -> None:
    one = contract(uptime_objective(factor, Fraction(allowed, 1000)))
    total = OCTOBER.end_at - OCTOBER.start_at
    outages = tuple((OCTOBER.start_at + min(pair) * DAY_MS, OCTOBER.start_at + max(pair) * DAY_MS) for pair in hours)
    longer = tuple((start, end + 1) for start, end in outages)
    short, long = (settled_once(one, Sample(total_ms=total, down=down)) for down in (outages, longer))
    assert short.payable <= long.payable


@given(outage_objectives, st.lists(st.integers(1, 900), min_size=2, max_size=5), st.integers(1, 300))
@examples(60)
def test_outages_that_become_one_never_lower_a_credit(objective: Objective, minutes: list[int], gap: int) -> None:
    """The first two of them, with what lay between; else the linter has figures that show it."""
    one = contract(objective)

    def cost(*lengths: int, between: int = gap) -> Decimal:
        return settled_once(one, outages_of(objective, lengths, between)).payable

    found = [finding for finding in findings(one) if finding.breaks_the_laws]
    if not found:
        assert cost(*minutes) <= cost(sum(minutes[:2]) + gap, *minutes[2:])
    for finding in found:
        figures = [int(figure) // (60_000 if finding.of_lengths else 1) for figure in finding.figures]
        if finding.odd is Odd.BRIDGED and finding.of_lengths:
            assert cost(*figures[:2], between=1) >= cost(figures[2])  # to the cent they may be the same
        elif finding.odd is Odd.BRIDGED:
            assert cost(*[1] * figures[0]) > cost(*[9] * figures[1])


@given(st.lists(st.integers(1, 600_000), max_size=6), st.integers(1, 90_000), st.sampled_from(Rounding))
@examples(60)
def test_a_whole_outage_is_within_one_step_of_its_length(lengths: list[int], step: int, rounding: Rounding) -> None:
    every = [Outage(number * DAY_MS, number * DAY_MS + length) for number, length in enumerate(lengths)]
    whole = {each.start_at: each.end_at - each.start_at for each in in_whole(every, step, rounding)}
    for outage in every:
        exact, counts = outage.end_at - outage.start_at, whole.get(outage.start_at, 0)
        assert counts % step == 0
        assert {Rounding.DOWN: 0 <= exact - counts < step, Rounding.UP: 0 <= counts - exact < step}.get(
            rounding, abs(counts - exact) * 2 <= step
        )


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(1, 40), st.booleans()), max_size=6), st.data())
@examples(60)
def test_only_hours_count_and_what_is_outside_uses_up_no_allowance(
    rows: list[tuple[int, int, bool]], data: st.DataObject
) -> None:
    """Minute by minute: what is down in the hours, less the first minutes of maintenance in them."""
    opened = data.draw(st.frozensets(st.integers(0, 99)))
    most = data.draw(st.integers(0, 50))
    every = [Outage(start, start + length, "planned" if planned else "") for start, length, planned in rows]
    hours = merged((minute, minute + 1) for minute in opened)
    found = down_time(every, [Exclusion("planned", most_ms=most)], (0, 100), {}, hours)
    down = {minute for start, length, _ in rows for minute in range(start, start + length)} & opened
    blamed = {minute for start, length, planned in rows if not planned for minute in range(start, start + length)}
    planned = {minute for start, length, planned in rows if planned for minute in range(start, start + length)}
    left_out = set(sorted(planned & opened)[:most]) - blamed
    assert {minute for start, end in found.counted for minute in range(start, end)} == down - left_out
    assert {minute for start, end in found.all for minute in range(start, end)} == down
    assert sum(length for _, length in found.excluded) == len(left_out)


@given(objectives, st.integers(0, 9), st.integers(1, 9), st.integers(0, 600), st.integers(0, 600))
@examples(60)
def test_a_promise_that_is_kept_later_never_lowers_a_credit(
    objective: Objective, good: int, bad: int, minutes: int, more: int
) -> None:
    one = contract(objective)
    assume(not any(finding.of_lengths for finding in findings(one)))
    soon, late = (settled_once(one, promises(good, bad, each * 60_000)) for each in (minutes, minutes + more))
    assert soon.payable <= late.payable


@given(objectives, st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=5))
@examples(100)
def test_splitting_the_promises_of_a_window_over_files_changes_nothing(
    objective: Objective, parts: list[tuple[int, int]]
) -> None:
    one = contract(objective)
    whole = promises(sum(good for good, _ in parts), sum(bad for _, bad in parts))
    for order in (parts, parts[::-1]):
        joined = sum((promises(*part) for part in order), Sample())
        assert settled_once(one, joined) == settled_once(one, whole)


@given(
    objectives,
    st.lists(caps, min_size=1, max_size=2),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), min_size=1, max_size=15),
)
@examples(100)
def test_over_a_whole_history_no_sum_exceeds_a_cap_and_every_cent_is_accounted_for(
    objective: Objective, limits: list, months: list[tuple[int, int]]
) -> None:
    one = replace(contract(objective), caps=tuple(limits), smallest=Smallest(Fraction(1), over=True))
    past = []
    for number, (good, bad) in enumerate(months):
        window = month_of(add_months(OCTOBER.start, number), OCTOBER.zone)
        past.append(settled_once(one, promises(good, bad), window, past))
    for cap in limits:
        for last in past:
            since = {
                CapOver.WINDOW: last.window.start,
                CapOver.YEAR: last.window.start.replace(month=1),
                CapOver.ROLLING: add_months(last.window.end, -cap.months),
            }[cap.over]
            within = [each.payable for each in past if since <= each.window.start <= last.window.start]
            assert sum(within, Decimal(0)) <= cap.amount
    for each in past:
        assert each.payable + sum((part.money for part in each.withheld), Decimal(0)) == each.owed


@given(objectives, st.integers(0, 30), st.integers(0, 30))
@examples(100)
def test_money_is_decimal_to_the_cent_and_the_same_every_time(objective: Objective, good: int, bad: int) -> None:
    one = contract(objective, fee="999.99")
    evidence = {("kept", None): Observed(promises(good, bad))}
    first, second = (settled(one, OCTOBER, evidence, ()) for _ in range(2))
    assert first == second
    assert all(isinstance(money, Decimal) and money.as_tuple().exponent == -2 for money in (first.owed, first.payable))
    for line in first.lines:
        for credit in line.credits:
            assert credit.money - Decimal("0.005") <= Decimal(credit.exact.numerator) / credit.exact.denominator
