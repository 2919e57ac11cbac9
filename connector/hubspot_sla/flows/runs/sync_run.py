"""One run of any job that judges records: begun and ended in the ledger, each batch recorded before the next is asked
for, and sent as soon as there is a full one. A run that dies at any instant has lost nothing."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from hubspot_sla.clock.timeline import Role
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.context import learned, portal_binding, versions_in_force
from hubspot_sla.flows.context.failpoints import Failpoint
from hubspot_sla.flows.context.mappings_version import versions_of
from hubspot_sla.flows.judging.judging_context import JudgingContext, more_clocks
from hubspot_sla.flows.reading import calendar_versions
from hubspot_sla.flows.reading.evaluate_page import PageEvaluator
from hubspot_sla.flows.reading.message_reading import MessageReader
from hubspot_sla.flows.reading.message_work import MessageScope
from hubspot_sla.flows.records import hubspot_facts
from hubspot_sla.flows.runs import clock_ran_ahead, new_clock_rules, waivers_take_effect
from hubspot_sla.flows.runs.job_run import failure, new_run_id
from hubspot_sla.flows.sending import commit, deliver
from hubspot_sla.flows.sending.commit import RunStats
from hubspot_sla.flows.sending.deliver import Delivery
from hubspot_sla.ledger import names, runs, state
from hubspot_sla.plan.properties import written_for
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.policy.counted_messages import needed_activities

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.reading.batch import Batch
    from hubspot_sla.flows.records.hubspot_facts import Vocabulary
    from hubspot_sla.hubspot.record_rows import CrmRecord
    from hubspot_sla.plan.clock_ran_ahead import ClockCorrection

logger = logging.getLogger("hubspot_sla.sync")

UNRANKED = "the tier %r is not ranked, so no policy that asks for a tier applies to %s: add it to `ranks` in tiers.yaml"


Progress = Callable[[RunStats], None]
Before = Callable[[Iterable[RecordRef]], None]
"""Called with the records that are about to be judged: what is on its way to them must have arrived."""


def nothing_to_wait_for(_: Iterable[RecordRef]) -> None:
    """Nothing is on its way to any record."""


def silent(_: RunStats) -> None:
    """Nobody asked how it goes."""


@dataclass(slots=True)
class Run:
    """A run under way. `id` is what its audit entries carry."""

    context: Context
    id: str
    command: str
    progress: Progress
    stats: RunStats = field(default_factory=RunStats)
    _before: Counter[str] = field(default_factory=Counter)
    _stopped: bool = False

    def carry_out(self, survey: Callable[[Before], Iterable[Batch]]) -> None:
        """Record and send every batch, then all that is left; what an earlier run left unfinished goes first, and a
        deadline that comes meanwhile goes before the next batch."""
        context = self.context
        deliver.resume(context)
        context.reached(Failpoint.RESUMED)
        with Delivery(context, self.id, self.stats) as delivery:
            for batch in survey(delivery.landed):
                if not batch.waiting:
                    self._take(batch, delivery)
                self._stopped = self._give_way(delivery)
                if self._stopped:
                    break
            delivery.finish(partial(self._give_way, delivery))
        context.reached(Failpoint.ENDED)

    def _take(self, batch: Batch, delivery: Delivery) -> None:
        self.context.reached(Failpoint.JUDGED)
        self.record(batch)
        self.context.reached(Failpoint.RECORDED)
        delivery.go_on()
        self._count_calls()
        self.progress(self.stats)

    def _give_way(self, delivery: Delivery) -> bool:
        """Whether to stop. What has become due is another run's, which begins when nothing is on its way for this one
        any more, and counts its own calls."""
        context = self.context
        if context.urgent():
            delivery.settle()
            calls = Counter(context.portal.transport.calls)
            context.do_urgent()
            self._before.update(Counter(context.portal.transport.calls) - calls)
        return context.stopping()

    def record(self, batch: Batch) -> None:
        commit.write(self.context.ledger, batch, run_id=self.id, at=self.context.now())
        commit.count(batch, self.stats)

    def end(self, error: BaseException | None) -> None:
        self._count_calls()
        for tier, number in sorted(self.stats.unranked.items()):
            logger.warning(UNRANKED, tier, "1 record" if number == 1 else f"{number} records")
        outcome = self.stats.as_json()
        if self._stopped:
            outcome[runs.STOPPED] = True
        if self.stats.refused is not None:
            outcome[runs.REFUSED] = self.context.settings.redactor(str(self.stats.refused))
        if error is not None:  # also one that nobody else writes down, as Ctrl-C
            outcome |= failure(error, self.context.settings.redactor)
        with self.context.ledger.transaction() as db:
            runs.end(db, self.id, self.context.now(), outcome)
            runs.prune(db, self.command)
            learned.keep(db, self.context.portal.transport)

    def _count_calls(self) -> None:
        self.stats.calls = Counter(self.context.portal.transport.calls) - self._before


@contextmanager
def begun(
    context: Context, command: str, progress: Progress = silent, *, calls: Counter[str] | None = None
) -> Iterator[Run]:
    """A run of `command` in the ledger's own portal, ended in the ledger however it ends. `calls` were those made
    before it, if not all."""
    with context.ledger.telling_damage():
        before = Counter(context.portal.transport.calls) if calls is None else calls
        portal_binding.require_own(context)
        running = Run(context, new_run_id(), command, progress, _before=before)
        with context.ledger.transaction() as db:
            context.ledger.expect_settings()
            runs.begin(db, running.id, command, context.now())
        new_clock_rules.adopt(context, running.id)
        calendar_versions.keep(context, versions_in_force.in_force(context.ledger.db, context.compiled), running.id)
        waivers_take_effect.take_effect(context.ledger)
        context.reached(Failpoint.BEGUN)
        try:
            yield running
        except BaseException as error:
            running.end(error)
            raise
        running.end(None)


def surveyor(
    context: Context,
    versions: Sequence[Version],
    object_type: str,
    go_live_at: int,
    *,
    backfill: bool = False,
    before: Before = nothing_to_wait_for,
    now: Callable[[], int] | None = None,
    correction: ClockCorrection | None = None,
    everything: bool = False,
) -> PageEvaluator:
    """The evaluator for records of one type, with the words of the newest version. `now` (epoch ms) is asked at
    each page; without it, the context's. `correction` of the clock: one that the ledger does not hold. `everything`:
    all messages of a record are read again."""
    of_type = versions_of(versions, object_type)
    db = context.ledger.db
    words = vocabulary(of_type, state.made_by_setup(db).get(object_type, ()))
    link = portal_binding.record_link(db, words.object_type)

    def judging() -> JudgingContext:
        as_of = (now or context.now)()
        return JudgingContext(
            of_type,
            words.written,
            go_live_at,
            as_of,
            backfill,
            link,
            new_clock_rules.since(db, as_of),
            correction or clock_ran_ahead.standing(db, as_of),
            partial(names.newest_of, db),
        )

    evaluator = PageEvaluator(context.ledger.db, context.portal, words, judging, before)
    reader = _message_reader(evaluator, of_type[-1], closed_too=backfill, everything=everything)
    return replace(evaluator, messages=reader)


def _message_reader(
    evaluator: PageEvaluator, version: Version, *, closed_too: bool, everything: bool
) -> MessageReader | None:
    """None: the mappings name no source of messages."""
    messages, profile, ids = version.mappings.portal.messages, evaluator.words.profile, version.portal_ids

    def is_closed(row: CrmRecord) -> bool:
        stage = ids.role(row.properties.get(profile.pipeline) or "", row.properties.get(profile.stage) or "")
        return stage is not None and stage.role is Role.CLOSED

    if messages is None or not messages.sources:
        return None
    scope = MessageScope(
        evaluator.db,
        evaluator.portal,
        evaluator.words,
        messages,
        needed_activities(messages, version.mappings.policy_set.policies, evaluator.judging().now),
        lambda: evaluator.judging().now,
        everything=everything,
    )
    return MessageReader(scope, is_closed, closed_too=closed_too)


def vocabulary(versions: Sequence[Version], made: Collection[str] = ()) -> Vocabulary:
    """Of the object type that the versions are about, in the words of the newest; what an older one wrote for a clock
    of its own is written on, and so is what setup has `made` and the newest needs no more."""
    current = versions[-1].mappings
    names, everything = current.portal.written, written_for(more_clocks(versions))
    needed = {written.key for written in current.written_properties} if names.is_lean else None
    keys = [each.key for each in everything if needed is None or each.key in needed or names.of(each.key) in made]
    return hubspot_facts.vocabulary(current.portal, keys, also=current.policy_set.read_properties)


def settled(context: Context, before: Before = nothing_to_wait_for, *, everything: bool = False) -> list[PageEvaluator]:
    """The evaluators by the versions in force, one for each object type; none for a type while no sync has looked at
    all of its records yet, or since the mappings asked for more: then there is nothing to hold HubSpot against."""
    db = context.ledger.db
    go_live_at, versions = went_live_at(context), versions_in_force.in_force(db, context.compiled)
    object_types = versions[-1].mappings.object_types if versions else ()
    return [
        surveyor(context, versions, object_type, go_live_at, before=before, everything=everything)
        for object_type in object_types
        if _is_walked(db, object_type)
    ]


def _is_walked(db: sqlite3.Connection, object_type: str) -> bool:
    """A walk through all records has come to its end."""
    cursor, listing = (state.read(db, state.of(object_type, key)) for key in (state.CURSOR, state.LISTING))
    return cursor is not None and listing is None


def went_live_at(context: Context) -> int:
    """UsageProblem: nobody has run `sla setup`."""
    at = state.read_instant(context.ledger.db, state.GO_LIVE)
    if at is None:
        raise UsageProblem("this portal is not set up yet", remedy="run `sla setup` first")
    return at
