"""The mappings of a folder for who only judges by them: compiled, or kept by an earlier command.

What is kept says what is promised, to whom and when; objectives, contracts, subscriptions and the places of words in
files it does not say. Zones and holidays are those of this machine.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from hubspot_sla.flows.context.loaded_mappings import load_mappings
from hubspot_sla.flows.context.start_cache import key_of
from hubspot_sla.flows.context.value_codec import Unkeepable, Unreadable, decoded, encoded
from hubspot_sla.policy.calendar_data import INSTALLED
from hubspot_sla.policy.mappings import Mappings
from hubspot_sla.policy.written_contracts import NO_CONTRACTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubspot_sla.flows.context.kept_shapes import Shape
    from hubspot_sla.flows.context.start_cache import StartCache
    from hubspot_sla.policy.calendar_data import CalendarData

Made = TypeVar("Made")
_KIND: Final = "mappings"
SHAPE: Final[Shape] = {"table": [list]}


def judging_by(texts: Mapping[str, str], cache: StartCache, made: Callable[[Mappings], Made]) -> Made:
    """What `made` makes of these mappings. Where it makes nothing of those that were kept, they are compiled: then a
    refusal has its place in a file. MappingInvalid."""
    key = key_of(*(part for name in sorted(texts) for part in (name, texts[name])))
    kept = recalled(cache.recall(_KIND, key, SHAPE), INSTALLED)
    if kept is not None:
        try:
            return made(kept)
        except Exception:  # noqa: BLE001 - a refusal, or a file that was made up: compiled, the same is said rightly
            cache.forget(_KIND, key)
    mappings = load_mappings(texts)
    if (said := kept_of(mappings)) is not None:
        cache.store(_KIND, key, said)
    return made(mappings)


def kept_of(mappings: Mappings) -> dict[str, object] | None:
    """What is kept of them; None where they hold what nothing keeps."""
    others = {name: replace(portal, subscriptions=()) for name, portal in mappings.others.items()}
    portal = replace(mappings.portal, subscriptions=())
    judging = replace(mappings, portal=portal, others=others, objectives=(), contracts=NO_CONTRACTS)
    try:
        return {"table": encoded(judging)}
    except Unkeepable:
        return None


def recalled(said: Mapping[str, Any] | None, data: CalendarData) -> Mappings | None:
    """The mappings of which `said` was kept; None where there are none in it."""
    try:
        mappings = None if said is None else decoded(said["table"], data)
    except Unreadable:
        return None
    return mappings if isinstance(mappings, Mappings) else None
