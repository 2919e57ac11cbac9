"""Every recorded verdict computed again: from the facts, values and versions of the mappings that its entry knew.

A verdict that comes out otherwise means that somebody altered the ledger, or that the clock does not do today what it
did then. Verdicts of an older number of the clock's rules are counted apart: that they come out otherwise is what the
number is for. Entries of the first form name no rows, and cannot be recomputed; a verdict that only they have told
is taken as recorded, until an entry of the second form tells another.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hubspot_sla.clock.rules_number import CLOCK_RULES
from hubspot_sla.errors import ReplayDiffers
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.context.mappings_version import VersionsByType
from hubspot_sla.flows.judging import verdict_json
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.records.as_recorded import as_recorded
from hubspot_sla.ledger import audit, erasures
from hubspot_sla.ledger.audit_fields import parted
from hubspot_sla.plain_text import counted

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping, Set

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.judging.verdict_json import Body
    from hubspot_sla.ledger.audit import Recorded
    from hubspot_sla.ledger.database import Ledger
    from hubspot_sla.plan.records import RecordRef

MOST_NAMED: Final = 20
_EVERY: Final = 500


@dataclass(slots=True)
class Replayed:
    """How many verdicts of how many entries about how many records were computed again, and how many came out
    otherwise; `older_rules` are verdicts by an older number of the clock's rules, of which `older_differing` come out
    otherwise; `first_form` entries that name no rows; `erased` verdicts that come out otherwise and rest on values that
    were removed on request: these are taken as recorded. `examples` name differences."""

    records: int = 0
    entries: int = 0
    verdicts: int = 0
    differing: int = 0
    older_rules: int = 0
    older_differing: int = 0
    first_form: int = 0
    erased: int = 0
    examples: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        return asdict(self)

    def summary(self) -> str:
        """One line for a terminal or a log."""
        parts = [
            f"{counted(self.verdicts, 'verdict')} of {counted(self.entries, 'entry')} computed again,"
            f" {self.differing} differ"
        ]
        if self.older_rules:
            parts.append(
                f"{self.older_rules} by older rules of the clock, of which {self.older_differing} differ today"
            )
        if self.erased:
            parts.append(f"{self.erased} rest on erased values and are taken as recorded")
        if self.first_form:
            parts.append(f"{self.first_form} entries are of the first form, which names no facts")
        return "; ".join(parts)


def _nobody(_: Replayed) -> None:
    """Nobody asked how it goes."""


def _never() -> bool:
    return False


def replay(
    ledger: Ledger, *, progress: Callable[[Replayed], None] = _nobody, stopping: Callable[[], bool] = _never
) -> Replayed:
    """Record by record, none of them half done when `stopping` is asked; nothing is written, and of the log no more is
    held than what it says of one record."""
    done = Replayed(first_form=audit.decisions_of_first_form(ledger.db))
    with ledger.telling_damage():
        replaying = _Replaying(ledger.db, done)
        for record in audit.decided(ledger.db):
            replaying.replay_record(record, audit.decisions(ledger.db, record))
            if done.records % _EVERY == 0:
                progress(done)
            if stopping():
                break
    return done


def check(context: Context) -> Replayed:
    """As a job: raises ReplayDiffers."""
    done = replay(context.ledger, stopping=context.give_way)
    require_same(done)
    return done


def require_same(done: Replayed) -> None:
    """Raises ReplayDiffers where a verdict by the present rules does not come out as it was recorded."""
    if done.differing:
        raise ReplayDiffers(
            f"recorded verdicts do not follow from the recorded facts: {done.summary()}: {'; '.join(done.examples)}",
            remedy="`sla audit verify` tells whether the ledger was altered; if it was not, please report this",
        )


@dataclass(frozen=True, slots=True)
class _Standing:
    """A verdict as the log says it stands: without its texts, and the number of the rules that gave it."""

    body: Body
    rules: int


class _Replaying:
    """Counts into `done`."""

    def __init__(self, db: sqlite3.Connection, done: Replayed) -> None:
        self.db = db
        self.done = done
        self.versions = VersionsByType(versions_in_force.in_force(db))
        self.rules = audit.rules_changes(db)
        self.erased = erasures.covered_entries(db)

    def replay_record(self, record: RecordRef, entries: Iterable[Recorded]) -> None:
        standing: dict[str, _Standing] = {}
        told_before = audit.clocks_of_first_form(self.db, record) if self.done.first_form else set()
        self.done.records += 1
        for entry in entries:
            rules = self._rules_at(entry.seq)
            said = _mapping(entry.body.get("after"))
            for clock in _listed(entry.body.get("dropped")):
                standing.pop(clock, None)
                told_before.discard(clock)
            told_before -= said.keys()
            standing.update({clock: _Standing(parted(body)[0], rules) for clock, body in said.items()})
            self.done.entries += 1
            self._compare(record, entry, standing, told_before)

    def _compare(
        self, record: RecordRef, entry: Recorded, standing: Mapping[str, _Standing], told_before: Set[str]
    ) -> None:
        computed = self._computed(record, entry)
        for clock, recorded in sorted(standing.items()):
            differs = computed is None or computed.get(clock) != recorded.body
            if recorded.rules != CLOCK_RULES:
                self.done.older_rules += 1
                self.done.older_differing += differs
                continue
            if differs and entry.seq in self.erased:
                self.done.erased += 1
                continue
            self.done.verdicts += 1
            if differs:
                self._differs(f"{record.key} {clock} at entry {entry.seq}")
        if (
            entry.seq not in self.erased
            and computed is not None
            and all(one.rules == CLOCK_RULES for one in standing.values())
        ):
            for clock in sorted(computed.keys() - standing.keys() - told_before):
                self._differs(f"{record.key} {clock} at entry {entry.seq}, where none was recorded")

    def _differs(self, what: str) -> None:
        self.done.differing += 1
        if len(self.done.examples) < MOST_NAMED:
            self.done.examples.append(what)

    def _computed(self, record: RecordRef, entry: Recorded) -> dict[str, Body] | None:
        """By clock; None where the entry refers to nothing that is there."""
        number = entry.body.get("mappings")
        versions = self.versions.of(record.object_type)
        known = as_recorded(self.db, record, entry.seq, entry.body)
        if known is None or not isinstance(number, int) or not 1 <= number <= len(versions):
            return None
        judgement = judgement_of(known, versions[:number], entry.at)
        return {verdict.clock.key: parted(verdict_json.of_verdict(verdict))[0] for verdict in judgement.verdicts}

    def _rules_at(self, seq: int) -> int:
        """The number of the clock's rules by which entry `seq` was judged."""
        place = bisect_left(self.rules, seq, key=lambda change: change.entry)
        if place:
            return self.rules[place - 1].after
        return self.rules[0].before if self.rules else CLOCK_RULES


def _mapping(said: object) -> dict[str, Any]:
    return dict(said) if isinstance(said, dict) else {}


def _listed(said: object) -> Iterator[str]:
    yield from map(str, said) if isinstance(said, list) else ()
