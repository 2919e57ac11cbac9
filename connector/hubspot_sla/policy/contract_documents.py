"""The shape of contracts.yaml: what is promised to customers and by vendors, and what is owed where it is not kept."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from hubspot_sla.policy.documents import Zone
from hubspot_sla.policy.field_types import (
    STRING,
    Address,
    Also,
    Day,
    Internal,
    Length,
    OrOne,
    Section,
    Shape,
    Text,
    Texts,
    Variable,
    under,
)
from hubspot_sla.policy.figure_texts import Amount, Positive, ShareOrAmount, Whole
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.remedy_documents import (
    BandSection,
    BoundsSection,
    CreditSection,
    MeasureSection,
    Promised,
)
from hubspot_sla.policy.value_errors import Refused

_KEYS = Code.KEYS_TOGETHER
_PERIOD = re.compile(r"\d{4}(-(0[1-9]|1[0-2])|-Q[1-4])?")


def _period(written: str) -> str:
    text = written.strip().upper()
    if not _PERIOD.fullmatch(text):
        raise Refused(f"{written!r} is no period", "write 2026-10, 2026-Q4 or 2026", code=Code.DATE)
    return text


def _month(written: str) -> date:
    text = _period(written)
    if len(text) != len("2026-10") or "Q" in text:
        raise Refused(f"{written!r} is no month", "write 2026-10", code=Code.DATE)
    return date(int(text[:4]), int(text[5:]), 1)


PeriodName = Annotated[Text, BeforeValidator(_period), Shape({"type": ["string", "integer"]})]
Month = Annotated[date, BeforeValidator(_month), Shape({"type": "string", "pattern": r"^\d{4}-\d{2}$"})]
Lengths = Literal["month", "quarter", "half_year", "year"]


class WindowSection(Section):
    """A calendar window, or the last so many months, seen anew with every window of the contract."""

    every: Lengths | None = None
    last_months: Positive | None = None

    @model_validator(mode="after")
    def _is_one(self) -> WindowSection:
        if (self.every is None) == (self.last_months is None):
            raise Refused("a window is one thing", "write `quarter`, or `{last_months: 12}`", code=Code.KEYS_TOGETHER)
        return self


Window = Annotated[WindowSection, BeforeValidator(lambda written: under("every", written)), Also(STRING)]


class DeadlineSection(Section):
    """One of: `days`, `business_days` on a `calendar`, `months`, `billing_cycles` (calendar months)."""

    days: Positive | None = None
    business_days: Positive | None = None
    months: Positive | None = None
    billing_cycles: Positive | None = None
    calendar: Text | None = None

    @model_validator(mode="after")
    def _is_one(self) -> DeadlineSection:
        said = [each for each in (self.days, self.business_days, self.months, self.billing_cycles) if each is not None]
        if len(said) != 1:
            raise Refused("a deadline is one length", "write `days: 30`", code=Code.KEYS_TOGETHER)
        if (self.business_days is None) != (self.calendar is None):
            remedy = "write `business_days: 5, calendar: office`"
            raise Refused("business days go with a calendar", remedy, code=Code.KEYS_TOGETHER)
        return self


class FeeSection(Section):
    """What is charged `per` month, quarter or year: one `amount`, or `amounts` by period, or one for each value `of` a
    dimension (a service, a region, a priority)."""

    amount: Amount | None = None
    per: Literal["month", "quarter", "year"] = "month"
    amounts: Annotated[dict[PeriodName, Amount], Field(min_length=1)] | None = None
    of: Annotated[dict[Text, Amount], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> FeeSection:
        if sum(one is not None for one in (self.amount, self.amounts, self.of)) != 1:
            raise Refused("a fee is said in one way", "write amount, amounts or of", code=Code.KEYS_TOGETHER)
        return self


FeeRule = Annotated[
    FeeSection,
    BeforeValidator(lambda written: under("amount", written)),
    Also({"type": ["string", "number"]}),
]


class BaseSection(Section):
    """The fees that a rate is a share of: `fees` by name, all where none is named, their sum or the `greatest`; those
    `for` the window, the last month of it, three or twelve times that, or the month after it."""

    fees: Texts | None = None
    take: Literal["sum", "greatest"] = "sum"
    for_: Annotated[Literal["window", "month", "quarter", "year", "next_month"], Field(alias="for")] = "window"


Base = Annotated[BaseSection, BeforeValidator(lambda written: under("fees", written)), Also(STRING)]
EVERYTHING = BaseSection()


class OverSection(Section):
    """The time over which a cap counts: each `window`, each `year` of the contract, or the last months."""

    each: Literal["window", "year"] | None = None
    last_months: Positive | None = None


Over = Annotated[OverSection, BeforeValidator(lambda written: under("each", written)), Also(STRING)]
EACH_WINDOW = OverSection(each="window")


class CapSection(Section):
    """At `most` a share of the base, or an amount, over the window, the contract's year or the last months."""

    most: ShareOrAmount
    base: Base = EVERYTHING
    over: Over = EACH_WINDOW


