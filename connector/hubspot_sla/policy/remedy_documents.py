"""The shape of what a contract measures, promises and pays: measures, bounds, bands and the other remedies."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from hubspot_sla.contract.spans import Bound, Span
from hubspot_sla.policy.condition_values import Wanted, parse_words
from hubspot_sla.policy.field_types import SCALAR, Also, Length, Section, Shape, Text, under
from hubspot_sla.policy.figure_texts import (
    COUNT,
    SHARE,
    TIME,
    Figure,
    FigureText,
    PayText,
    Percent,
    Positive,
    Whole,
    parse_figure,
)
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.report_documents import OutcomeWhen
from hubspot_sla.policy.value_errors import Refused

if TYPE_CHECKING:
    from hubspot_sla.contract.remedies import Pay

FROM_OUTCOMES = ("attainment", "misses", "percentile", "mean", "mean_lateness")
OF_OUTAGES = ("uptime", "downtime", "outages")
_OF_VALUES = ("mean_value", "of_values", "max_value", "min_value")
VALUES = (*_OF_VALUES, "values_within")
FROM_FEEDS = (*OF_OUTAGES, "requests", "request_rates", *VALUES)
OF_TIMES = ("percentile", "mean", "mean_lateness")
ALL = "all"

Metrics = Annotated[
    Wanted, BeforeValidator(parse_words), Shape({"anyOf": [SCALAR, {"type": "array", "items": SCALAR, "minItems": 1}]})
]


_KEYS = Code.KEYS_TOGETHER


class BoundsSection(Section):
    """Figures between two ends: `above` and `below` leave the end itself out, `at_least` and `at_most` hold it."""

    above: FigureText | None = None
    at_least: FigureText | None = None
    at_most: FigureText | None = None
    below: FigureText | None = None

    @model_validator(mode="after")
    def _are_ends(self) -> BoundsSection:
        for one, other in (("above", "at_least"), ("below", "at_most")):
            if getattr(self, one) is not None and getattr(self, other) is not None:
                raise Refused(f"{one!r} and {other!r} say the same end", "keep one of the two", code=Code.RANGE)
        if not self.figures:
            raise Refused("no end is said", "write at_least, above, at_most or below", code=Code.RANGE)
        if len({figure.kind for figure in self.figures}) > 1:
            raise Refused("the two ends are figures of two kinds", "write both alike", code=Code.RANGE)
        if self.span.is_empty:
            remedy = "write the smaller one as the lower end"
            raise Refused("no figure lies between these ends", remedy, code=Code.RANGE)
        return self

    @property
    def figures(self) -> list[Figure]:
        return [each for each in (self.above, self.at_least, self.at_most, self.below) if each is not None]

    @property
    def span(self) -> Span:
        return Span(_bound(self.at_least, self.above), _bound(self.at_most, self.below))


def _bound(closed: Figure | None, open_: Figure | None) -> Bound | None:
    figure = open_ if closed is None else closed
    return None if figure is None else Bound(figure.value, closed is not None)


class WholeSection(Section):
    """Outages are counted in whole steps: the nearest, those that have passed (`down`), or those that have begun
    (`up`)."""

    step: Length
    round: Literal["half_up", "down", "up"] = "half_up"


WholeSteps = Annotated[WholeSection, BeforeValidator(lambda written: under("step", written)), Also({"type": "string"})]


class MeasureSection(Section):
    """One figure: of promises (`attainment`, `misses`, `percentile` with `of`, `mean`, `mean_lateness`) of some
    metrics, `all` of all; or of a feed (`uptime`, `downtime`, `outages`, `requests`, `request_rates`; of values
    `mean_value`, `percentile` with `of_values`, `max_value`, `min_value`, of which `better` says which way they get
    better, or `values_within` a `limit`, in a `unit`). Of outages
    `hours` names the calendar in whose hours time counts, `outside` the one outside of whose hours it does; `whole`
    the steps that each is rounded to. `time: calendar` takes times of promises on the wall."""

    attainment: Metrics | None = None
    misses: Metrics | None = None
    percentile: Whole | None = None
    of: Metrics | None = None
    mean: Metrics | None = None
    mean_lateness: Metrics | None = None
    uptime: Text | None = None
    downtime: Text | None = None
    outages: Text | None = None
    requests: Text | None = None
    request_rates: Text | None = None
    mean_value: Text | None = None
    of_values: Text | None = None
    max_value: Text | None = None
    min_value: Text | None = None
    values_within: Text | None = None
    better: Literal["lower", "higher"] | None = None
    limit: BoundsSection | None = None
    unit: Text | None = None
    when: OutcomeWhen = OutcomeWhen()
    only_late: bool = False
    time: Literal["business", "calendar"] = "business"
    hours: Text | None = None
    outside: Text | None = None
    whole: WholeSteps | None = None
    decimals: Whole | None = None
    round: Literal["half_up", "down", "up"] = "half_up"

    @model_validator(mode="after")
    def _is_one(self) -> MeasureSection:
        if len(self._said) != 1:
            raise Refused("a measure is one thing", f"write one of {', '.join(FROM_OUTCOMES + FROM_FEEDS)}", code=_KEYS)
        if (self.percentile is None) != (self.of is None and self.of_values is None):
            remedy = "write `percentile: 95, of: resolution`, or `of_values: FEED`"
            raise Refused("a percentile is one of some metric", remedy, code=_KEYS)
        if self.of is not None and self.of_values is not None:
            raise Refused("a percentile is one of one thing", "keep `of` or `of_values`", code=_KEYS)
        if self.percentile is not None and not 1 <= self.percentile <= 100:
            raise Refused("a percentile is 1 to 100", "write 95", code=Code.INVALID)
        if self.only_late and self.mean_lateness is None:
            raise Refused("`only_late` belongs to `mean_lateness`", "leave it out", code=_KEYS)
        return self

    @model_validator(mode="after")
    def _says_of_what_it_is(self) -> MeasureSection:
        said = [name for name in ("hours", "outside", "whole") if getattr(self, name) is not None]
        if said and self.kind not in OF_OUTAGES:
            message = f"`{said[0]}` is said of outages, and this measures {self.kind}"
            raise Refused(message, "leave it out: promises have the hours of their own calendar", code=_KEYS)
        if self.hours is not None and self.outside is not None:
            raise Refused("the time that counts is said once", "write `hours` or `outside`", code=_KEYS)
        if self.time != "business" and self.kind not in FROM_OUTCOMES:
            raise Refused("`time` is said of promises", "leave it out: a feed has no business time", code=_KEYS)
        return self

    @model_validator(mode="after")
    def _says_what_is_better(self) -> MeasureSection:
        kind = self.kind
        if (self.better is None) is (kind in _OF_VALUES):
            message = (
                "nothing says which values are better" if self.better is None else f"`better` says nothing of {kind}"
            )
            remedy = "write `better: lower`, or `better: higher`" if self.better is None else "leave it out"
            raise Refused(message, remedy, code=_KEYS)
        if (self.limit is None) is (kind == "values_within"):
            message = "values are within a limit" if self.limit is None else f"`limit` says nothing of {kind}"
            remedy = "write `limit: {at_most: 100}`" if self.limit is None else "write `values_within`, or leave it out"
            raise Refused(message, remedy, code=_KEYS)
        if self.limit is not None and any(figure.kind != COUNT for figure in self.limit.figures):
            raise Refused(
                "a limit of values is a number", "write it alone, in the unit of the feed: 100", code=Code.RANGE
            )
        if self.unit is not None and kind not in VALUES:
            raise Refused(f"`unit` is said of values, and this measures {kind}", "leave it out", code=_KEYS)
        return self

    @property
    def _said(self) -> list[str]:
        """A percentile of values is one thing."""
        said = [name for name in (*FROM_OUTCOMES, *FROM_FEEDS) if getattr(self, name) is not None]
        return [name for name in said if name != "percentile" or self.of_values is None]

    @property
    def kind(self) -> str:
        return self._said[0]

    @property
    def feed(self) -> str | None:
        return getattr(self, self.kind) if self.kind in FROM_FEEDS else None

    @property
    def metrics(self) -> Wanted | None:
        """None: all."""
        if self.kind in FROM_FEEDS:
            return None
        wanted = self.of if self.kind == "percentile" else getattr(self, self.kind)
        return None if wanted is None or wanted.one_of == (ALL,) else wanted


class BandSection(BoundsSection):
    """A band, and what it pays. Without `pays` the contract does not say how much."""

    pays: PayText | None = None
    name: Text | None = None


class LinearSection(Section):
    """`pays` for each `step` by which the figure is worse than `start` (what is promised, where it is left out)."""

    step: FigureText
    pays: PayText
    start: FigureText | None = None
    steps: Literal["exact", "full", "started"] = "exact"


class EachMissSection(Section):
    """`pays` for every broken promise after the first `free` ones."""

    pays: PayText
    free: Whole = 0


class EachLateSection(Section):
    """`pays` for every `step` that each broken promise was late beyond `after`, each by itself; or what the band of its
    lateness pays. `most` is for one promise."""

    step: Length | None = None
    pays: PayText | None = None
    steps: Literal["exact", "full", "started"] = "exact"
    most: PayText | None = None
    after: Length | None = None
    bands: Annotated[list[BandSection], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _says_what_it_pays(self) -> EachLateSection:
        by_step = self.step is not None and self.pays is not None
        if by_step is (self.bands is not None) or (self.step is None) is not (self.pays is None):
            raise Refused("what each pays is said once", "write `step` and `pays`, or `bands`", code=_KEYS)
        if any(figure.kind != TIME for band in self.bands or () for figure in band.figures):
            raise Refused("these bands are of times", "write 4h", code=Code.RANGE)
        if len({pay.unit for pay in (*self.every_pay, self.most) if pay is not None and pay.value}) > 1:
            raise Refused("`pays` and `most` are of two units", "write both alike", code=_KEYS)
        return self

    @property
    def every_pay(self) -> list[Pay]:
        return [each.pays for each in (self, *(self.bands or ())) if each.pays is not None]


class EachOutageSection(EachLateSection):
    """`pays` for every `step` that each outage lasted beyond `after`, each by itself; or what the band of its length
    pays. `most` is for one outage; the first `free` ones of the window cost nothing."""

    free: Whole = 0


class EveryNthSection(Section):
    """`pays` for every `n`-th broken promise within the window."""

    n: Positive
    pays: PayText


class TimeDownSection(Section):
    """`times` the fee of the time down beyond `allowed`."""

    times: FigureText
    allowed: Percent = Fraction(0)


class SlicesDownSection(Section):
    """The fee of every `slice` of time in which more than `over` was down, `times` over."""

    slice: Length
    over: Length
    times: FigureText | None = None


class FromSection(Section):
    """From the `misses`-th missed window of the last `of` on."""

    misses: Positive
    of: Positive

    @model_validator(mode="after")
    def _can_be(self) -> FromSection:
        if self.misses > self.of:
            raise Refused("there cannot be more misses than windows", "`of` is the larger number", code=Code.RANGE)
        return self


class CreditSection(Section):
    """What is owed. Of several remedies the worst counts, or their `sum`. `only_missed`: nothing where the promise is
    kept; `from`: nothing for fewer missed windows."""

    bands: Annotated[list[BandSection], Field(min_length=1)] | None = None
    linear: LinearSection | None = None
    each_miss: EachMissSection | None = None
    each_late: EachLateSection | None = None
    each_outage: EachOutageSection | None = None
    every_nth: EveryNthSection | None = None
    time_down: TimeDownSection | None = None
    slices_down: SlicesDownSection | None = None
    take: Literal["worst", "sum"] = "worst"
    only_missed: bool = False
    from_: Annotated[FromSection | None, Field(alias="from")] = None

    @model_validator(mode="after")
    def _pays(self) -> CreditSection:
        if all(getattr(self, name) is None for name in REMEDIES):
            raise Refused("nothing is paid", f"write one of {', '.join(REMEDIES)}", code=Code.EMPTY)
        if self.bands and len({band.pays.unit for band in self.bands if band.pays and band.pays.value}) > 1:
            message = "bands of one list pay in one unit"
            raise Refused(message, "write an objective for each unit", code=Code.KEYS_TOGETHER)
        return self


REMEDIES = tuple(name for name in CreditSection.model_fields if name not in ("take", "only_missed", "from_"))


def _promised(written: object) -> object:
    """A share alone is promised at least, anything else at most."""
    if not isinstance(written, str):
        return written
    return {"at_least" if parse_figure(written).kind == SHARE else "at_most": written}


Promised = Annotated[BoundsSection | None, BeforeValidator(_promised), Also(SCALAR)]
