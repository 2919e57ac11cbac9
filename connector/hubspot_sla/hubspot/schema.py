"""What a portal is made of: its account, pipelines, properties and property groups."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar

from hubspot_sla.errors import ComeBackLater, UnexpectedAnswer
from hubspot_sla.hubspot.access_refusals import ACCOUNT_PATH
from hubspot_sla.hubspot.error_responses import CONFLICT, NOT_FOUND, RejectedResponse
from hubspot_sla.hubspot.json_fields import Json, mapping, objects, text
from hubspot_sla.hubspot.parse_records import read_rows
from hubspot_sla.hubspot.refusal_reason import reason_in
from hubspot_sla.hubspot.response import Response, word
from hubspot_sla.hubspot.sdk import Method, sdk_api

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from hubspot_sla.hubspot.transport import Transport

logger = logging.getLogger("hubspot_sla.schema")

Row = TypeVar("Row")
WAITS_S: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""How long to wait between two looks for a property just made: 250 to 700 ms have been seen."""
_PROPERTIES: Final = "hubspot.crm.properties"


@dataclass(frozen=True, slots=True)
class Account:
    """The portal: `account_type` such as STANDARD or DEVELOPER_TEST, `time_zone` an IANA name."""

    portal_id: int
    account_type: str
    time_zone: str
    ui_domain: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A pipeline stage; `closed` when a record in it counts as closed."""

    id: str
    label: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline with its stages in display order. Stage ids are only known to be unique within it."""

    id: str
    label: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One value of an enumeration."""

    value: str
    label: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Property:
    """A property definition; `read_only` when its values cannot be set through the API."""

    name: str
    label: str
    type: str
    field_type: str
    options: tuple[Option, ...]
    group: str
    read_only: bool
    hubspot_defined: bool
    calculated: bool
    unique: bool


@dataclass(slots=True)
class Defined:
    """What became of each property definition: made, there already (as it was), or refused with a reason."""

    created: list[str] = field(default_factory=list)
    existing: list[str] = field(default_factory=list)
    rejected: dict[str, str] = field(default_factory=dict)


class Schema:
    """The definitions of one portal. Every write may be repeated: what is there already stays as it is."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def account(self) -> Account:
        """Who answers to this token. The cheapest call there is: a probe of address, version and token."""
        # SDK 12 has no account-info API; the transport is asked directly, through the same path table.
        body = self._transport.GET(ACCOUNT_PATH).body
        portal_id = text(body, "portalId")
        if not portal_id.isascii() or not portal_id.isdigit():
            raise UnexpectedAnswer(f"'portalId' should be a number, not {portal_id!r}")
        return Account(
            portal_id=int(portal_id),
            account_type=word(body, "accountType") or "",
            time_zone=word(body, "timeZone") or "",
            ui_domain=word(body, "uiDomain") or "",
        )

    def pipelines(self, object_type: str) -> tuple[Pipeline, ...]:
        """The pipelines of an object type and their stages in display order, without archived ones."""
        response: Response = self._pipelines.get_all(object_type, _preload_content=False)
        return tuple(map(_pipeline, _in_order(objects(response.body, "results"))))

    def properties(self, object_type: str) -> dict[str, Property]:
        """Property definitions by name, without archived ones."""
        response: Response = self._core.get_all(object_type, _preload_content=False)
        return {
            definition.name: definition for definition in _readable(response, _property, f"properties of {object_type}")
        }

    def groups(self, object_type: str) -> dict[str, str]:
        """Labels of property groups by name."""
        response: Response = self._groups.get_all(object_type, _preload_content=False)
        return dict(_readable(response, _group, f"property groups of {object_type}"))

    def create_group(self, object_type: str, name: str, label: str) -> bool:
        """Make a property group; False when it exists."""
        definition = {"name": name, "label": label, "displayOrder": -1}
        return _made(self._groups.create, object_type, definition)

    def create_properties(self, object_type: str, definitions: Sequence[Mapping[str, object]]) -> Defined:
        """Make properties, in one call when none of them exists; an archived one of the same name is restored.

        A definition is HubSpot's: `name label type fieldType groupName` and perhaps `options description`.
        """
        defined = Defined()
        if not definitions:
            return defined
        defined.created += self._create_together(object_type, definitions)
        for definition in definitions:
            if definition["name"] not in defined.created:
                self._create_alone(object_type, definition, defined)
        return defined

    def set_options(self, object_type: str, name: str, options: Sequence[Mapping[str, object]]) -> None:
        """Let an enumeration have these options and no others. An option is HubSpot's: `value label displayOrder`."""
        self._core.update(object_type, name, {"options": [dict(option) for option in options]}, _preload_content=False)

    def rename_property(self, object_type: str, name: str, words: Mapping[str, object]) -> None:
        """Give a property another `label` and `description`."""
        self._core.update(object_type, name, dict(words), _preload_content=False)

    def wait_until_shown(self, object_type: str, names: Collection[str]) -> None:
        """Return when properties just made can be read: for some hundred milliseconds HubSpot shows and takes them not.

        Raises ComeBackLater when they do not show in time.
        """
        self._wait(lambda: self.properties(object_type), names, f"properties just made on {object_type}")

    def wait_until_group_shown(self, object_type: str, name: str) -> None:
        """The same for a group."""
        self._wait(lambda: self.groups(object_type), [name], f"group {name} just made on {object_type}")

    def _wait(self, read: Callable[[], Mapping[str, object]], names: Collection[str], what: str) -> None:
        for wait_s in (*WAITS_S, None):
            if read().keys() >= set(names):
                return
            if wait_s is not None:
                self._transport.sleep(wait_s)
        raise ComeBackLater(f"HubSpot does not show the {what}", remedy="run `sla setup` again")

    def archive_property(self, object_type: str, name: str) -> bool:
        """Archive a property; False when there is none."""
        return _archived(self._core.archive, object_type, name)

    def archive_group(self, object_type: str, name: str) -> bool:
        """Archive a group; False when there is none. Raises RequestRejected while it holds properties."""
        return _archived(self._groups.archive, object_type, name)

    def _create_together(self, object_type: str, definitions: Sequence[Mapping[str, object]]) -> list[str]:
        inputs = [dict(definition) for definition in definitions]
        try:
            response: Response = self._batch.create(object_type, {"inputs": inputs}, _preload_content=False)
        except RejectedResponse:
            return []  # nothing was made: one call for each will show which one was in the way
        return [text(row, "name") for row in objects(response.body, "results")]

    def _create_alone(self, object_type: str, definition: Mapping[str, object], defined: Defined) -> None:
        name = str(definition["name"])
        try:
            made = _made(self._core.create, object_type, dict(definition))
        except RejectedResponse as refused:
            defined.rejected[name] = reason_in(refused.body)
        else:
            (defined.created if made else defined.existing).append(name)

    @cached_property
    def _pipelines(self) -> Any:
        return sdk_api(self._transport, "hubspot.crm.pipelines", "PipelinesApi")

    @cached_property
    def _core(self) -> Any:
        return sdk_api(self._transport, _PROPERTIES, "CoreApi")

    @cached_property
    def _batch(self) -> Any:
        return sdk_api(self._transport, _PROPERTIES, "BatchApi")

    @cached_property
    def _groups(self) -> Any:
        return sdk_api(self._transport, _PROPERTIES, "GroupsApi")


