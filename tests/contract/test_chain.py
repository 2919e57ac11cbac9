"""Who caused the breach of a promise: by hand, and the laws that hold of every chain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.contract.chain import Chain, Link, Stretch, Why, cause, overrun, parts, slack, still_promised
from proof import examples

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HOUR = 3_600_000
DAY = 24 * HOUR
OURS, CUSTOMER = ("support", "7"), ("customer", "")


def always(start: int, end: int) -> int:
    return max(end - start, 0)


def office(start: int, end: int) -> int:
    """Nine to five every day."""
    days = range(start // DAY, end // DAY + 1)
    return sum(max(min(end, day * DAY + 17 * HOUR) - max(start, day * DAY + 9 * HOUR), 0) for day in days)


def link(
    who: str, began: float, ended: float | None, promised: float, *, late: float | None = None, until: float = 0
) -> Link:
    """Hours; one that goes on has run `until` now. `late` where it was late since another instant than its due one."""
    over = until if ended is None else ended
    due = began + promised
    breached = late if late is not None else (due if over > due else None)
    return Link(
        clock=f"uc:stage:{who}",
        cycle=1,
        who=who,
        promised_ms=round(promised * HOUR),
        used_ms=round((over - began) * HOUR),
        started_at=round(began * HOUR),
        due_at=round(due * HOUR),
        ended_at=None if ended is None else round(ended * HOUR),
        breached_at=None if breached is None else round(breached * HOUR),
        ran=((round(began * HOUR), round(over * HOUR)),),
    )


def chain(
    breached: float | None, held: Sequence[tuple[float, float, str]], *links: Link, business_ms: object = always
) -> Chain:
    stretches = [
        Stretch(round(start * HOUR), round(end * HOUR), OURS if who == "us" else (who, "")) for start, end, who in held
    ]
    return Chain(None if breached is None else round(breached * HOUR), stretches, links, business_ms)  # type: ignore[arg-type]


def hours(of: Chain) -> dict[tuple[str, str], tuple[float, float]]:
    """By link and holder: in time, late."""
    return {
        (part.link.who if part.link else "", part.hands[0]): (part.in_time_ms / HOUR, part.late_ms / HOUR)
        for part in parts(of)
    }


HELD = [(0, 1, "us"), (1, 4, "Billing"), (4, 11, "Bank")]
"""Of a promise of 8 hours: one hour ours, three Billing's, seven the bank's. Broken at 8."""


def test_the_earliest_late_link_caused_it_and_each_overrun_is_what_it_took_of_the_promise() -> None:
    """Billing promised 2 and had 3: late at 3, one hour over. The bank promised 3 and had 7: late at 7, four over, of
    which three after the breach."""
    found = chain(8, HELD, link("Bank", 4, 11, 3), link("Billing", 1, 4, 2))
    of = cause(found)
    assert (of.why, [(late.link.who, late.overrun_ms / HOUR) for late in of.late]) == (
        Why.LATE_LINK,
        [("Billing", 1), ("Bank", 4)],
    )
    assert of.first is not None
    assert of.first.link.who == "Billing"
    assert hours(found) == {("", "support"): (1, 0), ("Billing", "Billing"): (3, 0), ("Bank", "Bank"): (4, 3)}


def test_a_link_that_was_late_only_after_the_breach_or_with_it_did_not_cause_it() -> None:
    """The bank promised 4 and is late at 8, as the promise is: the bank used more than it promised, so the chain may
    fit. It had the record as long as Billing and we together."""
    found = chain(8, [(0, 4, "us"), (4, 11, "Bank")], link("Bank", 4, 11, 4))
    of = cause(found)
    assert (of.why, of.late, of.most) == (Why.HOLDER, (), ("Bank", ""))


def test_where_every_link_kept_its_promise_the_chain_does_not_fit() -> None:
    """Two and four hours are promised of eight; both are kept, and six hours are nobody's."""
    found = chain(
        8, [(0, 6, "us"), (6, 7, "Billing"), (7, 10.5, "Bank")], link("Billing", 6, 7, 2), link("Bank", 7, 10.5, 4)
    )
    assert (cause(found).why, cause(found).first) == (Why.CHAIN, None)
    assert hours(found)["", "support"] == (6, 0)


def test_where_nobody_had_promised_anything_whoever_had_it_longest_is_named() -> None:
    of = cause(chain(8, [(0, 5, "us"), (5, 11, "Bank")]))
    assert (of.why, of.most) == (Why.HOLDER, OURS)  # three hours of the bank's six came after the breach


def test_lateness_while_the_promise_stood_still_took_none_of_its_time() -> None:
    """The promise waited for the bank from 2 to 12, which promised 4: six hours late, and none of them counted."""
    found = chain(14, [(0, 2, "us"), (12, 18, "us")], link("Bank", 2, 12, 4))
    of = cause(found)
    assert [(late.link.who, late.overrun_ms) for late in of.late] == [("Bank", 0)]
    assert (of.why, of.first, of.most) == (Why.HOLDER, None, OURS)


def test_time_is_that_of_the_customers_promise_not_of_the_link() -> None:
    """Office hours of the promise: from Billing's lateness at 16:00 to 10:00 of the next day are two hours."""
    found = chain(32, [(9, 40, "Billing")], link("Billing", 9, 34, 7), business_ms=office)
    assert cause(found).late[0].overrun_ms == 2 * HOUR
    assert hours(found) == {("Billing", "Billing"): (8, 1), ("", "Billing"): (0, 6)}


