"""Rungs of contracts: which of them are reached now, by how a contract stands and by the days that come up.

Pure. A rung fires while what it hangs on is so, unless its key is settled: once for each entry into a state, once for
each day. Of several rungs before one day that are reached together the nearest to the day fires, the others are passed
by: nobody is told twice of one day at one look. What was so before go-live is passed by.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from hubspot_sla.plan.ladder import Outcome, Reached

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.plan.records import RecordRef
    from hubspot_sla.plan.rung_context import RungAction

CONTRACTS: Final = "contracts"
"""The object type of a party that HubSpot has no company for: its record goes by the id of the contract."""
LADDER: Final = "contracts"
BEFORE_GO_LIVE: Final = "it was so before go-live"
NEARER: Final = "a rung that is nearer to the day was reached with it"
PREFIX: Final = "contract:"
_DAY: Final = timedelta(days=1)
_FURTHEST_DAYS: Final = 1_000


class Place(StrEnum):
    """What a rung of a contract hangs on: a state, or a day that comes up."""

    AT_RISK = "at_risk"
    BELOW = "below"
    CHRONIC = "chronic"
    TERMINABLE = "terminable"
    CLAIM_CLOSES = "claim_closes"
    ANSWER_DUE = "answer_due"
    PAYMENT_DUE = "payment_due"
    NOTICE_ENDS = "notice_ends"
    DATE = "date"
    CONTRACT_ENDS = "contract_ends"

    @property
    def is_state(self) -> bool:
        return self in _STATES


_STATES: Final = (Place.AT_RISK, Place.BELOW, Place.CHRONIC, Place.TERMINABLE)


@dataclass(frozen=True, slots=True)
class Before:
    """How long before a day: one of `days`, `business_days`, `months`; all 0 is the day itself. Business days count on
    `calendar`, None: on the one that the claim names."""

    days: int = 0
    business_days: int = 0
    months: int = 0
    calendar: Calendar | None = None

    def first_day(self, day: date, own: Calendar | None) -> date:
        """The first day from which no more than that is left to `day`, which counts itself among business days. `own`
        is the calendar that the claim names. Without any calendar business days are days."""
        if self.months:
            return _months_before(day, self.months)
        calendar = self.calendar or own
        if not self.business_days or calendar is None:
            return day - timedelta(days=self.days or self.business_days)
        first, left = day, self.business_days - bool(calendar.open_on(day))
        for _ in range(_FURTHEST_DAYS):
            earlier = first - _DAY
            left -= bool(calendar.open_on(earlier))
            if left < 0:
                break
            first = earlier
        return first


@dataclass(frozen=True, slots=True)
class ContractRung:
    """`name` is stable, `level` its place in the ladder, from 1."""

    name: str
    level: int
    place: Place
    before: Before
    actions: tuple[RungAction, ...]


@dataclass(frozen=True, slots=True)
class ContractLadder:
    """For the contracts of these ids, all where there are none; `side` is `customer` or `vendor`, "" for both."""

    rungs: tuple[ContractRung, ...]
    contracts: tuple[str, ...] = ()
    side: str = ""

    def is_for(self, contract: str, side: str) -> bool:
        return (not self.contracts or contract in self.contracts) and self.side in ("", side)


def ladder_for(ladders: Iterable[ContractLadder], contract: str, side: str) -> ContractLadder | None:
    """The first that is for it."""
    return next((ladder for ladder in ladders if ladder.is_for(contract, side)), None)


@dataclass(frozen=True, slots=True)
class Occasion:
    """What is so of a contract now: `subject` (an objective, a right, a date) is in the state `place` since the window
    `window` began, or ended `ended_at`; or the day `day` comes up, that of `window`. `record` is where its tasks lie,
    `due_at` until when something is to be done (epoch ms). `headline` and `lines` say it in the language of the
    portal, `details` how to look it up."""

    contract: str
    record: RecordRef
    place: Place
    subject: str
    window: str
    today: date
    due_at: int
    day: date | None = None
    calendar: Calendar | None = None
    ended_at: int | None = None
    name: str = ""
    headline: str = ""
    lines: tuple[str, ...] = ()
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SettledContractRung:
    """A rung that was reached, and what was made of it."""

    occasion: Occasion
    rung: ContractRung
    reached: Reached


def contract_rung_key(occasion: Occasion, rung: ContractRung) -> str:
    return rung_key_of(occasion.contract, occasion.subject, occasion.window, rung.name)


def rung_key_of(contract: str, subject: str, window: str, rung: str) -> str:
    """It stands for ever: in the ledger, in the outbox, and on tasks in HubSpot."""
    return f"{PREFIX}{contract}:{subject}:{window}:{rung}"


def rung_of_key(ladder: ContractLadder, contract: str, key: str) -> tuple[ContractRung, str, str] | None:
    """The rung of a ladder that a key is of, with its subject and window; None: the ladder has it no more, or the key
    is of another contract."""
    start = f"{PREFIX}{contract}:"
    for rung in ladder.rungs:
        if key.startswith(start) and key.endswith(f":{rung.name}"):
            subject, _, window = key.removeprefix(start).removesuffix(f":{rung.name}").rpartition(":")
            if subject:
                return rung, subject, window
    return None


def reached_rungs(ladder: ContractLadder, occasion: Occasion) -> Iterator[ContractRung]:
    """Those that hang on it and are reached, in the order of the ladder."""
    for rung in ladder.rungs:
        if rung.place is not occasion.place:
            continue
        day = occasion.day
        if day is None or rung.before.first_day(day, occasion.calendar) <= occasion.today <= day:
            yield rung


def contract_rungs(
    ladder: ContractLadder, occasions: Sequence[Occasion], settled: Collection[str], go_live_at: int, now: int
) -> list[SettledContractRung]:
    """What is new; `settled` are the keys of all rungs that were reached before."""
    news: list[SettledContractRung] = []
    for occasion in occasions:
        keys = set(settled) | {each.reached.key for each in news}
        found = [rung for rung in reached_rungs(ladder, occasion) if contract_rung_key(occasion, rung) not in keys]
        nearest = _nearest(found, occasion)
        for rung in found:
            reason = ""
            if occasion.ended_at is not None and occasion.ended_at <= go_live_at:
                reason = BEFORE_GO_LIVE
            elif nearest is not None and rung is not nearest:
                reason = NEARER
            news.append(SettledContractRung(occasion, rung, _reached(occasion, rung, reason, now)))
    return news


def _nearest(found: Sequence[ContractRung], occasion: Occasion) -> ContractRung | None:
    """To the day; the last in the ladder of those that are equally near."""
    day = occasion.day
    if day is None or not found:
        return None
    return max(found, key=lambda rung: (rung.before.first_day(day, occasion.calendar), rung.level))


def _reached(occasion: Occasion, rung: ContractRung, reason: str, now: int) -> Reached:
    return Reached(
        key=contract_rung_key(occasion, rung),
        record=occasion.record,
        clock=f"{PREFIX}{occasion.contract}:{occasion.subject}",
        cycle=1,
        ladder=LADDER,
        rung=rung.name,
        nth=1,
        level=rung.level,
        outcome=Outcome.SKIPPED if reason else Outcome.FIRED,
        due_at=now if occasion.ended_at is None else min(now, occasion.ended_at),
        at=now,
        reason=reason,
    )


def _months_before(day: date, months: int) -> date:
    """The same day so many months before; the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = following - _DAY
    return last.replace(day=min(day.day, last.day))
