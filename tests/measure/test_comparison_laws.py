"""The rules as HubSpot has them, against the look-alike's own arithmetic, which counts day by day and knows nothing of
ours: whatever we promise, with all four exchanged it is HubSpot's rule that counts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hubspot_sandbox.native_hours import OperatingHours
from hubspot_sla.clock.calendar import Calendar
from hubspot_sla.clock.hours import WHOLE_DAY, Hours
from hubspot_sla.clock.metrics import IN_WAITING, Metric
from hubspot_sla.clock.promise import Clock, Kind, Promise, PromiseChange, Reopen
from hubspot_sla.clock.timeline import Message, Role, StageChange, Timeline
from hubspot_sla.measure.comparison.cause import OF_RULES, Cause
from hubspot_sla.measure.comparison.decide import WITHIN_MS, compare
from hubspot_sla.measure.comparison.one_rule import EXCHANGES
from hubspot_sla.measure.comparison.terms import Standing, Terms, figures_of
from hubspot_sla.measure.comparison.theirs import Rule, Shown, Theirs
from proof import SUITE, examples

MINUTE = 60_000
MONDAY = datetime(2026, 10, 19, tzinfo=UTC)  # clocks go back on the Sunday that follows
BEGIN = int(MONDAY.timestamp() * 1000)
NOW = BEGIN + 60 * 24 * 3_600_000
WAITING, OPEN, PARKED, CLOSED = "2", "1", "5", "4"
ROLES = {WAITING: Role.WAITING, OPEN: Role.OPEN, PARKED: Role.WAITING, CLOSED: Role.CLOSED}
LAWS = settings(examples(12), phases=SUITE)
ZONES = ("UTC", "Europe/Berlin", "America/New_York")


class Life(NamedTuple):
    """A ticket: when it was created, its later stages, and when it was answered (ms)."""

    created: int
    stages: tuple[tuple[int, str], ...]
    replied: int


class Ours(NamedTuple):
    week: dict[int, tuple[int, int]]
    zone: str
    minutes: int
    closed: frozenset[date]


weeks = st.dictionaries(
    st.integers(0, 6),
    st.tuples(st.integers(0, 40), st.integers(41, 96)).map(lambda span: (span[0] * 15, span[1] * 15)),
    min_size=1,
)
rules = st.tuples(weeks, st.sampled_from(ZONES), st.integers(1, 3000))
days = st.integers(0, 20).map(lambda number: (MONDAY + timedelta(days=number)).date())
ours = st.builds(Ours, weeks, st.sampled_from(ZONES), st.integers(1, 3000), st.frozensets(days, max_size=3))


@st.composite
def lives(draw: st.DrawFn) -> Life:
    created = BEGIN + draw(st.integers(0, 4 * 24 * 60)) * MINUTE
    moves = sorted(draw(st.sets(st.integers(1, 6 * 24 * 60), max_size=4)))
    stages = draw(st.lists(st.sampled_from([WAITING, OPEN, PARKED]), min_size=len(moves), max_size=len(moves)))
    replied = created + draw(st.integers(1, 6 * 24 * 60)) * MINUTE
    return Life(
        created, tuple((created + at * MINUTE, stage) for at, stage in zip(moves, stages, strict=True)), replied
    )


def _without_parked(stages: tuple[tuple[int, str], ...]) -> tuple[tuple[int, str], ...]:
    """The stage in which only we stand still is one in which nobody does."""
    return tuple((at, OPEN if stage == PARKED else stage) for at, stage in stages)


def _answered_in_a_pause(life: Life) -> bool:
    """Which counts for us and not for HubSpot: one more rule in which both differ."""
    stage = [OPEN, *(stage for at, stage in life.stages if at < life.replied)][-1]
    return ROLES[stage] is Role.WAITING


def terms(life: Life, promised: Ours) -> Terms:
    week = {day: (Hours(*span),) for day, span in promised.week.items()}
    closed = dict.fromkeys(promised.closed, (WHOLE_DAY,))
    calendar = Calendar("ours", ZoneInfo(promised.zone), week, closed=closed)
    stages = [(life.created, OPEN), *life.stages]
    timeline = Timeline(
        created_at=life.created,
        stages=tuple(StageChange(at, ROLES[stage], stage, id=stage) for at, stage in stages),
        first_replies=(Message(life.replied),),
        agent_messages=(Message(life.replied),),
    )
    promise = Promise(
        Metric.FIRST_RESPONSE, "p", "t", promised.minutes * MINUTE, calendar, pauses=IN_WAITING, reopen=Reopen.COUNT
    )
    return Terms(Clock(Kind.SLA, Metric.FIRST_RESPONSE), timeline, (PromiseChange(life.created, promise),))


def theirs(life: Life, rule: tuple[dict[int, tuple[int, int]], str, int]) -> tuple[Shown, Theirs]:
    """What the look-alike's arithmetic gives; and what is told of the rule."""
    week, zone, minutes = rule
    hours = OperatingHours(zone, week)
    moved = [(life.created, OPEN), *life.stages]
    stays = pairwise([one for place, one in enumerate(moved) if not place or one[1] != moved[place - 1][1]])
    pauses = [(entered, left) for (entered, stage), (left, _) in stays if stage == WAITING and left <= life.replied]
    due = hours.due_ms(life.created, minutes, pauses)
    standing = Standing.ON_TIME if life.replied <= due else Standing.LATE
    shown = Shown(due, hours.elapsed_ms(life.created, life.replied), standing)
    calendar = Calendar("theirs", ZoneInfo(zone), {day: (Hours(*span),) for day, span in week.items()})
    return shown, Theirs(Rule(calendar, minutes, frozenset({WAITING})), first_reply_at=life.replied)


