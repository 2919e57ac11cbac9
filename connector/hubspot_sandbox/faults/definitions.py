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


class _New:
    """Made at an instant (epoch ms), and hidden from so many more requests."""

    def __init__(self, made_ms: int, requests: int) -> None:
        self._made_ms = made_ms
        self._left = requests

    def is_hidden(self, now_ms: int, ms: int) -> bool:
        """Asked once by each request."""
        left, self._left = self._left, max(0, self._left - 1)
        return left > 0 or now_ms - self._made_ms < ms


class PropertyLag(Outcome):
    """A property or group just made cannot be read or used for `ms` of the portal's clock, nor by the next `requests`.

    It is made all the same: making it again is a conflict.
    """

    fault: ClassVar[str] = "property_lag"
    ms: int = Field(default=0, ge=0)
    requests: int = Field(default=0, ge=0)
    _new: dict[tuple[str, bool, str], _New] = PrivateAttr(default_factory=dict)
    """By object type, whether it is a group, and name."""

    def around(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        if "object_type" not in call.params:
            return handler(call)
        if struck.kind == "properties" and struck.method != "GET" and not call.url.path.endswith("/batch/read"):
            return self._making(call, handler)
        catalogue = call.portal.catalogue(call.kind)
        with catalogue.without(self._hidden(call, groups=False), self._hidden(call, groups=True)):
            return handler(call)

    def _making(self, call: Call, handler: Handler) -> Answer:
        """A property cannot be made in a group that does not show; what exists conflicts with what is made again."""
        before = self._names(call)
        makes_group = call.url.path.endswith("/groups")
        with call.portal.catalogue(call.kind).without((), () if makes_group else self._hidden(call, groups=True)):
            answer = handler(call)
        for is_group, name in self._names(call) - before:
            self._new[call.kind.name, is_group, name] = _New(call.now_ms, self.requests)
        return answer

    def _names(self, call: Call) -> set[tuple[bool, str]]:
        catalogue = call.portal.catalogue(call.kind)
        properties = {(False, definition.name) for definition in catalogue.listed()}
        return properties | {(True, group.name) for group in catalogue.groups()}

    def _hidden(self, call: Call, *, groups: bool) -> list[str]:
        new = [
            (name, made_definition)
            for (kind, is_group, name), made_definition in self._new.items()
            if (kind, is_group) == (call.kind.name, groups)
        ]
        return [name for name, made_definition in new if made_definition.is_hidden(call.now_ms, self.ms)]
