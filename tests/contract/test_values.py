"""Feeds of plain values: latencies, losses, grades. Five published agreements from the rows of a feed to what is
payable, worked out by hand; and the laws of their measures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.made_contracts import contract
from contract.test_unlike_agreements import Given, drawn
from contract.written_contracts import loaded, published
from hubspot_sla.contract.measuring import Kind, Measure
from hubspot_sla.contract.remedies import Band, Bands, Pay, Unit
from hubspot_sla.contract.review import findings
from hubspot_sla.contract.sample import Sample
from hubspot_sla.contract.settlement import settled
from hubspot_sla.contract.spans import Bound, Span
from hubspot_sla.contract.statement import Observed, State
from hubspot_sla.contract.terms import Objective
from hubspot_sla.errors import MappingInvalid
from hubspot_sla.feeds.availability_file import Availability, availability
from hubspot_sla.flows.inspection.contracts import measure_text
from hubspot_sla.flows.reporting.contracts.evidence import beyond, observed
from hubspot_sla.flows.reporting.contracts.figure_words import figure
from hubspot_sla.flows.reporting.contracts.sealed_evidence import feed_of, feed_text
from hubspot_sla.language.texts import texts_of
from hubspot_sla.measure.periods import month
from proof import examples

SOURCES = {
    "packetfabric_jitter": "PacketFabric, jitter (markettransfer.info): credits by how far 2 ms are exceeded",
    "network_latency": "lawinsider.com, a clause on latency over 45 ms; the rate of the loss is filled in",
    "airespring_delivery": "AireSpring, average packet delivery (lawinsider.com); the target is filled in",
    "windstream_latency": "Windstream, MPLS latency (lawinsider.com): 1/30 for each day beyond 40 ms",
    "college_satisfaction": "lawinsider.com, a college's clause on the answers above the middle of a scale",
}
NOVEMBER = month(2026, 11, UTC)
values = st.lists(st.integers(0, 1000).map(lambda tenths: Fraction(tenths, 10)), min_size=1, max_size=12)


def rows(*said: str, key: str = "") -> Availability:
    """One a day from November 1st on."""
    lines = ["at,value,key", *(f"2026-11-{day:02}T12:00:00Z,{value},{key}" for day, value in enumerate(said, 1))]
    return availability("feed.csv", "\n".join(lines) + "\n")


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_nothing_is_odd_about_it(name: str) -> None:
    assert published(name).warnings == []


@pytest.mark.parametrize(
    ("said", "payable"),
    [
        (("1.9", "2.1"), "0.00"),  # 2 ms on average: met
        (("2.1", "2.3"), "100.00"),  # 2.2: ten per cent over
        (("2.19", "2.2"), "0.00"),  # 2.195: less than that
        (("2.4", "2.6"), "200.00"),
        (("1.5", "4.5"), "300.00"),
        (("3.4", "3.6"), "400.00"),
        (("4.0",), "500.00"),
    ],
)
def test_jitter_is_paid_by_how_far_its_mean_exceeds_the_target(said: tuple[str, ...], payable: str) -> None:
    assert str(drawn("packetfabric_jitter", Given(rows(*said))).payable) == payable


def test_each_circuit_has_its_own_mean_and_its_own_fee() -> None:
    """The first circuit has 45.1 ms on average: 10 % of 800; what it loses is above 0.1 % too: 5 %. The second has
    exactly 45 ms."""
    first, second = rows("45.2", "45.0", key="circuit 1"), rows("44.9", "45.1", key="circuit 2")
    statement = drawn("network_latency", Given(Availability(values=(*first.values, *second.values))))
    latencies = [(line.key, line.measured, str(line.money)) for line in statement.lines if line.objective == "latency"]
    assert latencies == [("circuit 1", Fraction(451, 10), "80.00"), ("circuit 2", Fraction(45), "0.00")]


def test_delivery_below_its_promise_pays_a_day_where_higher_is_better() -> None:
    assert str(drawn("airespring_delivery", Given(rows("100", "99.7"))).payable) == "15.00"
    assert str(drawn("airespring_delivery", Given(rows("100", "99.8"))).payable) == "0.00"


def test_each_day_beyond_its_limit_is_a_thirtieth_of_november() -> None:
    days = ["38.5"] * 27 + ["40", "40.1", "55"]
    assert str(drawn("windstream_latency", Given(rows(*days))).payable) == "60.00"


def test_answers_above_the_middle_are_counted_and_too_few_say_nothing() -> None:
    quarter = replace(NOVEMBER, start=NOVEMBER.start.replace(month=10), end=NOVEMBER.end.replace(year=2027, month=1))
    answers = ("5", "4", "3", "4", "4", "2", "5", "4", "4", "3")
    (line,) = drawn("college_satisfaction", Given(rows(*answers)), quarter).lines
    assert (line.measured, line.state, line.sample.number) == (Fraction(7, 10), State.KEPT, 10)
    (few,) = drawn("college_satisfaction", Given(rows(*answers[:4])), quarter).lines
    assert few.state is State.TOO_FEW


def test_nothing_read_is_not_measured_and_pays_nothing() -> None:
    statement = drawn("packetfabric_jitter", Given(Availability()))
    assert [line.state for line in statement.lines] == [State.NOT_MEASURED]
    assert str(statement.payable) == "0.00"


def test_a_row_counts_where_it_begins() -> None:
    text = (
        "from,to,value\n2026-10-31T23:55:00Z,2026-11-01T00:05:00Z,9\n2026-11-01T00:00:00Z,2026-11-01T00:05:00Z,2\n"
        "2026-11-30T23:59:00Z,2026-12-01T00:04:00Z,1\n2026-12-01T00:00:00Z,2026-12-01T00:05:00Z,9\n"
    )
    written = published("packetfabric_jitter").written
    found = observed(Given(availability("f.csv", text)), written, written.terms, NOVEMBER)
    assert found == {("jitter", None): Observed(Sample(values=(Fraction(1), Fraction(2))))}


def test_what_is_sealed_reads_back_the_same() -> None:
    feed = rows("0.1", "2.25", "3", key="eu")
    sealed = feed_text(feed, NOVEMBER.start_at, NOVEMBER.end_at)
    assert feed_of(sealed) == replace(feed, known_keys=("eu",))
    assert feed_of(feed_text(feed, 0, NOVEMBER.start_at)).values == ()


def test_the_rows_behind_a_figure_are_those_beyond_what_is_promised() -> None:
    jitter, college = (published(name).terms for name in ("packetfabric_jitter", "college_satisfaction"))
    feed = rows("1", "2", "3", "4")
    found = [
        [str(row.value) for row in beyond(feed, terms.objectives[0], NOVEMBER, NOVEMBER.end_at)]
        for terms in (jitter, college)
    ]
    assert found == [["3", "4"], ["1", "2", "3"]]


def test_show_says_which_way_values_get_better() -> None:
    said = {}
    for name in SOURCES:
        written = published(name).written
        said[name] = measure_text(written.terms.objectives[0], written.sources[written.terms.objectives[0].id])
    assert said["packetfabric_jitter"] == "mean_value, lower is better"
    assert said["airespring_delivery"] == "mean_value, higher is better"
    assert said["college_satisfaction"] == "values_within > 3"


def test_a_value_is_shown_in_its_unit_as_the_language_writes_it() -> None:
    latency, loss = published("network_latency").terms.objectives
    german, english = texts_of("de"), texts_of("en")
    assert figure(Fraction(91, 2), latency, english) == "45.5 ms"
    assert figure(Fraction(1, 20), loss, english) == "0.05%"
    assert [figure(Fraction(91, 2), latency, german), figure(Fraction(1, 20), loss, german)] == [
        "45,5 ms",
        "0,05\N{NO-BREAK SPACE}%",
    ]


FORM = """contracts:
  - id: one
    customer: "1"
    currency: EUR
    valid_from: 2026-01-01
    fees: {{port: 100}}
    objectives:
      - id: it
        measure: {{{measure}}}
        promised: {promised}
        credit: {{bands: [{bands}]}}
