"""The clock judges anew as if the pauses of one author, or all, had never been."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle

from hypothesis import given
from hypothesis import strategies as st

from clock.scenes import STEPS, Scene, scenes
from clock.tickets import OFFICE, always, at, ticket
from hubspot_sla.clock.judge import judge_all
from hubspot_sla.clock.metrics import Metric, PauseRule, PropertyIs
from hubspot_sla.clock.pauses import EVERYBODY, NOBODY
from hubspot_sla.clock.promise import Clock, Kind
from hubspot_sla.clock.timeline import PropertyChange, Role, Timeline
from hubspot_sla.clock.verdict import Status
from hubspot_sla.clock.waivers import StoppedInterval
from proof import examples

RESOLUTION = Clock(Kind.SLA, Metric.RESOLUTION)


def by(timeline: Timeline, *authors: str) -> Timeline:
    """The stages after the first were entered by these, in turn."""
    first, *later = timeline.stages
    named = [replace(change, by=author) for change, author in zip(later, cycle(authors), strict=False)]
    return replace(timeline, stages=(first, *named))


def status(timeline: Timeline, without: object, hours: float = 4) -> Status:
    (verdict,) = judge_all(timeline, {RESOLUTION: always(hours)}, at("11-24 10:00"), without)  # type: ignore[arg-type]
    return verdict.status


def test_a_resolution_is_met_only_because_of_one_authors_pause() -> None:
    """10:00 to 16:00 is six hours, of which Ada's pause takes three and Ben's half an hour."""
    timeline = by(
        ticket(
            ("11-23 11:00", Role.WAITING),
            ("11-23 14:00", Role.OPEN),
            ("11-23 15:00", Role.WAITING),
            ("11-23 15:30", Role.OPEN),
            ("11-23 16:00", Role.CLOSED),
        ),
        *("Ada", "Ada", "Ben", "Ben", "Ben"),
    )
    assert status(timeline, NOBODY) is Status.MET
    assert status(timeline, {"Ada"}) is Status.MISSED
    assert status(timeline, {"Ben"}) is Status.MET  # three hours run
    assert status(timeline, EVERYBODY) is Status.MISSED


def test_two_pauses_of_which_either_would_do_are_needed_together() -> None:
    """10:00 to 16:00 with two hours of each: four run with one of them, six without both."""
    timeline = by(
        ticket(
            ("11-23 11:00", Role.WAITING),
            ("11-23 13:00", Role.OPEN),
            ("11-23 13:30", Role.WAITING),
            ("11-23 15:30", Role.OPEN),
            ("11-23 16:00", Role.CLOSED),
        ),
        *("Ada", "Ada", "Ben", "Ben", "Ben"),
    )
    assert [status(timeline, {author}) for author in ("Ada", "Ben")] == [Status.MET, Status.MET]
    assert status(timeline, EVERYBODY) is Status.MISSED


def test_a_pause_that_another_one_hid_counts_once_that_is_taken_away() -> None:
    """A property pauses from 11:00 on, and a stage from 12:00 on: of the two the first counts."""
    held = PropertyIs("held", _Yes())
    rules = (PauseRule(held), *always()[0].promise.pauses)  # type: ignore[union-attr]
    timeline = replace(
        by(
            ticket(("11-23 12:00", Role.WAITING), ("11-23 15:00", Role.OPEN), ("11-23 16:00", Role.CLOSED)),
            "Ben",
        ),
        properties={"held": (PropertyChange(at("11-23 11:00"), "yes", "Ada"), PropertyChange(at("11-23 15:00"), ""))},
    )
    promised = {RESOLUTION: always(3, pauses=rules)}

    def elapsed(without: object) -> int:
        (verdict,) = judge_all(timeline, promised, at("11-24 10:00"), without)  # type: ignore[arg-type]
        due = verdict.cycle.due_at
        return 0 if due is None else due - at("11-23 10:00")

    hour = 3_600_000
    assert elapsed(NOBODY) == 7 * hour  # 11 to 15 is paused
    assert elapsed({"Ada"}) == 6 * hour  # 12 to 15 still is
    assert elapsed({"Ben"}) == 7 * hour
    assert elapsed(EVERYBODY) == 3 * hour


class _Yes:
    def accepts(self, value: str | None) -> bool:
        return value == "yes"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Yes)

    def __hash__(self) -> int:
        return 0


def test_what_a_waiver_stopped_is_a_pause_of_whoever_granted_it() -> None:
    stop = StoppedInterval(at("11-23 18:00"), "outage", at("11-23 11:00"), at("11-23 14:00"), by="Ada")
    timeline = by(ticket(("11-23 16:00", Role.CLOSED), stopped=(stop,)), "Ben")
    assert status(timeline, NOBODY) is Status.MET
    assert status(timeline, {"Ben"}) is Status.MET
    assert status(timeline, {"Ada"}) is Status.MISSED


def test_a_closing_is_no_pause_and_is_never_taken_away() -> None:
    timeline = by(ticket(("11-23 11:00", Role.CLOSED), ("11-24 08:00", Role.OPEN), ("11-24 09:00", Role.CLOSED)), "Ada")
    assert status(timeline, NOBODY) is status(timeline, EVERYBODY) is Status.MET


def test_a_pause_outside_business_hours_makes_nothing_met() -> None:
    timeline = by(ticket(("11-23 17:00", Role.WAITING), ("11-24 07:00", Role.OPEN), ("11-24 09:00", Role.CLOSED)), "A")
    promised = {RESOLUTION: always(7, calendar=OFFICE)}
    statuses = [judge_all(timeline, promised, at("11-24 12:00"), each)[0].status for each in (NOBODY, EVERYBODY)]
    assert statuses == [Status.MET, Status.MET]  # seven hours have run at 09:00


@examples(150)
@given(scene=scenes(), now=st.integers(0, STEPS - 1))
def test_what_is_met_without_any_pause_is_met_without_those_of_one_author(scene: Scene, now: int) -> None:
    now = max(now, scene.ticket.created)
    timeline = by(scene.timeline(now), "Ada", "Ben", "Cleo")
    promised = {scene.clock: scene.promises()}

    def met(without: object) -> set[int]:
        (verdict,) = judge_all(timeline, promised, scene.at(now), without)  # type: ignore[arg-type]
        return {each.number for each in verdict.cycles if each.status is Status.MET}

    with_all, with_none = met(NOBODY), met(EVERYBODY)
    for author in ("Ada", "Ben", "Cleo", ""):
        assert with_all & with_none <= met({author})
