"""Outcomes computed again from facts, without a call: to fill what an upgraded ledger lacks, and to check the rest.

Records that were judged by older rules of the clock are left as they are, and counted apart; those without outcomes get
them where the present rules give the same verdicts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.errors import OutcomesDiffer
from hubspot_sla.flows.runs.judged_again import JudgingAgain
from hubspot_sla.ledger import outcomes, state
from hubspot_sla.plain_text import counted
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.runs.judged_again import JudgedAgain, Page
    from hubspot_sla.ledger.database import Ledger

MOST_NAMED: Final = 10


@dataclass(slots=True)
class Rebuilt:
    """What became of all records so far: how many were looked at, had no outcomes and got them, had others than the
    facts give, were judged by older rules, rest on erased values, and could not be judged as they had been. `examples`
    name some of those that differ or could not be judged."""

    records: int = 0
    filled: int = 0
    differing: int = 0
    older_rules: int = 0
    erased: int = 0
    not_reproduced: int = 0
    examples: list[str] = field(default_factory=list)

    def count(self, page: Page, *, written: bool) -> None:
        """`written`: what was missing has been filled."""
        for result in page:
            self.records += 1
            self.erased += result.erased
            self.older_rules += result.outcomes is None and not result.erased
            self.differing += result.differs
            self.filled += written and can_be_filled(result)
            self.not_reproduced += not result.reproduced
            if (result.differs or not result.reproduced) and len(self.examples) < MOST_NAMED:
                self.examples.append(result.record.key)

    def as_json(self) -> dict[str, object]:
        return asdict(self)

    def summary(self) -> str:
        """One line for a log."""
        parts = [counted(self.records, "record"), f"{self.filled} filled", f"{self.differing} differing"]
        if self.older_rules:
            parts.append(f"{self.older_rules} judged by older rules of the clock")
        if self.erased:
            parts.append(f"{self.erased} rest on erased values and stay as they are")
        if self.not_reproduced:
            parts.append(f"{self.not_reproduced} whose verdicts cannot be reproduced")
        return ", ".join(parts) + (f": {', '.join(self.examples)}" if self.examples else "")


def _nobody(_: Rebuilt) -> None:
    """Nobody asked how it goes."""


def _never() -> bool:
    return False


Progress = Callable[[Rebuilt], None]
Stopping = Callable[[], bool]


def rebuild(ledger: Ledger, *, progress: Progress = _nobody, stopping: Stopping = _never) -> Rebuilt:
    """Write what is missing or differs, page by page. One that was interrupted is gone on with."""
    done = Rebuilt()
    with ledger.telling_damage():
        for page in JudgingAgain(ledger.db).pages(_reached(ledger.db)):
            with ledger.transaction() as db:
                _write(db, page)
                state.write(db, state.REBUILT, orjson.dumps(list(page[-1].record)).decode())
            done.count(page, written=True)
            progress(done)
            if stopping():
                return done
        with ledger.transaction() as db:
            state.forget(db, state.REBUILT)
            outcomes.note_missing(db)
    return done


def fill(ledger: Ledger, *, stopping: Stopping) -> Rebuilt:
    """Write the outcomes of records that have none, and the attribution of those that lack it; nothing where nothing is
    known to be missing. One that was interrupted is gone on with."""
    done = Rebuilt()
    if not outcomes.missing(ledger.db).can_be_filled:
        return done
    for page in JudgingAgain(ledger.db).pages(incomplete_only=True):
        with ledger.transaction() as db:
            _write(db, page)
        done.count(page, written=True)
        if stopping():
            return done
    with ledger.transaction() as db:
        outcomes.note_missing(db)
    return done


def check(context: Context) -> Rebuilt:
    """Compute all outcomes again and write nothing but what came of it. Raises OutcomesDiffer."""
    done = compare(context.ledger, stopping=context.give_way)
    with context.ledger.transaction() as db:
        state.write(db, state.CHECKED, orjson.dumps({**done.as_json(), "at": context.now()}).decode())
    require_same(done)
    return done


def compare(ledger: Ledger, *, progress: Progress = _nobody, stopping: Stopping = _never) -> Rebuilt:
    """What a rebuild would find. Nothing is written."""
    done = Rebuilt()
    with ledger.telling_damage():
        for page in JudgingAgain(ledger.db).pages():
            done.count(page, written=False)
            progress(done)
            if stopping():
                break
    return done


def require_same(done: Rebuilt) -> None:
    """Raises OutcomesDiffer where outcomes are not what the facts give."""
    if done.differing or done.not_reproduced:
        raise OutcomesDiffer(
            f"outcomes are not what the facts give: {done.summary()}",
            remedy="`sla audit verify` checks whether facts were altered; `sla outcomes rebuild` computes them again",
        )


def can_be_filled(result: JudgedAgain) -> bool:
    """Outcomes never say anything else than the verdicts in force, and those that differ are not mended in silence."""
    is_lacking = result.is_missing or (result.lacks_attribution and not result.differs)
    return is_lacking and result.outcomes is not None and result.reproduced


def _write(db: sqlite3.Connection, page: Page) -> None:
    wanted = [result for result in page if can_be_filled(result) or result.differs]
    by_id = {result.record.record_id: result for result in wanted}
    if wanted:
        outcomes_by_id = {id_: result.outcomes or () for id_, result in by_id.items()}
        outcomes.save(
            db, wanted[0].record.object_type, outcomes_by_id, {id_: result.judged for id_, result in by_id.items()}
        )


def _reached(db: sqlite3.Connection) -> RecordRef | None:
    """How far an interrupted rebuild had come."""
    noted = state.read(db, state.REBUILT)
    return None if noted is None else RecordRef(*orjson.loads(noted))