def test_time_under_several_links_counts_for_the_one_that_began_last() -> None:
    whole, stage = link("Department", 0, 10, 6), link("Bank", 3, 5, 4)
    found = chain(8, [(0, 10, "us")], whole, stage)
    assert hours(found) == {("Department", "support"): (6, 2), ("Bank", "support"): (2, 0)}


def test_what_was_not_broken_has_no_cause() -> None:
    with pytest.raises(ValueError, match="was not broken"):
        cause(chain(None, HELD))


@pytest.mark.parametrize(
    ("left", "links", "now", "expected"),
    [
        (5, [], 3, 5),
        (5, [link("Bank", 2, None, 4, until=3)], 3, 2),  # due at 6, three hours on
        (5, [link("Bank", 2, 3, 4)], 3, 5),  # ended: it uses nothing more
        (5, [link("Bank", 2, None, 4, until=9)], 9, 5),  # past its due: nothing of its promise is left
        (5, [link("Bank", 2, None, 4, until=3), link("Billing", 1, None, 8, until=3)], 3, -1),  # the longer one
        (-1, [link("Bank", 2, None, 4, until=3)], 3, -4),
    ],
)
def test_slack_is_the_time_left_less_what_open_links_may_still_use(
    left: float, links: list[Link], now: float, expected: float
) -> None:
    assert slack(round(left * HOUR), links, now * HOUR, always) == expected * HOUR


def test_a_link_that_stands_still_may_still_use_what_it_has_left() -> None:
    paused = replace(link("Bank", 2, None, 4, until=3), due_at=None)
    assert still_promised(paused, 50 * HOUR, always) == 3 * HOUR


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    """Whole seconds: a promise held in turns, with pauses between them, and links anywhere beside it."""
    marks = sorted(draw(st.sets(st.integers(0, 400_000), min_size=2, max_size=9)))
    hands = draw(st.lists(st.sampled_from(["us", "Bank", "Billing", ""]), min_size=len(marks), max_size=len(marks)))
    seconds = list(zip(marks, marks[1:], hands, strict=False))
    held = [Stretch(1000 * start, 1000 * end, (who, "")) for start, end, who in seconds if who]
    links = [draw(one_link(number)) for number in range(draw(st.integers(0, 4)))]
    breached = draw(st.integers(marks[0], marks[-1]))
    return Chain(1000 * breached, held, links, draw(st.sampled_from([always, office])))


@st.composite
def one_link(draw: st.DrawFn, number: int) -> Link:
    marks = sorted(draw(st.sets(st.integers(0, 400_000), min_size=2, max_size=4)))
    spans = tuple((1000 * start, 1000 * end) for start, end in zip(marks[::2], marks[1::2], strict=False))
    promised = draw(st.integers(0, 200_000))
    late = 1000 * (marks[0] + promised)
    used = sum(end - start for start, end in spans)
    over = 1000 * marks[-1]
    breached = late if late < over else None
    return Link(
        f"uc:stage:{number}", 1, str(number), 1000 * promised, used, 1000 * marks[0], late, over, breached, spans
    )


def lengths(stretches: Iterable[Stretch], of: Chain) -> int:
    return sum(of.business_ms(each.start, each.end) for each in stretches)


@examples(60)
@given(of=chains())
def test_the_parts_sum_to_what_the_promise_used_and_those_in_time_to_what_it_used_before_the_breach(of: Chain) -> None:
    assert of.breached_at is not None
    before = [each._replace(end=min(each.end, of.breached_at)) for each in of.stretches if each.start < of.breached_at]
    every = parts(of)
    assert sum(part.ms for part in every) == lengths(of.stretches, of)
    assert sum(part.in_time_ms for part in every) == lengths(before, of)


@examples(60)
@given(of=chains(), more=st.integers(1, 100_000))
def test_more_overrun_never_takes_the_cause_off_a_link(of: Chain, more: int) -> None:
    """Whether it ends later or was late earlier."""
    first = cause(of).first
    if first is None:
        return
    (*before, (start, end)) = first.link.ran
    longer = replace(first.link, ran=(*before, (start, end + 1000 * more)))
    earlier = replace(first.link, breached_at=max((first.link.breached_at or 0) - 1000 * more, 0))
    for worse in (longer, earlier):
        other = replace(of, links=[worse if each is first.link else each for each in of.links])
        again = cause(other)
        assert again.why is Why.LATE_LINK
        assert worse in [late.link for late in again.late if late.overrun_ms >= first.overrun_ms]
        assert again.first is not None
        assert again.first.link is worse


@examples(60)
@given(of=chains(), data=st.data())
def test_causes_stand_in_the_order_in_which_they_were_late_whatever_the_order_of_the_links(
    of: Chain, data: st.DataObject
) -> None:
    assert of.breached_at is not None
    shuffled = replace(of, links=data.draw(st.permutations(list(of.links))))
    late = cause(of).late
    assert cause(shuffled) == cause(of)
    instants = [each.link.breached_at or 0 for each in late]
    assert instants == sorted(instants)
    assert all(at < of.breached_at for at in instants)
    assert all(each.overrun_ms == overrun(of, each.link) <= lengths(of.stretches, of) for each in late)
