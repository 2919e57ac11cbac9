"""What our properties hold for given verdicts, and when that differs from what HubSpot holds."""

from __future__ import annotations

import pytest

from hubspot_sla.clock.calendar import ALWAYS
from hubspot_sla.clock.explain import sentence
from hubspot_sla.clock.judge import judge
from hubspot_sla.clock.metrics import IN_WAITING, Metric
from hubspot_sla.clock.promise import Clock, Kind, Promise, PromiseChange
from hubspot_sla.clock.timeline import Role, StageChange, Timeline
from hubspot_sla.clock.verdict import Cycle, Status, Verdict
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.plan.properties import NO_TIER, REASON_LIMIT, WRITTEN, desired, difference

FIRST, LAST = 1_700_000_000_000, 1_700_000_600_000


def verdict(metric: Metric, status: Status, **instants: int) -> Verdict:
    cycle = Cycle(status=status, due_at=instants.get("due_at"), breached_at=instants.get("breached_at"))
    return Verdict.of_one(Clock(Kind.SLA, metric), cycle)


def values(*verdicts: Verdict) -> dict[str, str]:
    return desired(verdicts, tier="gold", reason="because")


def test_unset_and_empty_are_the_same() -> None:
    wanted = {"a": "", "b": "", "c": "", "d": "x"}
    assert difference(wanted, {"a": None, "b": "", "d": "x"}) == {}


def test_only_values_that_differ_are_written() -> None:
    assert difference({"a": "", "b": "1", "c": "x"}, {"a": "old", "b": "2", "c": "x"}) == {"a": "", "b": "1"}


def test_every_property_we_define_has_a_value_and_no_other() -> None:
    wanted = values(verdict(Metric.FIRST_RESPONSE, Status.MET), verdict(Metric.RESOLUTION, Status.RUNNING))
    assert set(wanted) == {written.key for written in WRITTEN}


@pytest.mark.parametrize("status", Status)
def test_every_status_is_an_option_of_its_property(status: Status) -> None:
    wanted = values(verdict(Metric.FIRST_RESPONSE, status), verdict(Metric.RESOLUTION, status))
    for written in WRITTEN:
        if written.options and wanted[written.key]:
            assert wanted[written.key] in written.options
    assert wanted["status"] == wanted["resolution_status"] == status.value


@pytest.mark.parametrize("status", Status)
def test_only_broken_promises_count_as_breached(status: Status) -> None:
    wanted = values(verdict(Metric.RESOLUTION, status, breached_at=FIRST))
    late = status in (Status.BREACHED, Status.MISSED)
    assert wanted["breached"] == ("true" if late else "false")
    assert wanted["breach_count"] == ("1" if late else "0")
    assert wanted["first_breached_at"] == (wire(FIRST) if late else "")


def test_the_first_of_two_breaches_is_told() -> None:
    wanted = values(
        verdict(Metric.FIRST_RESPONSE, Status.MISSED, breached_at=LAST),
        verdict(Metric.RESOLUTION, Status.BREACHED, breached_at=FIRST),
    )
    assert (wanted["breach_count"], wanted["first_breached_at"]) == ("2", wire(FIRST))


def test_next_due_is_the_earliest_still_owed_late_ones_included() -> None:
    wanted = values(
        verdict(Metric.FIRST_RESPONSE, Status.BREACHED, due_at=FIRST),
        verdict(Metric.RESOLUTION, Status.RUNNING, due_at=LAST),
    )
    assert (wanted["next_due_at"], wanted["next_due_metric"]) == (wire(FIRST), "first_response")


def test_what_is_done_or_paused_is_not_due_next() -> None:
    wanted = values(
        verdict(Metric.FIRST_RESPONSE, Status.MET, due_at=FIRST),
        verdict(Metric.RESOLUTION, Status.PAUSED),
    )
    assert (wanted["next_due_at"], wanted["next_due_metric"]) == ("", "")


def test_a_customer_without_a_tier_is_visibly_without() -> None:
    assert desired([], tier=None, reason="")["tier"] == NO_TIER


def test_a_reason_longer_than_the_property_is_cut() -> None:
    assert len(desired([], tier=None, reason="x" * 9_999)["reason"]) == REASON_LIMIT


def test_an_instant_is_written_as_hubspot_writes_it() -> None:
    assert (wire(None), wire(0), wire(1_500)) == ("", "1970-01-01T00:00:00Z", "1970-01-01T00:00:01.500Z")


HOUR = 3_600_000
TICKET = Timeline(FIRST, (StageChange(FIRST, Role.OPEN, "New"), StageChange(FIRST + 9 * HOUR, Role.WAITING, "Waiting")))


def judged_at(now: int) -> dict[str, str]:
    verdicts = [
        judge(
            TICKET,
            Clock(Kind.SLA, metric),
            [PromiseChange(FIRST, Promise(metric, "p", "4h", hours * HOUR, ALWAYS, IN_WAITING))],
            now,
        )
        for metric, hours in ((Metric.FIRST_RESPONSE, 4), (Metric.RESOLUTION, 40))
    ]
    return desired(verdicts, tier="gold", reason=" ".join(map(sentence, verdicts)))


@pytest.mark.parametrize(("earlier", "later"), [(10 * HOUR, 11 * HOUR), (10 * HOUR, 900 * HOUR)])
def test_nothing_that_is_written_ticks(earlier: int, later: int) -> None:
    assert judged_at(FIRST + earlier) == judged_at(FIRST + later)
