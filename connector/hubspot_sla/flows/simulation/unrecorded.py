"""What new mappings look at and the ledger has never recorded: the verdicts would rest on nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.reading.policy_versions import looked_at

if TYPE_CHECKING:
    from hubspot_sla.policy.mappings import Mappings

REMEDY = (
    "their histories were never read: let the mappings in force look at them too (`report.dimensions` of portal.yaml"
    " reads a ticket property and changes no verdict), run `sla sync`, then simulate; or simulate on a file that holds"
    " them"
)


def check_recorded(in_force: Mappings, new: Mappings) -> None:
    """Raises UsageProblem that names each property, object type and source of messages that was never read."""
    missing = [*_types(in_force, new), *_properties(in_force, new), *_messages(in_force, new)]
    if missing:
        raise UsageProblem(f"the ledger has never recorded {', '.join(missing)}", remedy=REMEDY)


def _types(in_force: Mappings, new: Mappings) -> list[str]:
    return sorted(set(new.object_types) - set(in_force.object_types))


def _properties(in_force: Mappings, new: Mappings) -> list[str]:
    missing: set[str] = set()
    for object_type in set(new.object_types) & set(in_force.object_types):
        unread = looked_at(new.of(object_type)) - looked_at(in_force.of(object_type))
        missing |= {f"{whose} property {name}" for whose, name in unread}
    return sorted(missing)


def _messages(in_force: Mappings, new: Mappings) -> list[str]:
    before, after = in_force.portal.messages, new.portal.messages
    if after is None:
        return []
    unread = after.sources - (before.sources if before else frozenset())
    return [f"messages of {source}" for source in sorted(unread)]
