"""People who left: owners whose user an admin has deactivated."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from hubspot_sandbox import refusals
from hubspot_sandbox.faults.rows import RowGate
from hubspot_sandbox.refusals import BadValue

if TYPE_CHECKING:
    from hubspot_sandbox.faults.rows import Row
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.refusals import Refused
    from hubspot_sandbox.routes.call import Call

_OWNER = "hubspot_owner_id"


class OwnerDeactivated(RowGate):
    """The user of `owner` is deactivated: the owner is listed among the archived, and `refused` as one of records.

    It holds from the moment it is added. What the owner has already is kept. Not `refused`, it is still accepted.
    """

    fault: ClassVar[str] = "owner_deactivated"
    owner: str
    refused: bool = True

    def arm(self, portal: Portal) -> None:
        self._archive(portal, archived=True)

    def disarm(self, portal: Portal) -> None:
        self._archive(portal, archived=False)

    def verdict(self, call: Call, row: Row) -> Refused | None:
        """HubSpot knows the code INVALID_OWNER_ID; its exact words for it are not established."""
        if not self.refused or str(row.properties.get(_OWNER)) != self.owner:
            return None
        problem = BadValue(_OWNER, "INVALID_OWNER_ID", f"Owner {self.owner} does not exist or is not active")
        return refusals.bad_values([problem], call.portal.account.portal_id)

    def _archive(self, portal: Portal, *, archived: bool) -> None:
        now_ms = portal.clock.now_ms()
        portal.set_owners(
            replace(owner, archived=archived, updated_ms=now_ms) if owner.id == self.owner else owner
            for owner in list(portal.owners.values())
        )
