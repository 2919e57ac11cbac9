"""The chain behind a promise to a customer: what departments and vendors promised us of the same record, who of them
was late before the customer's promise was broken, and how much time is left. Pure.

Instants and lengths are whole ms. All time of the chain is measured as the customer's promise counts it: by its
calendar, and only while its clock ran. So the parts of a chain add up to what the promise used, to the millisecond.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Hands = tuple[str, str]
"""Who held the record, and of our own queue the id of its team."""
Span = tuple[int, int]
"""[start, end), epoch ms."""


class Stretch(NamedTuple):
    """[start, end) in which the customer's clock ran, in one hand."""

    start: int
    end: int
    hands: Hands


@dataclass(frozen=True, slots=True)
class Link:
    """One cycle of an OLA or an underpinning contract. `who` is the department or vendor that promised; `used_ms` is
    its own business time until it ended or until now. `ended_at` None: it goes on; `breached_at` None: it was never
    late, or it is excused. `ran` are the spans in which its clock ran, closed hours among them, in their order."""

    clock: str
    cycle: int
    who: str
    promised_ms: int
    used_ms: int
    started_at: int
    due_at: int | None
    ended_at: int | None
    breached_at: int | None
    ran: tuple[Span, ...]

    @property
    def kept_within(self) -> bool:
        """Whether it used no more than it had promised."""
        return self.used_ms <= self.promised_ms


@dataclass(frozen=True, slots=True)
class Chain:
    """One cycle of a promise to a customer, and the links of the same record. `stretches` are in their order, and
    `business_ms` is the business time between two instants on the calendar of this promise: it is additive."""

    breached_at: int | None
    stretches: Sequence[Stretch]
    links: Sequence[Link]
    business_ms: Callable[[int, int], int]


@dataclass(frozen=True, slots=True)
class Part:
    """Time that the promise used: under one link, or under none, in one hand; `late_ms` of it after the breach."""

    link: Link | None
    hands: Hands
    in_time_ms: int
    late_ms: int

    @property
    def ms(self) -> int:
        return self.in_time_ms + self.late_ms


class Why(StrEnum):
    """What a broken promise is put down to."""

    LATE_LINK = "late_link"
    CHAIN = "chain"  # no link was late: the chain does not fit
    HOLDER = "holder"  # nobody who promised was late in time: who had it longest


@dataclass(frozen=True, slots=True)
class LateLink:
    """A link that was late before the promise was broken. `overrun_ms` is how much of the promise's time it took beyond
    its own: none where the promise's clock stood still meanwhile."""

    link: Link
    overrun_ms: int


@dataclass(frozen=True, slots=True)
class Cause:
    """Of one broken promise. `late` are the late links, the earliest first, also those that took none of its time;
    `most` had it longest before the breach, None where nobody did."""

    why: Why
    late: tuple[LateLink, ...]
    most: Hands | None

    @property
    def first(self) -> LateLink | None:
        """The link that it is put down to: the earliest that took time."""
        return next((late for late in self.late if late.overrun_ms), None) if self.why is Why.LATE_LINK else None


def parts(chain: Chain) -> tuple[Part, ...]:
    """They sum to what the promise used. Time under several links counts for the one that began last: the narrowest."""
    sums: defaultdict[tuple[int | None, Hands, bool], int] = defaultdict(int)
    for piece in _pieces(chain):
        late = chain.breached_at is not None and piece.start >= chain.breached_at
        sums[_covering(chain.links, piece), piece.hands, late] += chain.business_ms(piece.start, piece.end)
    keys = dict.fromkeys((place, hands) for place, hands, _ in sums)
    found = [
        Part(None if place is None else chain.links[place], hands, sums[place, hands, False], sums[place, hands, True])
        for place, hands in keys
    ]
    return tuple(part for part in found if part.ms)


def cause(chain: Chain) -> Cause:
    """Who caused the breach. ValueError: there was none."""
    if chain.breached_at is None:
        raise ValueError("the promise was not broken")
    breached_at = chain.breached_at
    missed = [link for link in chain.links if link.breached_at is not None and link.breached_at < breached_at]
    ordered = sorted(missed, key=lambda link: (link.breached_at, link.started_at, link.clock, link.cycle))
    late = tuple(LateLink(link, overrun(chain, link)) for link in ordered)
    behind = [link for link in chain.links if link.started_at < breached_at]
    if any(each.overrun_ms for each in late):
        why = Why.LATE_LINK
    elif behind and not late and all(link.kept_within for link in behind):
        why = Why.CHAIN
    else:
        why = Why.HOLDER
    return Cause(why, late, _longest(parts(chain)))


def overrun(chain: Chain, link: Link) -> int:
    """How much of the promise's time passed while the link was late and its clock ran."""
    if link.breached_at is None:
        return 0
    late_at = link.breached_at
    spans = [(max(start, late_at), end) for start, end in link.ran if end > late_at]
    return sum(
        chain.business_ms(max(start, stretch.start), min(end, stretch.end))
        for start, end in spans
        for stretch in chain.stretches
        if start < stretch.end and stretch.start < end
    )


def still_promised(link: Link, now: int, business_ms: Callable[[int, int], int]) -> int:
    """What is left of a link that has not ended, in the time of the promise to the customer: up to its due instant;
    while that moves, because the link stands still, what it has left of its own."""
    if link.due_at is None:
        return max(link.promised_ms - link.used_ms, 0)
    return business_ms(now, link.due_at) if link.due_at > now else 0


def slack(left_ms: int, links: Iterable[Link], now: int, business_ms: Callable[[int, int], int]) -> int:
    """`left_ms`, the time left of a promise to a customer, less what the links that have begun and not ended may still
    use. They run side by side, so the longest counts; below 0 the promise is late even where they are kept."""
    going = [still_promised(link, now, business_ms) for link in links if link.ended_at is None]
    return left_ms - max(going, default=0)


def _pieces(chain: Chain) -> Iterator[Stretch]:
    """The stretches, cut where the breach was, and where the clock of a link began or stopped to run."""
    cuts = {at for link in chain.links for span in link.ran for at in span}
    if chain.breached_at is not None:
        cuts.add(chain.breached_at)
    for stretch in chain.stretches:
        inner = sorted(at for at in cuts if stretch.start < at < stretch.end)
        for start, end in pairwise([stretch.start, *inner, stretch.end]):
            yield Stretch(start, end, stretch.hands)


def _covering(links: Sequence[Link], piece: Stretch) -> int | None:
    """The place of the link that a piece counts for."""
    running = [
        place
        for place, link in enumerate(links)
        if any(start <= piece.start and piece.end <= end for start, end in link.ran)
    ]
    return max(running, key=lambda place: (links[place].started_at, links[place].clock, place), default=None)


def _longest(every: Iterable[Part]) -> Hands | None:
    """Who had it longest before the breach; where all of it came after, longest at all."""
    in_time: defaultdict[Hands, int] = defaultdict(int)
    whole: defaultdict[Hands, int] = defaultdict(int)
    for part in every:
        in_time[part.hands] += part.in_time_ms
        whole[part.hands] += part.ms
    sums = in_time if any(in_time.values()) else whole
    return min(sums, key=lambda hands: (-sums[hands], hands), default=None)
