"""Batches against HubSpot's habits: bounded sizes, whole refusals for one row's sake, rows that vanish.

A batch that is refused as a whole, written or read, is split in halves until the poison rows stand alone
(O(k log n) calls for k of n rows); so is a read whose answer would be larger than any may be. What was asked
for is always compared with what was answered: merged-away ids are left out of a batch answer without an error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from hubspot_sla.errors import AnswerTooLarge
from hubspot_sla.hubspot.error_responses import BAD_REQUEST, NOT_FOUND, RejectedResponse
from hubspot_sla.hubspot.json_fields import Json, objects
from hubspot_sla.hubspot.refusal_reason import reason_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hubspot_sla.hubspot.concurrency import Flight
    from hubspot_sla.hubspot.sdk import Method

BATCH: Final = 100
BATCH_WITH_HISTORY: Final = 50
ASSOCIATION_BATCH: Final = 1_000
MOST_REFUSED: Final = 8
"""So many ids refused one by one and none answered: not the ids are at fault but what is asked of them."""

Item = TypeVar("Item")
Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class BatchRows:
    """The raw records that exist, and HubSpot's reason for each id that it will not read."""

    rows: list[Json] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


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
    flight: Flight,
    read: Method,
    ids: Iterable[str],
    properties: Sequence[str],
    history: Sequence[str],
    id_property: str = "",
) -> BatchRows:
    """The records of `ids`, in no order, through an SDK batch-read method, several calls at once. With `id_property`
    the ids are values of that property, which must be unique."""

    def fetch(chunk: Sequence[str]) -> list[Json]:
        body: dict[str, object] = {"inputs": [{"id": id_} for id_ in chunk], "properties": list(properties)}
        if id_property:
            body["idProperty"] = id_property
        if history:
            body["propertiesWithHistory"] = list(history)
        return objects(read(body, _preload_content=False).body, "results")

    def halved(chunk: Sequence[str]) -> Halving[list[Json]]:
        return Halving(fetch).read(chunk)

    size = BATCH_WITH_HISTORY if history else BATCH
    records = BatchRows()
    for reading in flight.map(halved, chunks(ids, size)):
        for rows in reading.parts:
            records.rows.extend(rows)
        records.refused.update(reading.refused)
    return records


class Halving(Generic[Part]):
    """One batch read, usually in one call. Ids that do not exist are left out: batches with one have been seen to
    answer a bare 404."""

    def __init__(self, fetch: Callable[[Sequence[str]], Part]) -> None:
        self._fetch = fetch
        self.parts: list[Part] = []
        self.refused: dict[str, str] = {}

    def read(self, ids: Sequence[str]) -> Halving[Part]:
        """Raises what `fetch` raises, and its refusal where that does not depend on the ids."""
        try:
            self.parts.append(self._fetch(ids))
        except RejectedResponse as refused:
            if refused.status not in (BAD_REQUEST, NOT_FOUND) or self._is_hopeless:
                raise
            self._split(ids, reason_in(refused.body) if refused.status == BAD_REQUEST else "")
        except AnswerTooLarge as error:
            if self._is_hopeless:
                raise
            self._split(ids, error.message)
        return self

    @property
    def _is_hopeless(self) -> bool:
        return not self.parts and len(self.refused) >= MOST_REFUSED

    def _split(self, ids: Sequence[str], reason: str) -> None:
        """`reason` is against a single id; "" for one that does not exist."""
        if len(ids) > 1:
            for half in halves(ids):
                self.read(half)
        elif reason:
            self.refused[ids[0]] = reason
