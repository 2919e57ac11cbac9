"""Links between records, kept in both directions, each with the ids of its association types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.sandbox import refusals
from hubspot_sla.sandbox.object_types import COMPANIES, CONTACTS, TASKS, TICKETS, ObjectType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hubspot_sla.sandbox.store import Store


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
    """Who is linked to whom, one row per direction and type.

    `version` rises with every change; `witness` is told of every new link.
    """

    def __init__(self, store: Store) -> None:
        self.version = 0
        self.witness: Callable[[LinkType, int, int], None] = _unseen
        self._store = store
        self._made = 0
        store.run(
            "CREATE TABLE links (side INTEGER, from_id INTEGER, to_id INTEGER, type_id INTEGER, made INTEGER NOT NULL, "
            "PRIMARY KEY (side, from_id, to_id, type_id)) WITHOUT ROWID"
        )

    def of(self, source: ObjectType, record_id: int, target: ObjectType) -> Mapping[int, tuple[int, ...]]:
        """Linked ids with their type ids, in the order the links were made."""
        linked: dict[int, tuple[int, ...]] = {}
        for other_id, type_id in self._store.rows(
            "SELECT to_id, type_id FROM links WHERE side = ? AND from_id = ? ORDER BY made, to_id, type_id",
            _side(source, target),
            record_id,
        ):
            linked[other_id] = (*linked.get(other_id, ()), type_id)
        return linked

    def linked_sql(self, source: ObjectType, target: ObjectType, count: int) -> str:
        """A query for the ids of `target` linked from any of `count` ids of `source`, which are its marks."""
        marks = ", ".join("?" * count)
        return f"SELECT to_id FROM links WHERE side = {_side(source, target)} AND from_id IN ({marks})"

    def link(self, link: LinkType, record_id: int, other_id: int) -> None:
        """Make a link of a type, seen from `record_id`. A primary one takes the place of the last primary."""
        if link.primary:
            forward, one_id, _ = _forward(link, record_id, other_id)
            for taken in self._with_type(forward, one_id):
                self._remove(forward, one_id, taken)
        self.link_many([(link, record_id, other_id)])
        self.witness(link, record_id, other_id)

    def link_many(self, links: Iterable[tuple[LinkType, int, int]]) -> None:
        """Make many links between records that had no primary one before."""
        self._store.run_many("INSERT OR IGNORE INTO links VALUES (?, ?, ?, ?, ?)", self._rows(links))
        self.version += 1

    def _rows(self, links: Iterable[tuple[LinkType, int, int]]) -> Iterator[tuple[int, ...]]:
        for asked, asked_from, asked_to in links:
            link, record_id, other_id = _forward(asked, asked_from, asked_to)
            made = self._when_made(link, record_id, other_id)
            for one in [unlabelled(link.source, link.target), link] if link.primary else [link]:
                back = LINK_TYPES[one.reverse_id]
                yield _side(one.source, one.target), record_id, other_id, one.id, made
                yield _side(back.source, back.target), other_id, record_id, back.id, made

    def _when_made(self, link: LinkType, record_id: int, other_id: int) -> int:
        """Types of one link share their place in the order of links."""
        self._made += 1
        before = self._store.number(
            "SELECT min(made) FROM links WHERE side = ? AND from_id = ? AND to_id = ?",
            _side(link.source, link.target),
            record_id,
            other_id,
        )
        return before or self._made

    def _with_type(self, link: LinkType, record_id: int) -> list[int]:
        linked = self.of(link.source, record_id, link.target)
        return [other_id for other_id, types in linked.items() if link.id in types]

    def _remove(self, link: LinkType, record_id: int, other_id: int) -> None:
        """Take one type of a link away, in both directions."""
        back = LINK_TYPES[link.reverse_id]
        gone = "DELETE FROM links WHERE side = ? AND from_id = ? AND to_id = ? AND type_id = ?"
        self._store.run(gone, _side(link.source, link.target), record_id, other_id, link.id)
        self._store.run(gone, _side(back.source, back.target), other_id, record_id, back.id)
        self.version += 1


def _unseen(_link: LinkType, _record_id: int, _other_id: int) -> None:
    """Nobody watches."""


def _forward(link: LinkType, record_id: int, other_id: int) -> tuple[LinkType, int, int]:
    return (link, record_id, other_id) if link.forward else (LINK_TYPES[link.reverse_id], other_id, record_id)


def _side(source: ObjectType, target: ObjectType) -> int:
    """A number for a direction, from the type ids: 0-5 to 0-2 is 5002."""
    return int(source.type_id.removeprefix("0-")) * 1_000 + int(target.type_id.removeprefix("0-"))