@given(lives(), ours, rules)
@LAWS
def test_with_every_rule_exchanged_the_clock_counts_as_hubspot_does(
    life: Life, promised: Ours, rule: tuple[dict[int, tuple[int, int]], str, int]
) -> None:
    shown, known = theirs(life, rule)
    exchanged = [terms(life, promised)]
    for cause in (cause for cause in EXCHANGES if cause in (Cause.RULE, Cause.HOURS, Cause.HOLIDAY, Cause.PAUSE)):
        exchanged = [each for before in exchanged for each in EXCHANGES[cause](before, known, NOW)]
    [only] = exchanged
    figures = figures_of(only, NOW, counts_pauses=True)
    assert (figures.due_at, figures.elapsed_ms, figures.standing) == (shown.due_at, shown.elapsed_ms, shown.standing)


@given(lives(), ours, rules, st.sets(st.sampled_from(["week", "closed", "minutes", "paused"]), max_size=2))
@LAWS
def test_what_one_or_two_rules_explain_is_never_unknown_and_what_is_named_is_needed(
    life: Life, promised: Ours, rule: tuple[dict[int, tuple[int, int]], str, int], differ: set[str]
) -> None:
    """We promise as HubSpot does, but for what differs."""
    week, zone, minutes = rule
    like = Ours(
        promised.week if "week" in differ else week,
        promised.zone if "week" in differ else zone,
        promised.minutes if "minutes" in differ else minutes,
        promised.closed if "closed" in differ else frozenset(),
    )
    kept = life if "paused" in differ else life._replace(stages=_without_parked(life.stages))
    assume(len(differ) < 2 or not _answered_in_a_pause(kept))
    shown, known = theirs(kept, rule)
    compared = compare(terms(kept, like), shown, known, NOW)
    assert compared is not None
    assert compared.causes != (Cause.UNKNOWN,)
    if not differ and not kept.stages:
        assert compared.causes == ()
    if compared.causes and compared.causes[0] in OF_RULES:
        ours_due = compared.ours.due_at
        assert ours_due is not None
        differs = abs(ours_due - (shown.due_at or 0)) > WITHIN_MS
        took = abs((compared.ours.elapsed_ms or 0) - (shown.elapsed_ms or 0)) > WITHIN_MS
        assert differs or took or compared.ours.standing is not shown.standing
