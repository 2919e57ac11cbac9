"""Edits by people: what somebody put into a property that is ours, as opposed to our own writes coming back. Pure.

By choice (`written: {edits: ...}` in portal.yaml) ours is written back, or theirs stays until we want something else
than we did when it was made.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubspot_sla.flows.records.hubspot_facts import written_of
from hubspot_sla.ledger.edits import Edit
from hubspot_sla.plan.actions import WriteProperties

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hubspot_sla.flows.judging.decide import Decision
    from hubspot_sla.flows.records.hubspot_facts import Vocabulary
    from hubspot_sla.hubspot.record_rows import CrmRecord
    from hubspot_sla.ledger.records import RecordRow

PropertyValues = dict[str, str | None]


def suspected(
    rows: Iterable[CrmRecord], known: Mapping[str, RecordRow], words: Vocabulary
) -> dict[str, PropertyValues]:
    """Record id to what we had written where HubSpot holds something else now, in a change later than our own.

    Only where something of ours was there before: after a teardown we know of nothing."""
    replaced: dict[str, PropertyValues] = {}
    for row in rows:
        before = known.get(row.id)
        if before is None or not before.written or row.updated_at_ms <= before.updated_at:
            continue
        shown = written_of(row.properties, words)
        ours = {
            name: before.written.get(name) for name in shown if (shown[name] or "") != (before.written.get(name) or "")
        }
        if ours:
            replaced[row.id] = ours
    return replaced


def without_ours(
    replaced: Mapping[str, PropertyValues], rows: Iterable[RecordRow], waiting: Mapping[str, Mapping[str, str]]
) -> dict[str, PropertyValues]:
    """The same without what we were about to write: HubSpot took it, and its answer was lost."""
    shown = {row.id: row.written for row in rows}
    by_people = {
        id_: {
            name: ours
            for name, ours in of_record.items()
            if waiting.get(id_, {}).get(name) != (shown[id_].get(name) or "")
        }
        for id_, of_record in replaced.items()
        if id_ in shown
    }
    return {id_: of_record for id_, of_record in by_people.items() if of_record}


@dataclass(frozen=True, slots=True)
class RecordEdits:
    """One record's edits before it is decided about: `replaced` is what was ours where it is not now, `respected` are
    the edits that stand, and `respect` whether any may."""

    row: RecordRow
    replaced: Mapping[str, str | None] = field(default_factory=dict)
    respected: Mapping[str, Edit] = field(default_factory=dict)
    respect: bool = False

    def seemingly_written(self) -> Mapping[str, str | None]:
        """What to decide by: an edit that is respected looks as if ours still stood there."""
        if not self.respect:
            return self.row.written
        ours = {name: edit.ours for name, edit in self.respected.items()}
        return {**self.row.written, **self.replaced, **ours}

    def settled_with(self, decision: Decision) -> DecisionWithEdits:
        """What is to be recorded of the edits, and the decision with what HubSpot truly holds."""
        wanted = _wanted(decision)
        settled = [edit for name, edit in self.respected.items() if self._is_over(name, edit, wanted)]
        edits = [edit for name in self.replaced if (edit := self._edit(name, wanted, decision.at)) is not None]
        if self.replaced or self.respected:
            decision = _without_writes_of(decision, self.row.written)
        return DecisionWithEdits(decision, edits, settled)

    def _edit(self, name: str, wanted: Mapping[str, str], at: int) -> Edit | None:
        record, theirs = self.row.ref, self.row.written.get(name) or ""
        if name in wanted:
            return None if wanted[name] == theirs else Edit(record, name, theirs, wanted[name], at, respected=False)
        if not self.respect:
            return None  # what they put there is what we want
        ours = self.respected[name].ours if name in self.respected else self.replaced[name] or ""
        return None if ours == theirs else Edit(record, name, theirs, ours, at, respected=True)

    def _is_over(self, name: str, edit: Edit, wanted: Mapping[str, str]) -> bool:
        return not self.respect or name in wanted or (self.row.written.get(name) or "") == edit.ours


@dataclass(frozen=True, slots=True)
class DecisionWithEdits:
    """`edits` are new, `settled` stand no longer."""

    decision: Decision
    edits: list[Edit]
    settled: list[Edit]


def _wanted(decision: Decision) -> Mapping[str, str]:
    writes = [action for action in decision.actions if isinstance(action, WriteProperties)]
    return writes[0].changes if writes else {}


def _without_writes_of(decision: Decision, written: Mapping[str, str | None]) -> Decision:
    """The decision without the writes of what is there already."""
    actions = []
    for action in decision.actions:
        if isinstance(action, WriteProperties):
            changes = {name: value for name, value in action.changes.items() if value != (written.get(name) or "")}
            if not changes:
                continue
            action = replace(action, changes=changes, before={name: written.get(name) for name in changes})
        actions.append(action)
    return replace(decision, actions=actions)