Caps = Annotated[
    list[CapSection], BeforeValidator(lambda written: [written] if isinstance(written, dict) else written), OrOne()
]


class LeastSection(Section):
    """What must have been observed, or nothing is owed: judged `promises` (or
    requests, or values), or `time`. Of outages only
    those of at least `outage` count."""

    promises: Positive | None = None
    time: Length | None = None
    outage: Length | None = None


class ClaimSection(Section):
    """Whether a credit is paid by itself (`automatic`) or must be claimed, and until when."""

    automatic: bool = False
    closes: DeadlineSection | None = None
    since: Literal["period_end", "review"] = "period_end"
    review: DeadlineSection | None = None
    reviews: dict[PeriodName, Day] = {}
    evidence: Text | None = None
    answer: DeadlineSection | None = None
    pay: DeadlineSection | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> ClaimSection:
        if self.automatic and self.closes is not None:
            raise Refused("what is automatic needs no claim", "leave `closes` out", code=_KEYS)
        if (self.review is not None or self.reviews) and self.since != "review":
            raise Refused("a review is said, and nothing counts from it", "write `since: review`", code=_KEYS)
        return self


Repeats = Annotated[
    list[Positive], BeforeValidator(lambda written: written if isinstance(written, list) else [written]), OrOne()
]
"""How often the first miss after a miss counts, the next one, and so on."""


class ObjectiveSection(Section):
    """One promise of a contract. What is only measured has no `credit`."""

    id: Internal
    name: Text | None = None
    measure: MeasureSection
    promised: Promised = None
    window: Window | None = None
    base: Base | None = None
    each: Text | None = None
    least: LeastSection = LeastSection()
    credit: CreditSection | None = None
    repeat: Repeats = []
    caps: Caps = []
    claim: ClaimSection | None = None


class GroupSection(Section):
    """Objectives of which one credit is owed, or all."""

    of: Annotated[list[Internal], Field(min_length=2)]
    take: Literal["sum", "worst", "either"]


class SmallestSection(Section):
    """Nothing is paid out below: `at_least` so much, or more than `over`."""

    at_least: Amount | None = None
    over: Amount | None = None

    @model_validator(mode="after")
    def _is_one(self) -> SmallestSection:
        if (self.at_least is None) == (self.over is None):
            raise Refused("the smallest payable is one amount", "write `over: 1` or `at_least: 1`", code=_KEYS)
        return self


class PointsSection(Section):
    """What the points of a window are worth: by `bands`, or the same for `each`."""

    bands: Annotated[list[BandSection], Field(min_length=1)] | None = None
    each: ShareOrAmount | None = None
    base: Base = EVERYTHING

    @model_validator(mode="after")
    def _is_one(self) -> PointsSection:
        if (self.bands is None) == (self.each is None):
            raise Refused("points are worth one thing", "write `bands` or `each`", code=_KEYS)
        return self


class ExclusionSection(Section):
    """What is left out of the measure: waivers with one of these reasons (`waived`), or outages of a kind
    (`outage: maintenance`), where announced `notice` before, and at `most` so much of them."""

    waived: Texts | None = None
    outage: Text | None = None
    notice: Length | None = None
    most: Length | None = None
    per: Literal["window", "month", "quarter", "year"] = "window"
    proof: Text | None = None

    @model_validator(mode="after")
    def _is_one(self) -> ExclusionSection:
        if (self.waived is None) == (self.outage is None):
            raise Refused("an exclusion is one thing", "write `waived` or `outage`", code=_KEYS)
        if self.waived is not None and (self.notice or self.most):
            raise Refused("notice and most belong to outages", "leave them out", code=_KEYS)
        return self