feeds: {{probe: {{csv: probe.csv}}}}
"""


@pytest.mark.parametrize(
    ("measure", "promised", "said"),
    [
        ("mean_value: probe", "45", "nothing says which values are better"),
        ("values_within: probe", "95%", "values are within a limit"),
        ("values_within: probe, limit: {at_most: 5%}", "95%", "a limit of values is a number"),
        ("values_within: probe, limit: {at_most: 5}, better: lower", "95%", "`better` says nothing of values_within"),
        ("max_value: probe, better: lower, limit: {at_most: 5}", "45", "`limit` says nothing of max_value"),
        ("uptime: probe, unit: ms", "99%", "`unit` is said of values"),
        ("mean_value: probe, better: higher", "4.5", "higher values are better, and what is promised has no end"),
        (
            "min_value: probe, better: lower",
            "{at_least: 4}",
            "lower values are better, and what is promised has no end",
        ),
        ("mean_value: probe, better: lower", "4h", "mean_value is a number, and '4h' is a time"),
        ("of_values: probe, better: lower", "4", "a percentile is one of some metric"),
        ("percentile: 95, of_values: probe, of: all, better: lower", "4", "a percentile is one of one thing"),
        ("percentile: 95, of_values: probes, better: lower", "4", "there is no feed 'probes'"),
    ],
)
def test_what_does_not_go_together_is_named_with_its_line(measure: str, promised: str, said: str) -> None:
    with pytest.raises(MappingInvalid) as refused:
        loaded(FORM.format(measure=measure, promised=promised, bands="").replace("        credit: {bands: []}\n", ""))
    (problem,) = refused.value.problems
    assert said in problem.message
    assert problem.file == "contracts.yaml"
    assert problem.line in (9, 10)
    assert problem.remedy


@pytest.mark.parametrize(
    ("better", "promised", "bands", "said"),
    [
        ("lower", "{at_most: 45}", "{above: 50, pays: 10%}", "nothing is said between 45 ms and 50 ms"),
        ("lower", "{at_most: 45}", "{at_least: 45, pays: 10%}", "45 ms keeps the promise, and a band pays for it"),
        ("higher", "{at_least: 4}", "{below: 3.5, pays: 10%}", "nothing is said between 3.5 ms and 4 ms"),
        (
            "higher",
            "{at_least: 4}",
            "{below: 4, at_least: 3, pays: 10%}, {below: 3, pays: 5%}",
            "worse service costs less: 10% at 3.5 ms, 5% at 1.5 ms",
        ),
    ],
)
def test_bands_with_holes_or_in_the_wrong_direction_are_odd(better: str, promised: str, bands: str, said: str) -> None:
    text = FORM.format(measure=f"mean_value: probe, better: {better}, unit: ms", promised=promised, bands=bands)
    assert said in [message for _, message in loaded(text).warnings]


def test_a_vendor_that_promises_less_of_the_same_values_is_named() -> None:
    ours = FORM.format(
        measure="mean_value: probe, better: lower, unit: ms", promised="45", bands="{above: 45, pays: 10%}"
    )
    theirs = ours.split("feeds:")[0].replace('customer: "1"', "vendor: Hoster").replace("id: one", "id: two")
    theirs = theirs.replace("promised: 45", "promised: 50").replace("above: 45", "above: 50")
    both = ours.replace("feeds:", theirs.removeprefix("contracts:\n") + "feeds:")
    assert ("SLA638", "45 ms is promised, and Hoster promises 50 ms of the same") in loaded(both).warnings


@given(values, st.integers(1, 100))
@examples(40)
def test_each_measure_of_values_is_what_it_says(read: list[Fraction], rank: int) -> None:
    sample = Sample(values=tuple(read))
    measured = {kind: Measure(kind, rank).value(sample) for kind in (Kind.MEAN_VALUE, Kind.MAX_VALUE, Kind.MIN_VALUE)}
    assert measured == {Kind.MEAN_VALUE: sum(read) / len(read), Kind.MAX_VALUE: max(read), Kind.MIN_VALUE: min(read)}
    nearest = Measure(Kind.OF_VALUES, rank).value(sample)
    assert nearest in read
    assert sum(value <= nearest for value in read) >= ceil(Fraction(rank * len(read), 100))
    assert sum(value < nearest for value in read) < ceil(Fraction(rank * len(read), 100))


@given(values, values, st.booleans(), st.sampled_from([None, 0, 1]), st.data())
@examples(40)
def test_a_worse_value_never_pays_less(
    read: list[Fraction], ends: list[Fraction], larger: bool, decimals: int | None, data: st.DataObject
) -> None:
    """For one window and a given number of values, with bands that are dearer the worse they are."""
    kind = data.draw(st.sampled_from([Kind.MEAN_VALUE, Kind.OF_VALUES, Kind.MAX_VALUE, Kind.MIN_VALUE]))
    measure = Measure(kind, 90 if kind is Kind.OF_VALUES else 0, decimals, larger_is_better=larger)
    bounds = [Bound(end, closed=False) for end in sorted(set(ends), reverse=larger)]
    spans = [Span(upper=bound) if larger else Span(lower=bound) for bound in bounds]
    bands = [Band(span, Pay(Unit.SHARE, Fraction(number, 20))) for number, span in enumerate(spans, 1)]
    one = contract(Objective("it", measure, None, (Bands(tuple(bands)),)))
    place = data.draw(st.integers(0, len(read) - 1))
    worse_value = max(read[place] - 5, Fraction(0)) if larger else read[place] + 5
    worse = [*read[:place], worse_value, *read[place + 1 :]]
    before, after = (
        settled(one, NOVEMBER, {("it", None): Observed(Sample(values=tuple(each)))}, ()).owed for each in (read, worse)
    )
    assert after >= before


@given(values, st.integers(0, 12))
@examples(40)
def test_values_split_over_two_files_are_the_same(read: list[Fraction], cut: int) -> None:
    one, other = Sample(values=tuple(read[:cut])), Sample(values=tuple(read[cut:]))
    assert one + other == other + one == Sample(values=tuple(sorted(read)))


ends = st.integers(0, 8).map(lambda halves: Fraction(halves, 2))
bounds = st.none() | st.builds(Bound, ends, st.booleans())
bands_of_any_kind = st.lists(
    st.builds(Band, st.builds(Span, bounds, bounds), st.integers(0, 4).map(lambda n: Pay(Unit.SHARE, Fraction(n, 20)))),
    min_size=1,
    max_size=3,
)


@given(bands_of_any_kind, st.booleans(), st.sampled_from([None, 0, 1]), ends, ends)
@examples(60)
def test_where_the_linter_finds_no_pair_of_figures_a_worse_one_never_pays_less(
    bands: list[Band], larger: bool, decimals: int | None, one_value: Fraction, other: Fraction
) -> None:
    measure = Measure(Kind.MEAN_VALUE, decimals=decimals, larger_is_better=larger)
    one = contract(Objective("it", measure, None, (Bands(tuple(bands)),)))
    better, worse = sorted((one_value, other), reverse=larger)
    before, after = (
        settled(one, NOVEMBER, {("it", None): Observed(Sample(values=(value,)))}, ()).owed for value in (better, worse)
    )
    if not any(finding.breaks_the_laws for finding in findings(one)):
        assert after >= before
