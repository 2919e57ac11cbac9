"""contracts.yaml compiled: each version of each contract, and where what it measures comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from hubspot_sla.contract import fees as of_fees
from hubspot_sla.contract.claims import ClaimTerms, Since
from hubspot_sla.contract.deadlines import Deadline
from hubspot_sla.contract.fees import Fee, FeeEntry
from hubspot_sla.contract.key_dates import NO_NOTICE, KeyDate, Notice
from hubspot_sla.contract.money import Currency, Rounding
from hubspot_sla.contract.outages import Exclusion
from hubspot_sla.contract.remedies import Linear, Unit
from hubspot_sla.contract.rights import Right
from hubspot_sla.contract.terms import (
    Cap,
    CapOver,
    Contract,
    Group,
    Objective,
    Partial,
    Party,
    PointsTerms,
    Side,
    Smallest,
    Take,
)
from hubspot_sla.contract.windows import WindowRule
from hubspot_sla.measure.periods import add_months
from hubspot_sla.policy.compile_remedies import bands_of, measure_of, remedies_of
from hubspot_sla.policy.written_contracts import Contracts, FeedPlace, Source, WrittenContract

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.policy.contract_documents import (
        BaseSection,
        CapSection,
        ClaimSection,
        ContractSection,
        ContractsFile,
        DeadlineSection,
        ExclusionSection,
        FeeSection,
        ObjectiveSection,
        PointsSection,
        RightSection,
        WindowSection,
    )
    from hubspot_sla.policy.yaml_document import Document

MONTHS: Final = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
_PLACES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
PLACES: Final = {code: places for places, codes in _PLACES.items() for code in codes.split()}
"""Decimals of a currency as ISO 4217 has them, where it is not 2."""


def compiled_contracts(document: Document, file: ContractsFile, calendars: Mapping[str, Calendar | None]) -> Contracts:
    """`file` has passed `contract_check`."""
    written = tuple(_Compiling(section, number, calendars).contract() for number, section in enumerate(file.contracts))
    return Contracts(
        written,
        {name: FeedPlace(feed.csv or "", feed.http or "", feed.token or "") for name, feed in file.feeds.items()},
        file.company_properties,
        document,
    )


def currency_of(code: str) -> Currency:
    return Currency(code.upper(), PLACES.get(code.upper(), 2))


def window_rule(months: int, section: ContractSection) -> WindowRule:
    return WindowRule(months, first_month=section.year_begins)


@dataclass(frozen=True)
class _Compiling:
    """One entry of the file."""

    section: ContractSection
    number: int
    calendars: Mapping[str, Calendar | None]

    def contract(self) -> WrittenContract:
        section = self.section
        terms = Contract(
            id=section.id,
            party=self._party(),
            zone=ZoneInfo(section.timezone),
            currency=currency_of(section.currency),
            window=window_rule(MONTHS[section.window], section),
            valid_from=section.valid_from,
            valid_to=section.valid_to,
            fees={name: _fee(name, fee) for name, fee in section.fees.items()},
            objectives=tuple(self._objective(objective) for objective in section.objectives),
            take=Take(section.take),
            groups=tuple(Group(tuple(group.of), Take(group.take)) for group in section.groups),
            caps=tuple(_cap(cap) for cap in section.caps),
            smallest=self._smallest(),
            points=None if section.points is None else _points(section.points),
            claim=self._claim(section.claim),
            rights=tuple(self._right(right) for right in section.rights),
            partial=Partial(section.partial.measure == "part", section.partial.base == "days"),
            unpaid=frozenset(section.eligible.unpaid if section.eligible.paid_up else ()),
            sole_remedy=section.sole_remedy,
            version=section.version,
            name=section.name or "",
            owner=section.owner or "",
        )
        return WrittenContract(
            terms,
            {objective.id: self._source(objective) for objective in section.objectives},
            self.number,
            frozenset(reason for each in section.exclusions for reason in each.waived or ()),
            tuple(_exclusion(each) for each in section.exclusions if each.outage is not None),
            tuple(self._date(number) for number in range(len(section.dates))),
            section.eligible.plan or "",
        )

    def _party(self) -> Party:
        if self.section.customer is not None:
            return Party(Side.CUSTOMER, self.section.customer)
        return Party(Side.VENDOR, self.section.vendor or "", self.section.vendor or "")

    def _objective(self, section: ObjectiveSection) -> Objective:
        measure, credit, whole = measure_of(section.measure), section.credit, section.measure.whole
        promised = None if section.promised is None else section.promised.span
        since = None if credit is None else credit.from_
        return Objective(
            id=section.id,
            measure=measure,
            promised=promised,
            remedies=() if credit is None else remedies_of(credit, measure, promised),
            take=Take.WORST if credit is None else Take(credit.take),
            only_missed=credit is not None and credit.only_missed,
            base=_base(section.base),
            window=self._window(section.window),
            least_number=section.least.promises or 0,
            least_ms=section.least.time.ms if section.least.time else 0,
            least_outage_ms=section.least.outage.ms if section.least.outage else 0,
            each=section.each or "",
            repeat=tuple(Fraction(times) for times in section.repeat),
            from_misses=0 if since is None else since.misses,
            of_windows=0 if since is None else since.of,
            whole=None if whole is None else (whole.step.ms, Rounding(whole.round)),
            caps=tuple(_cap(cap) for cap in section.caps),
            claim=None if section.claim is None else self._claim(section.claim),
            name=section.name or "",
        )

    def _source(self, section: ObjectiveSection) -> Source:
        measure = section.measure
        name = measure.hours or measure.outside
        return Source(
            measure.metrics,
            measure.when,
            measure.only_late,
            measure.feed,
            None if name is None else self.calendars[name],
            measure.outside is not None,
            measure.time == "calendar",
        )

    def _window(self, section: WindowSection | None) -> WindowRule | None:
        if section is None:
            return None
        if section.last_months is not None:
            return WindowRule(section.last_months, rolling=True)
        return window_rule(MONTHS[section.every or "month"], self.section)

    def _smallest(self) -> Smallest | None:
        section = self.section.smallest
        if section is None:
            return None
        if section.over is not None:
            return Smallest(section.over, over=True)
        return Smallest(section.at_least or Fraction(0))

    def _claim(self, section: ClaimSection) -> ClaimTerms:
        return ClaimTerms(
            automatic=section.automatic,
            closes=self._deadline(section.closes),
            since=Since(section.since),
            review_after=self._deadline(section.review),
            reviews=section.reviews,
            evidence=section.evidence or "",
            answer=self._deadline(section.answer),
            pay=self._deadline(section.pay),
        )

    def _deadline(self, section: DeadlineSection | None) -> Deadline | None:
        if section is None:
            return None
        calendar = None if section.calendar is None else self.calendars[section.calendar]
        days, months = section.days or 0, section.months or 0
        return Deadline(days, section.business_days or 0, months, section.billing_cycles or 0, calendar)

    def _right(self, section: RightSection) -> Right:
        credit = section.credits
        return Right(
            action=section.action,
            objective=section.objective or "",
            misses=section.misses or 0,
            of=section.of or section.misses or 0,
            figures=None if section.figures is None else section.figures.span,
            credits_over=None if credit is None else credit.over.value,
            share=credit is not None and credit.over.unit is Unit.SHARE,
            base=_base(None if credit is None else credit.base),
            points=None if section.points is None else Fraction(section.points),
            months=section.last_months,
            notice=self._deadline(section.notice),
            cure=self._deadline(section.cure),
            name=section.name or "",
        )

    def _date(self, number: int) -> KeyDate:
        section = self.section.dates[number]
        notice = self._notice(section.notice)
        return KeyDate(section.what, section.on, section.every_months, notice, section.trigger or "")

    def _notice(self, section: DeadlineSection | None) -> Notice:
        before = self._deadline(section)
        if before is None:
            return NO_NOTICE
        return Notice(before.days, before.months, before.business_days, before.billing_cycles, before.calendar)


def _fee(name: str, section: FeeSection) -> Fee:
    months = MONTHS[section.per]
    if section.of is not None:
        return Fee(name, tuple(FeeEntry(amount, months, key=key) for key, amount in section.of.items()))
    if section.amounts is not None:
        return Fee(name, tuple(_entry(period, amount) for period, amount in section.amounts.items()))
    return Fee(name, (FeeEntry(section.amount or Fraction(0), months),))


def _entry(period: str, amount: Fraction) -> FeeEntry:
    """`2026-10`, `2026-Q4`, `2026`: the amount of the whole of it."""
    year, rest = int(period[:4]), period[5:]
    if not rest:
        since, months = date(year, 1, 1), 12
    elif rest.startswith("Q"):
        since, months = date(year, 3 * int(rest[1]) - 2, 1), 3
    else:
        since, months = date(year, int(rest), 1), 1
    return FeeEntry(amount, months, since, add_months(since, months))


def _base(section: BaseSection | None) -> of_fees.Base:
    return (
        of_fees.ALL_FEES
        if section is None
        else of_fees.Base(tuple(section.fees or ()), of_fees.Span(section.for_), section.take == "greatest")
    )


def _cap(section: CapSection) -> Cap:
    over = CapOver.ROLLING if section.over.last_months is not None else CapOver(section.over.each or "window")
    is_share = section.most.unit is Unit.SHARE
    return Cap(
        over,
        None if is_share else section.most.value,
        section.most.value if is_share else None,
        _base(section.base),
        section.over.last_months or 12,
    )


def _points(section: PointsSection) -> PointsTerms:
    if section.bands is not None:
        return PointsTerms(bands_of(section.bands), _base(section.base))
    assert section.each is not None  # noqa: S101 - the section has one of the two
    one = Linear(Fraction(0), Fraction(1), section.each, higher_is_better=False)
    return PointsTerms(one, _base(section.base))


def _exclusion(section: ExclusionSection) -> Exclusion:
    return Exclusion(
        section.outage or "",
        section.notice.ms if section.notice else 0,
        section.most.ms if section.most else None,
        MONTHS.get(section.per, 0),
        section.proof or "",
    )
