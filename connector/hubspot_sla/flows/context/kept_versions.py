"""The versions of a ledger for who only shows what they make of a record: compiled, or kept by an earlier command.

What is kept says what is promised, to whom and when; objectives, contracts, subscriptions and the places of words in
files it does not say. Whatever goes wrong with it is taken for its fault: then the versions are compiled, and the
question is asked again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from hubspot_sla.flows.context.kept_mappings import SHAPE, kept_of, recalled
from hubspot_sla.flows.context.mappings_version import Version
from hubspot_sla.flows.context.start_cache import key_of
from hubspot_sla.flows.context.versions_in_force import compiled
from hubspot_sla.ledger import versions
from hubspot_sla.policy.calendar_data import ResolvedData
from hubspot_sla.policy.portal_ids import PortalIds

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from hubspot_sla.flows.context.start_cache import StartCache
    from hubspot_sla.ledger.versions import PolicyVersion

Answer = TypeVar("Answer")
_KIND: Final = "version"


def answered(db: sqlite3.Connection, cache: StartCache, asked: Callable[[Sequence[Version]], Answer]) -> Answer:
    """What `asked` makes of every version this ledger knows, oldest first."""
    stored = versions.after(db, 0)
    kept = [version for each in stored if (version := _recalled(each, cache)) is not None]
    if len(kept) == len(stored):
        try:
            return asked(kept)
        except Exception:  # noqa: BLE001 - a refusal, or a file that was made up: compiled, the same is said rightly
            for each in stored:
                cache.forget(_KIND, _key(each))
    every = [compiled(each) for each in stored]
    for version, each in zip(every, stored, strict=True):
        _keep(version, each, cache)
    return asked(every)


def _recalled(stored: PolicyVersion, cache: StartCache) -> Version | None:
    data = ResolvedData(stored.calendar_data)
    mappings = recalled(cache.recall(_KIND, _key(stored), SHAPE), data)
    if mappings is None or mappings.version != stored.version:
        return None
    portal_ids = mappings.resolve({}, PortalIds.from_json(stored.portal_ids))
    return Version(mappings, portal_ids, stored.effective_at, data.used)


def _keep(version: Version, stored: PolicyVersion, cache: StartCache) -> None:
    if (said := kept_of(version.mappings)) is not None:
        cache.store(_KIND, _key(stored), said)


def _key(stored: PolicyVersion) -> str:
    texts = (part for name in sorted(stored.texts) for part in (name, stored.texts[name]))
    contents = (part for name in sorted(stored.calendar_data) for part in (name, stored.calendar_data[name]))
    return key_of(stored.version, *texts, "calendar data", *contents)
