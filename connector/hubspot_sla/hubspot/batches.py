"""Batches against HubSpot's habits: bounded sizes, whole refusals for one row's sake, rows that vanish.

A batch that is refused as a whole is split in halves until the poison rows stand alone (O(k log n) calls
for k of n rows). What was asked for is always compared with what was answered: merged-away ids are left
out of a batch answer without an error.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from hubspot_sla.hubspot.refusals import NOT_FOUND, RejectedAnswer
from hubspot_sla.hubspot.wire import Json, objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hubspot_sla.hubspot.flight import Flight
    from hubspot_sla.hubspot.sdk import Method

BATCH: Final = 100
BATCH_WITH_HISTORY: Final = 50
ASSOCIATION_BATCH: Final = 1_000

Item = TypeVar("Item")


def chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of at most `size`; equal items once only, as HubSpot refuses duplicates within a batch."""
    unique = list(dict.fromkeys(items))
    for start in range(0, len(unique), size):
        yield unique[start : start + size]


def together(lists: Iterable[list[Item]], most: int) -> Iterator[list[Item]]:
    """Neighbouring lists joined, as long as the joint one is no longer than `most`."""
    joint: list[Item] | None = None
    for items in lists:
        if joint is not None and len(joint) + len(items) > most:
            yield joint
            joint = None
        joint = items if joint is None else joint + items
    if joint is not None:
        yield joint


def halves(items: Sequence[Item]) -> tuple[Sequence[Item], Sequence[Item]]:
    middle = len(items) // 2
    return items[:middle], items[middle:]


def batch_read(
    flight: Flight, read: Method, ids: Iterable[str], properties: Sequence[str], history: Sequence[str]
) -> list[Json]:
    """The raw records of `ids` that exist, in no order, through an SDK batch-read method, several calls at once."""

    def fetch(chunk: Sequence[str]) -> list[Json]:
        body: dict[str, object] = {"inputs": [{"id": id_} for id_ in chunk], "properties": list(properties)}
        if history:
            body["propertiesWithHistory"] = list(history)
        return objects(read(body, _preload_content=False).body, "results")

    size = BATCH_WITH_HISTORY if history else BATCH
    answers = flight.map(partial(_existing, fetch), chunks(ids, size))
    return [row for rows in answers for row in rows]


def _existing(fetch: Callable[[Sequence[str]], list[Json]], ids: Sequence[str]) -> list[Json]:
    """Usually one call. Ticket batches with a missing id have been seen to answer a bare 404: split those."""
    try:
        return fetch(ids)
    except RejectedAnswer as refused:
        if refused.status != NOT_FOUND:
            raise
    if len(ids) == 1:
        return []
    return [row for half in halves(ids) for row in _existing(fetch, half)]
