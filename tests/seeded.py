"""A seeded portal for each test without seeding it each time: made once in a process, then copied."""

from __future__ import annotations

import io
import pickle
from dataclasses import dataclass
from functools import cache
from threading import Lock, RLock
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from hubspot_sandbox.object_types import ObjectType
from hubspot_sandbox.portal import Portal
from hubspot_sandbox.properties import Property
from hubspot_sandbox.search_filters import register
from hubspot_sandbox.seed import seeded_portal
from hubspot_sandbox.store import Store

if TYPE_CHECKING:
    from datetime import datetime

_LOCKS = (type(Lock()), type(RLock()))


def copied_portal(now: datetime, *, tickets: int) -> Portal:
    """What `seeded_portal` makes, for the caller alone."""
    return unpacked(_template(now, tickets), now)


@dataclass(frozen=True, slots=True)
class Packed:
    """A portal. `shared` never changes and is the same in every portal: object types, definitions of properties."""

    packed: bytes
    shared: list[object]


def packed(portal: Portal) -> Packed:
    written = io.BytesIO()
    packer = _Packer(written)
    packer.dump(portal)
    return Packed(written.getvalue(), packer.shared)


def unpacked(of: Packed, now: datetime) -> Portal:
    """For the caller alone."""
    portal = _Unpacker(of.packed, of.shared).load()
    assert isinstance(portal, Portal)
    portal.clock.set(now)
    return portal


@cache
def _template(now: datetime, tickets: int) -> Packed:
    return packed(seeded_portal(now, tickets=tickets))


class _Packer(pickle.Pickler):
    """Knows what of a portal cannot be packed: its locks, its database, and the records that somebody holds."""

    def __init__(self, packed: io.BytesIO) -> None:
        super().__init__(packed, protocol=pickle.HIGHEST_PROTOCOL)
        self.shared: list[object] = []

    def persistent_id(self, value: object) -> int | None:
        if not isinstance(value, (ObjectType, Property)):
            return None
        self.shared.append(value)
        return len(self.shared) - 1

    def reducer_override(self, value: object) -> object:
        if isinstance(value, Store):
            return _store, (value._db.serialize(),)
        if isinstance(value, _LOCKS):
            return RLock if isinstance(value, type(RLock())) else Lock, ()
        if isinstance(value, WeakValueDictionary):
            return WeakValueDictionary, ()
        return NotImplemented


class _Unpacker(pickle.Unpickler):
    def __init__(self, packed: bytes, shared: list[object]) -> None:
        super().__init__(io.BytesIO(packed))
        self._shared = shared

    def persistent_load(self, index: int) -> object:
        return self._shared[index]


def _store(database: bytes) -> Store:
    store = Store()
    register(store)
    store._db.deserialize(database)
    return store
