"""Figures as Prometheus reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from hubspot_sla.ops.endpoint import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from prometheus_client.metrics_core import Metric

PREFIX: Final = "sla_"


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric: its name without the prefix, what it means, and its values by label values. `labels` are the names
    of the labels; one without labels has one value at `()`."""

    name: str
    meaning: str
    values: Sequence[tuple[tuple[str, ...], float]]
    labels: tuple[str, ...] = ()
    counts: bool = False
    """Whether it only grows."""


def page(figures: Callable[[], Sequence[Figure]]) -> Page:
    """The figures as they are now, as one answer."""
    registry = CollectorRegistry()
    registry.register(_Figures(figures()))
    return Page(generate_latest(registry), CONTENT_TYPE_LATEST)


class _Figures(Collector):
    def __init__(self, figures: Sequence[Figure]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        for figure in self._figures:
            family = CounterMetricFamily if figure.counts else GaugeMetricFamily
            metric = family(PREFIX + figure.name, figure.meaning, labels=figure.labels)
            for labels, value in figure.values:
                metric.add_metric(labels, value)
            yield metric
