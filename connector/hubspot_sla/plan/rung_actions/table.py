"""The kinds of actions that a rung can ask for, by their word in escalations.yaml. A new kind is a file beside this
one and a line here; docs/reference says what else it may need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.plan.rung_actions import note, notify, reassign, set_properties, task

if TYPE_CHECKING:
    from hubspot_sla.plan.rung_actions.kind import RungActionKind

RUNG_ACTIONS: dict[str, RungActionKind] = {
    kind.word: kind
    for kind in (
        task.KIND,
        set_properties.KIND,
        reassign.KIND,
        note.KIND,
        notify.KIND,
    )
}