class CreditsOverSection(Section):
    """Credits that pass a share of the base, or an amount."""

    over: ShareOrAmount
    base: Base = EVERYTHING


class RightSection(Section):
    """What chronic failure allows: after `misses` of the last `of` windows (missed, or in `figures`), after `credits`
    or `points` within the `last_months`."""

    action: Literal["terminate", "renegotiate", "damages", "step_in"]
    name: Text | None = None
    objective: Internal | None = None
    misses: Positive | None = None
    of: Positive | None = None
    figures: BoundsSection | None = None
    credits: CreditsOverSection | None = None
    points: Whole | None = None
    last_months: Positive = 12
    notice: DeadlineSection | None = None
    cure: DeadlineSection | None = None

    @model_validator(mode="after")
    def _is_one(self) -> RightSection:
        if sum(one is not None for one in (self.misses, self.credits, self.points)) != 1:
            raise Refused("a right follows from one thing", "write misses, credits or points", code=_KEYS)
        if (self.misses or 0) > (self.of or self.misses or 0):
            raise Refused("there cannot be more misses than windows", "`of` is the larger number", code=Code.RANGE)
        if self.figures is not None and self.objective is None:
            raise Refused("figures are those of one objective", "write `objective:` beside them", code=_KEYS)
        return self


class DateSection(Section):
    """A day to think of: a review, a renewal. `notice` is what must be given before it."""

    what: Text
    on: Day
    every_months: Positive | None = None
    notice: DeadlineSection | None = None
    trigger: Text | None = None


class EligibleSection(Section):
    """Who may have credits: a `plan`, which is only shown; with `paid_up` nobody who is behind, in the months that
    `unpaid` lists."""

    plan: Text | None = None
    paid_up: bool = False
    unpaid: list[Month] = []


class PartialSection(Section):
    """How a window is settled of which only a part is valid."""

    measure: Literal["part", "whole"] = "part"
    base: Literal["days", "whole"] = "days"


class ContractSection(Section):
    """One version of one contract, with a `customer` (id of the company) or a `vendor` (its name in portal.yaml)."""

    id: Internal
    version: Positive = 1
    name: Text | None = None
    customer: Text | None = None
    vendor: Text | None = None
    owner: Text | None = None
    timezone: Zone = "UTC"
    currency: Text
    window: Lengths = "month"
    year_begins: Positive = 1
    valid_from: Day
    valid_to: Day | None = None
    fees: dict[Internal, FeeRule] = {}
    objectives: Annotated[list[ObjectiveSection], Field(min_length=1)]
    take: Literal["sum", "worst", "either"] = "sum"
    groups: list[GroupSection] = []
    exclusions: list[ExclusionSection] = []
    caps: Caps = []
    smallest: SmallestSection | None = None
    points: PointsSection | None = None
    claim: ClaimSection = ClaimSection(automatic=True)
    rights: list[RightSection] = []
    dates: list[DateSection] = []
    eligible: EligibleSection = EligibleSection()
    sole_remedy: bool = False
    partial: PartialSection = PartialSection()

    @model_validator(mode="after")
    def _makes_sense(self) -> ContractSection:
        if (self.customer is None) == (self.vendor is None):
            raise Refused("a contract has one party", "write `customer` or `vendor`", code=_KEYS)
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            message = "the contract ends before it begins"
            raise Refused(message, "`valid_to` is the first day after it", code=Code.ENDS_BEFORE_IT_BEGINS)
        if self.year_begins > 12:
            raise Refused("a year begins in a month from 1 to 12", "write 4 for April", code=Code.RANGE)
        return self


class FeedSection(Section):
    """Where outages, requests or values are read: a `csv` file beside this one, or an address that answers a JSON list
    of rows (`http`, with the variable that holds its bearer `token`); with the columns that the document names."""

    csv: Text | None = None
    http: Address | None = None
    token: Variable | None = None

    @model_validator(mode="after")
    def _is_one(self) -> FeedSection:
        if (self.csv is None) == (self.http is None):
            raise Refused("a feed is read from one place", "write `csv` or `http`", code=_KEYS)
        if self.token is not None and self.http is None:
            raise Refused("a file needs no token", "leave it out", code=_KEYS)
        return self


class ContractsFile(Section):
    """contracts.yaml."""

    contracts: list[ContractSection] = []
    company_properties: bool = False
    feeds: dict[Internal, FeedSection] = {}