def _made(create: Method, object_type: str, definition: Mapping[str, object]) -> bool:
    try:
        create(object_type, definition, _preload_content=False)
    except RejectedResponse as refused:
        if refused.status != CONFLICT:
            raise
        return False
    return True


def _archived(archive: Method, object_type: str, name: str) -> bool:
    try:
        archive(object_type, name, _preload_content=False)
    except RejectedResponse as refused:
        if refused.status != NOT_FOUND:
            raise
        return False
    return True


def _in_order(rows: Sequence[Json]) -> list[Json]:
    current = [row for row in rows if row.get("archived") is not True]
    return sorted(current, key=_display_order)


def _display_order(row: Json) -> int:
    order = row.get("displayOrder")
    return order if isinstance(order, int) else 0


def _pipeline(row: Json) -> Pipeline:
    stages = tuple(map(_stage, _in_order(objects(row, "stages"))))
    return Pipeline(text(row, "id"), text(row, "label"), stages)


def _stage(row: Json) -> Stage:
    metadata = mapping(row, "metadata")
    # `ticketState` is optional in the specification; live answers carry `isClosed` as well.
    closed = metadata.get("ticketState") == "CLOSED" or str(metadata.get("isClosed")).lower() == "true"
    return Stage(text(row, "id"), text(row, "label"), closed)


def _readable(response: Response, parse: Callable[[Json], Row], what: str) -> list[Row]:
    """The definitions that can be read. One with an odd value is passed over, with a line in the log: it keeps nothing
    else from being read."""
    definitions, bad = read_rows(objects(response.body, "results"), parse)
    for row in bad:
        logger.warning("one of the %s cannot be read and is passed over: %s", what, row.reason)
    return definitions


def _group(row: Json) -> tuple[str, str]:
    return text(row, "name"), word(row, "label") or ""


def _property(row: Json) -> Property:
    try:
        return _as_property(row)
    except ValueError as error:
        raise ValueError(f"{word(row, 'name') or 'one without a name'}: {error}") from error


def _as_property(row: Json) -> Property:
    return Property(
        name=text(row, "name"),
        label=word(row, "label") or "",
        type=word(row, "type") or "",
        field_type=word(row, "fieldType") or "",
        options=tuple(map(_option, objects(row, "options"))),
        group=word(row, "groupName") or "",
        read_only=mapping(row, "modificationMetadata").get("readOnlyValue") is True,
        hubspot_defined=row.get("hubspotDefined") is True,
        calculated=row.get("calculated") is True,
        unique=row.get("hasUniqueValue") is True,
    )


def _option(row: Json) -> Option:
    value = text(row, "value")
    return Option(value, word(row, "label") or value, row.get("hidden") is True)
