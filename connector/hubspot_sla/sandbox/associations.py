"""Links between records, kept in both directions, each with the ids of its association types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.sandbox import refusals
from hubspot_sla.sandbox.object_types import COMPANIES, CONTACTS, TASKS, TICKETS, ObjectType

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class LinkType:
    """One direction of an association type. `forward` is the direction in which "primary" means "the one"."""

    id: int
    source: ObjectType
    target: ObjectType
    reverse_id: int
    label: str | None
    forward: bool

    @property
    def primary(self) -> bool:
        return self.label == "Primary"


def _both(source: ObjectType, target: ObjectType, there: int, back: int, label: str | None = None) -> list[LinkType]:
    return [
        LinkType(there, source, target, back, label, forward=True),
        LinkType(back, target, source, there, label, forward=False),
    ]


# HubSpot's published type ids. 228 is note to ticket, so it is not the neighbour of 229 one might expect.
LINK_TYPES = {
    link.id: link
    for link in (
        *_both(TICKETS, COMPANIES, 26, 25, "Primary"),
        *_both(TICKETS, COMPANIES, 339, 340),
        *_both(TICKETS, CONTACTS, 16, 15),
        *_both(TICKETS, TASKS, 229, 230),
        *_both(TASKS, CONTACTS, 204, 203),
        *_both(TASKS, COMPANIES, 192, 191),
        *_both(CONTACTS, COMPANIES, 1, 2, "Primary"),
        *_both(CONTACTS, COMPANIES, 279, 280),
    )
}
Links = dict[int, dict[int, tuple[int, ...]]]


def types_between(source: ObjectType, target: ObjectType) -> list[LinkType]:
    """The association types from one object type to another."""
    return [link for link in LINK_TYPES.values() if (link.source, link.target) == (source, target)]


def unlabelled(source: ObjectType, target: ObjectType) -> LinkType:
    """The type a link has when nothing is said about it. Raises `Refused` 400 where none exists."""
    for link in types_between(source, target):
        if not link.primary:
            return link
    raise refusals.invalid(f"No association type between {source.singular} and {target.singular} exists")


def inline_name(link: LinkType) -> str:
    """What a record's inline `associations` calls the type."""
    name = f"{link.source.singular}_to_{link.target.singular}"
    labelled_too = any(other.primary for other in types_between(link.source, link.target))
    return f"{name}_unlabeled" if labelled_too and not link.primary else name


class Associations:
    """Who is linked to whom. `version` rises with every change."""

    def __init__(self) -> None:
        self.version = 0
        self._links: dict[tuple[str, str], Links] = {}

    def of(self, source: ObjectType, record_id: int, target: ObjectType) -> Mapping[int, tuple[int, ...]]:
        """Linked ids with their type ids, in the order the links were made."""
        return self._links.get((source.name, target.name), {}).get(record_id, {})

    def link(self, link: LinkType, record_id: int, other_id: int) -> None:
        """Make a link of a type, seen from `record_id`. A primary one takes the place of the last primary."""
        if not link.forward:
            link, record_id, other_id = LINK_TYPES[link.reverse_id], other_id, record_id
        if link.primary:
            self._drop_primary(link, record_id)
            self._add(unlabelled(link.source, link.target), record_id, other_id)
        self._add(link, record_id, other_id)
        self.version += 1

    def _drop_primary(self, link: LinkType, record_id: int) -> None:
        for other_id, types in list(self.of(link.source, record_id, link.target).items()):
            if link.id in types:
                self._remove(link, record_id, other_id)
                self._remove(LINK_TYPES[link.reverse_id], other_id, record_id)

    def _add(self, link: LinkType, record_id: int, other_id: int) -> None:
        self._put(link, record_id, other_id)
        self._put(LINK_TYPES[link.reverse_id], other_id, record_id)

    def _put(self, link: LinkType, record_id: int, other_id: int) -> None:
        linked = self._side(link).setdefault(record_id, {})
        linked[other_id] = tuple(sorted({*linked.get(other_id, ()), link.id}))

    def _remove(self, link: LinkType, record_id: int, other_id: int) -> None:
        linked = self._side(link)[record_id]
        linked[other_id] = tuple(kept for kept in linked[other_id] if kept != link.id)

    def _side(self, link: LinkType) -> Links:
        return self._links.setdefault((link.source.name, link.target.name), {})
