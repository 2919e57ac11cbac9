"""Remedies, measures and promises of contracts.yaml as the values that statements are worked out with."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from hubspot_sla.contract.measuring import Kind, Measure
from hubspot_sla.contract.money import Rounding
from hubspot_sla.contract.remedies import (
    Band,
    Bands,
    EachLate,
    EachMiss,
    EachNth,
    EachOutage,
    Linear,
    Pay,
    SlicesDown,
    Steps,
    TimeDown,
    Unit,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubspot_sla.contract.remedies import Remedy
    from hubspot_sla.contract.spans import Span
    from hubspot_sla.policy.remedy_documents import BandSection, CreditSection, EachLateSection, MeasureSection

ONE = Fraction(1)


def measure_of(section: MeasureSection) -> Measure:
    return Measure(
        Kind(section.kind),
        section.percentile or 0,
        section.decimals,
        Rounding(section.round),
        section.better == "higher",
        section.unit or "",
        None if section.limit is None else section.limit.span,
    )


def remedies_of(section: CreditSection, measure: Measure, promised: Span | None) -> tuple[Remedy, ...]:
    """In the order of the document."""
    return tuple(compiled(section, measure, promised) for name, compiled in _COMPILED.items() if getattr(section, name))


def bands_of(sections: Sequence[BandSection]) -> Bands:
    """A band that does not say what it pays is in the unit of the others."""
    unit = next((band.pays.unit for band in sections if band.pays and band.pays.value), Unit.SHARE)
    return Bands(tuple(Band(band.span, _in(band.pays, unit), band.name or "") for band in sections))


def _in(pays: Pay | None, unit: Unit) -> Pay:
    return pays if pays is not None and pays.value else Pay(unit, None if pays is None else Fraction(0))


def _bands(section: CreditSection, measure: Measure, promised: Span | None) -> Remedy:  # noqa: ARG001 (one shape)
    return bands_of(section.bands or ())


def _linear(section: CreditSection, measure: Measure, promised: Span | None) -> Remedy:
    linear = section.linear
    assert linear is not None  # noqa: S101 - the table is asked for what is there
    higher = measure.higher_is_better
    start = linear.start.value if linear.start is not None else start_of(promised, higher=higher)
    return Linear(start or Fraction(0), linear.step.value, linear.pays, higher, Steps(linear.steps))


def start_of(promised: Span | None, *, higher: bool) -> Fraction | None:
    """Where the promise ends, on the side of worse figures."""
    bound = None if promised is None else promised.lower if higher else promised.upper
    return None if bound is None else bound.value


def _each_miss(section: CreditSection, measure: Measure, promised: Span | None) -> Remedy:  # noqa: ARG001 (one shape)
    each = section.each_miss
    assert each is not None  # noqa: S101 - the table is asked for what is there
    return EachMiss(each.pays, each.free)


def _each_late(section: CreditSection, measure: Measure, promised: Span | None) -> Remedy:  # noqa: ARG001 (one shape)
    assert section.each_late is not None  # noqa: S101 - the table is asked for what is there
    return _by_length(EachLate, section.each_late)


def _each_outage(section: CreditSection, measure: Measure, promised: Span | None) -> Remedy:  # noqa: ARG001 (one shape)
    assert section.each_outage is not None  # noqa: S101 - the table is asked for what is there
    return _by_length(partial(EachOutage, free=section.each_outage.free), section.each_outage)


def _by_length(form: Callable[..., EachLate], section: EachLateSection) -> EachLate:
    """With bands there is no step, and the unit is theirs."""
    bands = None if section.bands is None else bands_of(section.bands)
    return form(
        0 if section.step is None else section.step.ms,
        Pay(Unit.SHARE if bands is None else bands.unit, None) if section.pays is None else section.pays,
        Steps(section.steps),
        None if section.most is None else section.most.value,
        0 if section.after is None else section.after.ms,
        bands,
    )


def _every_nth(section: CreditSection, measure: Measure, promised: Span | None) -> Remedy:  # noqa: ARG001 (one shape)
    nth = section.every_nth
    assert nth is not None  # noqa: S101 - the table is asked for what is there
    return EachNth(nth.n, nth.pays)


def _time_down(section: CreditSection, measure: Measure, promised: Span | None) -> Remedy:  # noqa: ARG001 (one shape)
    down = section.time_down
    assert down is not None  # noqa: S101 - the table is asked for what is there
    return TimeDown(down.times.value, down.allowed)


def _slices_down(
    section: CreditSection,
    measure: Measure,  # noqa: ARG001 (one shape)
    promised: Span | None,  # noqa: ARG001 (one shape)
) -> Remedy:
    slices = section.slices_down
    assert slices is not None  # noqa: S101 - the table is asked for what is there
    return SlicesDown(slices.slice.ms, slices.over.ms, ONE if slices.times is None else slices.times.value)


_COMPILED: dict[str, Callable[[CreditSection, Measure, Span | None], Remedy]] = {
    "bands": _bands,
    "linear": _linear,
    "each_miss": _each_miss,
    "each_late": _each_late,
    "each_outage": _each_outage,
    "every_nth": _every_nth,
    "time_down": _time_down,
    "slices_down": _slices_down,
}
