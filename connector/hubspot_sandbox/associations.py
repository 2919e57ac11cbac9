"""Links between records, kept in both directions, each with the ids of its association types."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubspot_sandbox import refusals
from hubspot_sandbox.object_types import (
    CALLS,
    COMPANIES,
    CONTACTS,
    DEALS,
    EMAILS,
    MEETINGS,
    NOTES,
    TASKS,
    TICKETS,
    ObjectType,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hubspot_sandbox.store import Store


HUBSPOT_DEFINED, USER_DEFINED = "HUBSPOT_DEFINED", "USER_DEFINED"
_MOST_LABELS = 50
_TOO_MANY_LABELS = 437  # a status of HubSpot's own
_FIRST_OWN_TYPE = 2_001


@dataclass(frozen=True, slots=True)
class LinkType:
    """One direction of an association type. `forward` is the direction in which "primary" means "the one".

    `name` is that of a label somebody made, the same in both directions.
    """

    id: int
    source: ObjectType
    target: ObjectType
    reverse_id: int
    label: str | None
    forward: bool
    name: str = ""
    category: str = HUBSPOT_DEFINED

    @property
    def primary(self) -> bool:
        return self.label == "Primary" and self.category == HUBSPOT_DEFINED


def _both(
    source: ObjectType, target: ObjectType, forward_id: int, reverse_id: int, label: str | None = None
) -> list[LinkType]:
    return [
        LinkType(forward_id, source, target, reverse_id, label, forward=True),
        LinkType(reverse_id, target, source, forward_id, label, forward=False),
    ]


# HubSpot's published type ids. 228 is note to ticket, so it is not the neighbour of 229 one might expect.
_PUBLISHED = (
    *_both(TICKETS, COMPANIES, 26, 25, "Primary"),
    *_both(TICKETS, COMPANIES, 339, 340),
    *_both(TICKETS, CONTACTS, 16, 15),
    *_both(TICKETS, TASKS, 229, 230),
    *_both(TICKETS, NOTES, 227, 228),
    *_both(TICKETS, EMAILS, 223, 224),
    *_both(TICKETS, CALLS, 219, 220),
    *_both(TICKETS, MEETINGS, 225, 226),
    *_both(TICKETS, DEALS, 28, 27),
    *_both(TASKS, CONTACTS, 204, 203),
    *_both(TASKS, COMPANIES, 192, 191),
    *_both(NOTES, CONTACTS, 202, 201),
    *_both(NOTES, COMPANIES, 190, 189),
    *_both(EMAILS, CONTACTS, 198, 197),
    *_both(EMAILS, COMPANIES, 186, 185),
    *_both(CALLS, CONTACTS, 194, 193),
    *_both(CALLS, COMPANIES, 182, 181),
    *_both(MEETINGS, CONTACTS, 200, 199),
    *_both(MEETINGS, COMPANIES, 188, 187),
    *_both(TASKS, DEALS, 216, 215),
    *_both(NOTES, DEALS, 214, 213),
    *_both(EMAILS, DEALS, 210, 209),
    *_both(CALLS, DEALS, 206, 205),
    *_both(MEETINGS, DEALS, 212, 211),
    *_both(DEALS, CONTACTS, 3, 4),
    *_both(DEALS, COMPANIES, 5, 6, "Primary"),
    *_both(DEALS, COMPANIES, 341, 342),
    *_both(CONTACTS, COMPANIES, 1, 2, "Primary"),
    *_both(CONTACTS, COMPANIES, 279, 280),
)


class LinkTypes:
    """The association types of one portal: HubSpot's, and the labels somebody made."""

    def __init__(self) -> None:
        self._known = {link.id: link for link in _PUBLISHED}
        self._next_id = _FIRST_OWN_TYPE

    def find(self, type_id: int) -> LinkType | None:
        """The type of that id."""
        return self._known.get(type_id)

    def get(self, type_id: int) -> LinkType:
        """The type of an id that is known to be one."""
        return self._known[type_id]

    def between(self, source: ObjectType, target: ObjectType) -> list[LinkType]:
        """The types from one object type to another."""
        return [link for link in self._known.values() if (link.source, link.target) == (source, target)]

    def leaving(self, source: ObjectType) -> list[LinkType]:
        """The types from one object type to any."""
        return [link for link in self._known.values() if link.source is source]

    def unlabelled(self, source: ObjectType, target: ObjectType) -> LinkType:
        """The type a link has when nothing is said about it. Raises `Refused` 400 where none exists."""
        for link in self.between(source, target):
            if link.label is None:
                return link
        raise refusals.invalid(f"No association type between {source.singular} and {target.singular} exists")

    def primary(self, source: ObjectType, target: ObjectType) -> LinkType:
        """The type of the one link that counts most. Raises `Refused` 400 where none exists."""
        for link in self.between(source, target):
            if link.primary:
                return link
        raise refusals.invalid(f"{source.name} have no primary {target.singular}")

    def define(
        self, source: ObjectType, target: ObjectType, name: str, label: str, inverse: str
    ) -> tuple[LinkType, LinkType]:
        """A new label, as a type for each direction. Raises `Refused` for a name or text that is taken, or too many."""
        own = [link for link in self.between(source, target) if link.category == USER_DEFINED]
        if len(own) >= _MOST_LABELS:
            message = f"No more than {_MOST_LABELS} association types are allowed between these object types"
            raise refusals.Refused(_TOO_MANY_LABELS, message, category="VALIDATION_ERROR")
        if any(link.name == name for link in self._known.values() if link.category == USER_DEFINED):
            raise refusals.already_exists(f"An association named {name} already exists", "AssociationError.NAME_TAKEN")
        if any(link.label == label for link in self.between(source, target)):
            raise refusals.invalid(f"An association with label {label} already exists between these object types")
        forward_id, reverse_id = self._next_id, self._next_id + 1
        self._next_id += 2
        forward = LinkType(
            forward_id, source, target, reverse_id, label, forward=True, name=name, category=USER_DEFINED
        )
        inverted = LinkType(
            reverse_id, target, source, forward_id, inverse, forward=False, name=name, category=USER_DEFINED
        )
        self._known |= {forward_id: forward, reverse_id: inverted}
        return forward, inverted

    def relabel(self, type_id: int, label: str, inverse: str) -> None:
        """Change the texts of a label, seen from one of its types. Raises `Refused` 400 for HubSpot's own."""
        link = self._own(type_id)
        self._known[link.id] = replace(link, label=label)
        self._known[link.reverse_id] = replace(self._known[link.reverse_id], label=inverse)

    def drop(self, type_id: int) -> LinkType:
        """Forget a label in both directions. Raises `Refused` 400 for HubSpot's own."""
        link = self._own(type_id)
        del self._known[link.id]
        self._known.pop(link.reverse_id, None)
        return link

    def _own(self, type_id: int) -> LinkType:
        link = self._known.get(type_id)
        if link is None:
            raise refusals.not_found(f"Association type {type_id} does not exist")
        if link.category != USER_DEFINED:
            raise refusals.invalid(f"Association type {type_id} is defined by HubSpot and cannot be changed")
        return link

    def inline_name(self, link: LinkType) -> str:
        """What a record's inline `associations` calls the type."""
        name = f"{link.source.singular}_to_{link.target.singular}"
        if link.category == USER_DEFINED:
            return link.name
        labelled_too = any(other.primary for other in self.between(link.source, link.target))
        return f"{name}_unlabeled" if labelled_too and not link.primary else name


