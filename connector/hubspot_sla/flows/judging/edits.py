"""Edits by people: what somebody put into a property that is ours, told from our own writes coming back. Pure.

By choice (`written: {edits: ...}` in portal.yaml) ours is written back, or theirs stays until we want something else
than we did when it was made.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubspot_sla.flows.records.hubspot_facts import held_of
from hubspot_sla.ledger.edits import Edit
from hubspot_sla.plan.actions import WriteProperties

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hubspot_sla.flows.judging.decide import Decision
    from hubspot_sla.flows.records.hubspot_facts import Vocabulary
    from hubspot_sla.hubspot.tickets import Ticket
    from hubspot_sla.ledger.records import RecordRow

Held = dict[str, str | None]


def suspected(rows: Iterable[Ticket], known: Mapping[str, RecordRow], words: Vocabulary) -> dict[str, Held]:
    """Record id to what we had written where HubSpot holds something else now, in a change later than our own.

    Only where something of ours was there before: after a teardown we know of nothing."""
    found: dict[str, Held] = {}
    for row in rows:
        before = known.get(row.id)
        if before is None or not before.written or row.updated_at_ms <= before.updated_at:
            continue
        held = held_of(row.properties, words)
        other = {
            name: before.written.get(name) for name in held if (held[name] or "") != (before.written.get(name) or "")
        }
        if other:
            found[row.id] = other
    return found


def without_ours(
    found: Mapping[str, Held], rows: Iterable[RecordRow], waiting: Mapping[str, Mapping[str, str]]
) -> dict[str, Held]:
    """The same without what we were about to write: HubSpot took it, and its answer was lost."""
    held = {row.id: row.written for row in rows}
    kept = {
        id_: {n: ours for n, ours in of.items() if waiting.get(id_, {}).get(n) != (held[id_].get(n) or "")}
        for id_, of in found.items()
        if id_ in held
    }
    return {id_: of for id_, of in kept.items() if of}


@dataclass(frozen=True, slots=True)
class Outlook:
    """One ticket's edits before it is decided about: `other` is what was ours where it is not now, `standing` are
    the edits that are respected."""

    other: Mapping[str, str | None] = field(default_factory=dict)
    standing: Mapping[str, Edit] = field(default_factory=dict)
    respect: bool = False

    def held(self, row: RecordRow) -> Mapping[str, str | None]:
        """What to decide by: an edit that is respected looks as if ours still stood there."""
        if not self.respect:
            return row.written
        return {**row.written, **self.other, **{name: edit.ours for name, edit in self.standing.items()}}

    def told(self, row: RecordRow, decision: Decision) -> Told:
        """What is to be recorded of the edits, and the decision with what HubSpot truly holds."""
        wanted = _wanted(decision)
        settled = [edit for name, edit in self.standing.items() if self._is_over(name, edit, row, wanted)]
        edits = [edit for name in self.other if (edit := self._edit(name, row, wanted, decision.at)) is not None]
        return Told(_as_held(decision, row.written) if self.other or self.standing else decision, edits, settled)

    def _edit(self, name: str, row: RecordRow, wanted: Mapping[str, str], at: int) -> Edit | None:
        theirs = row.written.get(name) or ""
        if name in wanted:
            return None if wanted[name] == theirs else Edit(row.ref, name, theirs, wanted[name], at, respected=False)
        if not self.respect:
            return None  # what they put there is what we want
        ours = self.standing[name].ours if name in self.standing else self.other[name] or ""
        return None if ours == theirs else Edit(row.ref, name, theirs, ours, at, respected=True)

    def _is_over(self, name: str, edit: Edit, row: RecordRow, wanted: Mapping[str, str]) -> bool:
        return not self.respect or name in wanted or (row.written.get(name) or "") == edit.ours


@dataclass(frozen=True, slots=True)
class Told:
    """`edits` are new, `settled` stand no longer."""

    decision: Decision
    edits: list[Edit]
    settled: list[Edit]


def _wanted(decision: Decision) -> Mapping[str, str]:
    writes = [action for action in decision.actions if isinstance(action, WriteProperties)]
    return writes[0].changes if writes else {}


def _as_held(decision: Decision, held: Mapping[str, str | None]) -> Decision:
    """The decision without the writes of what is there already."""
    actions = []
    for action in decision.actions:
        if isinstance(action, WriteProperties):
            changes = {name: value for name, value in action.changes.items() if value != (held.get(name) or "")}
            if not changes:
                continue
            action = replace(action, changes=changes, before={name: held.get(name) for name in changes})
        actions.append(action)
    return replace(decision, actions=actions)
