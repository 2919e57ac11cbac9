"""Rules of an admin that the 2026-09 edition holds writes to, with the bodies HubSpot documents for them.

The reason stands in `errors[].message`. The outer message says nothing of use, or is not there at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from hubspot_sandbox.faults.outcome import Outcome, StruckRequest
from hubspot_sandbox.faults.rows import RowGate
from hubspot_sandbox.object_types import object_type
from hubspot_sandbox.refusals import Detail, Refused, invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sandbox.faults.outcome import Handler
    from hubspot_sandbox.faults.rows import Row
    from hubspot_sandbox.json_views import Answer
    from hubspot_sandbox.routes.call import Call

SEPTEMBER = "2026-09"
_CONDITIONAL, _AT_CREATION = "MISSING_CONDITIONAL_REQUIRED_PROPERTY", "MISSING_REQUIRED_PROPERTY"


class AdminRule(RowGate):
    """An admin's rule on properties not ours: records that are as `when` says must have all of `requires`.

    Without `when` it is a form for new records: it holds when one is created. Writes through other versions than
    `versions` ignore it.
    """

    fault: ClassVar[str] = "admin_rule"
    object_type: str = "tickets"
    when: dict[str, str] = Field(default_factory=dict)
    requires: tuple[str, ...] = Field(min_length=1)
    versions: tuple[str, ...] = (SEPTEMBER,)

    def around(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        if not self._governs(call):
            return handler(call)
        return super().around(struck, call, handler)

    def verdict(self, call: Call, row: Row) -> Refused | None:
        before = self._before(call, row)
        if before is None:
            return None
        after = {**before, **row.properties}
        if any(str(after.get(name) or "") != value for name, value in self.when.items()):
            return None
        missing = [name for name in self.requires if after.get(name) in (None, "")]
        return self._refused(missing) if missing else None

    def _governs(self, call: Call) -> bool:
        if "object_type" not in call.params or call.version not in self.versions:
            return False
        return call.kind is object_type(self.object_type)

    def _before(self, call: Call, row: Row) -> Mapping[str, object] | None:
        """The record as it is; None where the rule does not look at the row."""
        if not row.properties:
            return None
        if row.id is None:
            return {}
        record = call.portal.table(call.kind).find(int(row.id)) if row.id.isdecimal() and self.when else None
        return None if record is None else dict(record.values)

    def _refused(self, missing: list[str]) -> Refused:
        """HubSpot's bodies: the outer message is general at creation, and absent for a conditional rule."""
        message = None if self.when else "The property values provided are invalid"
        return Refused(400, message, category="VALIDATION_ERROR", details=map(self._lacking, missing), row_details=True)

    def _lacking(self, name: str) -> Detail:
        context = {"propertyName": [name]}
        if not self.when:
            return Detail(f"A value for {name} must be provided", code=_AT_CREATION, context=context)
        because = ", ".join(self.when)
        message = f"{name} is required because of a conditional property rule based on [{because}]"
        return Detail(message, code=_CONDITIONAL, context=context)


class EditAssociationsDenied(Outcome):
    """The user behind an OAuth token may not edit associations: 400 through `versions`. Other tokens may."""

    fault: ClassVar[str] = "edit_associations_denied"
    versions: tuple[str, ...] = (SEPTEMBER,)

    def around(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        oauth = struck.access.apps.of_access(struck.token) is not None
        if oauth and call.version in self.versions and _edits_associations(struck, call):
            raise invalid("Missing 'Edit Associations' permission.")
        return handler(call)


def _edits_associations(struck: StruckRequest, call: Call) -> bool:
    if "/associations/" in call.url.path:
        return struck.method != "GET" and not call.url.path.endswith("/batch/read")
    return b'"associations"' in call.body and struck.kind in ("create", "batch_create")