class Associations:
    """Who is linked to whom, one row per direction and type.

    `version` rises with every change; `observer` is told of every new link.
    """

    def __init__(self, store: Store) -> None:
        self.version = 0
        self.types = LinkTypes()
        self.observer: Callable[[LinkType, int, int], None] = _unseen
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
            forward, one_id, _ = self._forward(link, record_id, other_id)
            for taken in self._with_type(forward, one_id):
                self.unlink(forward, one_id, taken)
        self.link_many([(link, record_id, other_id)])
        self.observer(link, record_id, other_id)

    def link_many(self, links: Iterable[tuple[LinkType, int, int]], *, fresh: bool = False) -> None:
        """Make many links between records that had no primary one before; `fresh` ones had none at all."""
        rows = self._rows(links, self._following if fresh else self._when_made)
        self._store.run_many("INSERT OR IGNORE INTO links VALUES (?, ?, ?, ?, ?)", rows)
        self.version += 1

    def _rows(
        self, links: Iterable[tuple[LinkType, int, int]], when_made: Callable[[LinkType, int, int], int]
    ) -> Iterator[tuple[int, ...]]:
        for given_link, given_from, given_to in links:
            link, record_id, other_id = self._forward(given_link, given_from, given_to)
            made_rank = when_made(link, record_id, other_id)
            for each in self._with_plain(link):
                back = self.types.get(each.reverse_id)
                yield _side(each.source, each.target), record_id, other_id, each.id, made_rank
                yield _side(back.source, back.target), other_id, record_id, back.id, made_rank

    def _following(self, _link: LinkType, _record_id: int, _other_id: int) -> int:
        self._made += 1
        return self._made

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

    def unlink(self, link: LinkType, record_id: int, other_id: int) -> None:
        """Take one type of a link away, in both directions."""
        back = self.types.get(link.reverse_id)
        delete = "DELETE FROM links WHERE side = ? AND from_id = ? AND to_id = ? AND type_id = ?"
        self._store.run(delete, _side(link.source, link.target), record_id, other_id, link.id)
        self._store.run(delete, _side(back.source, back.target), other_id, record_id, back.id)
        self.version += 1

    def drop_type(self, link: LinkType) -> None:
        """Take one type away from every link that has it, in both directions; the label goes too."""
        self.types.drop(link.id)
        self._store.run("DELETE FROM links WHERE type_id IN (?, ?)", link.id, link.reverse_id)
        self.version += 1

    def _with_plain(self, link: LinkType) -> list[LinkType]:
        """A labelled link between standard objects is a plain one too."""
        return [link] if link.label is None else [self.types.unlabelled(link.source, link.target), link]

    def _forward(self, link: LinkType, record_id: int, other_id: int) -> tuple[LinkType, int, int]:
        """The same link, seen from the side on which its type is the forward one."""
        if link.forward:
            return link, record_id, other_id
        return self.types.get(link.reverse_id), other_id, record_id


def _unseen(_link: LinkType, _record_id: int, _other_id: int) -> None:
    """Nobody watches."""


def _side(source: ObjectType, target: ObjectType) -> int:
    """A number for a direction, from the type ids: 0-5 to 0-2 is 5002."""
    return int(source.type_id.removeprefix("0-")) * 1_000 + int(target.type_id.removeprefix("0-"))
