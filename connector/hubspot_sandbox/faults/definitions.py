"""Definitions that a portal does not let be made, keeps elsewhere, or shows only later."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, JsonValue, PrivateAttr

from hubspot_sandbox import refusals
from hubspot_sandbox.faults.outcome import Outcome, StruckRequest
from hubspot_sandbox.faults.rows import mapping, results
from hubspot_sandbox.object_types import object_type

if TYPE_CHECKING:
    from hubspot_sandbox.faults.outcome import Handler
    from hubspot_sandbox.json_views import Answer
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.routes.call import Call


class DefinitionsRefused(Outcome):
    """Properties and groups of `object_types` cannot be made or changed: 403 MISSING_SCOPES. They can be read."""

    fault: ClassVar[str] = "definitions_refused"
    object_types: tuple[str, ...] = Field(default=("tasks", "notes"), min_length=1)
    shape: Literal["errors", "context"] = "errors"
    """Where the scopes are named, as in `missing_scope`."""

    def around(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        if not self._governs(struck, call):
            return handler(call)
        raise refusals.missing_scopes(call.kind.schema_write_scopes[:1], outer=self.shape == "context")

    def _governs(self, struck: StruckRequest, call: Call) -> bool:
        if struck.kind != "properties" or struck.method == "GET" or call.url.path.endswith("/batch/read"):
            return False
        return call.kind in {object_type(name) for name in self.object_types}


class PropertyGroup(Outcome):
    """HubSpot's own properties of `object_type` are in the group `name`; the group they are usually in does not exist.

    It holds from the moment it is added.
    """

    fault: ClassVar[str] = "property_group"
    object_type: str
    name: str
    _usual: str = PrivateAttr(default="")

    def arm(self, portal: Portal) -> None:
        catalogue = portal.catalogue(object_type(self.object_type))
        self._usual = catalogue.get("hs_object_id").group
        catalogue.rename_group(self._usual, self.name)

    def disarm(self, portal: Portal) -> None:
        portal.catalogue(object_type(self.object_type)).rename_group(self.name, self._usual)


class OddDefinition(Outcome):
    """The definition of the property `name` of `object_type` is answered with `value` at `key`, of whatever type."""

    fault: ClassVar[str] = "odd_definition"
    object_type: str = "tickets"
    name: str
    key: str = "options"
    value: JsonValue = "none"

    def around(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        answer = handler(call)
        if (
            struck.kind == "properties"
            and call.params.get("object_type")
            and call.kind == object_type(self.object_type)
        ):
            for definition in [mapping(answer), *results(answer)]:
                if definition.get("name") == self.name:
                    definition[self.key] = self.value
        return answer


class PropertyLag(Outcome):
    """A property just made cannot be read or written for `ms` of the portal's clock, nor by the next `requests`.

    It is made all the same: making it again is a conflict.
    """

    fault: ClassVar[str] = "property_lag"
    ms: int = Field(default=0, ge=0)
    requests: int = Field(default=0, ge=0)
    _waiting: dict[tuple[str, str], int] = PrivateAttr(default_factory=dict)
    """How many requests each new property stays hidden from; it is taken out once it shows."""

    def around(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        if "object_type" not in call.params:
            return handler(call)
        if struck.kind == "properties" and struck.method != "GET" and not call.url.path.endswith("/batch/read"):
            return self._making(call, handler)
        with call.portal.catalogue(call.kind).without(self._hidden(call)):
            return handler(call)

    def _making(self, call: Call, handler: Handler) -> Answer:
        before = self._names(call)
        answer = handler(call)
        for name in self._names(call) - before:
            self._waiting[call.kind.name, name] = self.requests
        return answer

    def _names(self, call: Call) -> set[str]:
        return {definition.name for definition in call.portal.catalogue(call.kind).listed()}

    def _hidden(self, call: Call) -> list[str]:
        catalogue = call.portal.catalogue(call.kind)
        names = [name for kind, name in self._waiting if kind == call.kind.name]
        return [name for name in names if catalogue.find(name) and self._hides(call, name)]

    def _hides(self, call: Call, name: str) -> bool:
        age_ms = call.now_ms - call.portal.catalogue(call.kind).get(name).updated_ms
        left = self._waiting[call.kind.name, name]
        self._waiting[call.kind.name, name] = max(0, left - 1)
        return left > 0 or age_ms < self.ms
