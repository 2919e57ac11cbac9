"""Why a promise has made no task: a question that comes up wherever one is late and nobody was told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.verdict import LATE, OPEN, Status
from hubspot_sla.flows.inspection.rung_overview import why_cancelled
from hubspot_sla.flows.judging import escalate
from hubspot_sla.plan.escalation import is_after
from hubspot_sla.plan.rung_actions.task import MakeTask

if TYPE_CHECKING:
    from collections.abc import Set

    from hubspot_sla.clock.promise import Promise
    from hubspot_sla.clock.verdict import Verdict
    from hubspot_sla.flows.inspection.rung_overview import RungOverview
    from hubspot_sla.flows.judging.judgement import Judgement
    from hubspot_sla.plan.ladder import Ladder, Rung
    from hubspot_sla.plan.records import RecordRef
    from hubspot_sla.render.story import Teller


@dataclass(frozen=True, slots=True)
class NoTask:
    """Answers for each clock of one record."""

    teller: Teller
    record: RecordRef
    go_live_at: int
    task_keys: Set[str]
    overview: RungOverview
    judgement: Judgement

    def why(self, verdict: Verdict) -> str:
        """In words; "" where nothing was promised or a task was made."""
        promise = verdict.promise
        if promise is None or self._has_task(verdict):
            return ""
        return self._before_any_rung(verdict, promise) or self._by_rungs(verdict, promise)

    def _has_task(self, verdict: Verdict) -> bool:
        start = f"task:{self.record.key}:{verdict.clock.key}:{verdict.cycle.number}:"
        return any(key.startswith(start) for key in self.task_keys)

    def _before_any_rung(self, verdict: Verdict, promise: Promise) -> str:
        text, cycle = self.teller.texts.text, verdict.cycle
        if not _steps_with_tasks(self._ladder(verdict)):
            return text("No task: this policy asks for none.")
        if not is_after(cycle, self.go_live_at):
            if cycle.status in LATE:
                return text("No task: it was late before go-live, {at}.", at=self.teller.at(self.go_live_at, promise))
            return text("No task: it was over before go-live, {at}.", at=self.teller.at(self.go_live_at, promise))
        if cycle.status is Status.PAUSED:
            return text("No task: it is paused.")
        if cycle.status is Status.PENDING:
            return text("No task: it has not started.")
        if cycle.status in (Status.MET, Status.WAIVED, Status.NOT_APPLICABLE, Status.MERGED):
            return (
                text("No task: it was never late.") if cycle.status is Status.MET else text("No task: nothing is owed.")
            )
        return ""

    def _by_rungs(self, verdict: Verdict, promise: Promise) -> str:
        text, cycle = self.teller.texts.text, verdict.cycle
        key, number = verdict.clock.key, cycle.number
        steps = {rung.name for rung in _steps_with_tasks(self._ladder(verdict))}
        reached = [
            rung for rung in self.overview.reached if (rung.clock, rung.cycle) == (key, number) and rung.rung in steps
        ]
        if reached:
            reason = reached[-1].reason
            why = self.teller.why(reason) if reason else text("this step asks for none")
            return text("No task: {why}.", why=why)
        coming = [one.at for one in self.overview.coming if (one.verdict.clock.key, one.cycle.number) == (key, number)]
        if cycle.status in (Status.RUNNING, Status.AT_RISK) and cycle.due_at is not None:
            coming.append(cycle.due_at)
        if coming and cycle.status in OPEN:
            return text("No task yet: the next step is {at}.", at=self.teller.at(min(coming), promise))
        over = [one for one in self.overview.cancelled if (one.verdict.clock.key, one.cycle.number) == (key, number)]
        if over:
            return text("No task: {why}.", why=self.teller.why(why_cancelled(over[-1])))
        return text("No task yet: the next sync makes it.") if cycle.status in OPEN else ""

    def _ladder(self, verdict: Verdict) -> Ladder | None:
        changes = escalate.ladders_of(self.judgement.agreed).get(verdict.clock, ())
        return changes[-1].ladder if changes else None


def _steps_with_tasks(ladder: Ladder | None) -> list[Rung]:
    rungs = ladder.rungs if ladder else ()
    return [rung for rung in rungs if any(isinstance(action, MakeTask) for action in rung.actions)]
