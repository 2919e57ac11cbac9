"""The records of one object type: listed, read, and written in batches. What changed since an instant is searched for
by `search_changes.py`."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

from hubspot_sla.hubspot.batches import ASSOCIATION_BATCH, BATCH, BATCH_WITH_HISTORY, batch_read, chunks, together
from hubspot_sla.hubspot.json_fields import Json, mapping, next_after, objects, text
from hubspot_sla.hubspot.list_range import UnreadRange
from hubspot_sla.hubspot.objects.profile import ID
from hubspot_sla.hubspot.parallel_list import ParallelList, RowAhead
from hubspot_sla.hubspot.parse_records import (
    BadRow,
    archived_at_ms,
    created_at_ms,
    history_of,
    id_of,
    properties_of,
    read_rows,
    updated_at_ms,
)
from hubspot_sla.hubspot.record_rows import CompanyLink, CrmRecord, Page, RecordsRead
from hubspot_sla.hubspot.sdk import sdk_api
from hubspot_sla.hubspot.search_changes import Poll
from hubspot_sla.hubspot.writes import Changes, Written, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.hubspot.objects.profile import ObjectProfile
    from hubspot_sla.hubspot.transport import Transport

IN_TURN: Final = 2 * BATCH_WITH_HISTORY  # enough to record together, few enough to be soon


class CrmRecords:
    """The records of one object type in one portal. Every method raises the errors of `hubspot_sla.errors`.

    `searching` while `changed` is being read: a record that is written meanwhile moves to the end of the search, and
    what moves costs further searches.
    """

    def __init__(self, transport: Transport, profile: ObjectProfile) -> None:
        self.profile = profile
        self._transport = transport
        self.searching = False

    def list_page(self, after: str | None, properties: Sequence[str], history: Sequence[str] = ()) -> Page:
        """One page of the list endpoint, which is consistent and has no cap: 50 tickets with history, else 100."""
        response = self._basic.get_page(
            limit=BATCH_WITH_HISTORY if history else BATCH,
            properties=list(properties),
            associations=["companies"],
            archived=False,
            _preload_content=False,
            **({"after": after} if after else {}),
            **({"properties_with_history": list(history)} if history else {}),
        )
        label = self.profile.associations.company_label
        rows, bad = read_rows(objects(response.body, "results"), partial(_listed, company_label=label))
        return Page(rows, next_after(response.body), bad)

    def walk(
        self, properties: Sequence[str], history: Sequence[str] = (), unread: Sequence[UnreadRange] = (UnreadRange(),)
    ) -> Iterator[tuple[Page, tuple[UnreadRange, ...]]]:
        """Pages of the whole list, or of what is left of it, each with what is left once it is dealt with.

        Every record that is there throughout comes at least once, in no order; see `parallel_list.py`.
        `Page.after` means nothing here. A page may say that the next one is waited for.
        """

        def fetch(after: str | None) -> Page:
            return self.list_page(after, properties, history)

        size = BATCH_WITH_HISTORY if history else BATCH
        return ParallelList(self._transport.flight, fetch, self.row_ahead, size, unread).pages()

    def row_ahead(self, start: int, end: int | None, rank: int) -> RowAhead:
        """The record that is `rank` rows behind the first one whose id is `start` or more, and how many there are from
        `start` on; only those before `end` count. One search; as far as its index shows."""
        filters = [{"propertyName": ID, "operator": "GTE", "value": str(start)}]
        if end is not None:
            filters.append({"propertyName": ID, "operator": "LT", "value": str(end)})
        body = {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": ID, "direction": "ASCENDING"}],
            "properties": [ID],
            "limit": 1,
            "after": str(rank),
        }
        response = self._search.do_search(body, _preload_content=False).body
        ids = [int(id_) for row in objects(response, "results") if (id_ := id_of(row)).isdecimal()]
        total = response.get("total")
        return RowAhead(ids[0] if ids else None, total if isinstance(total, int) else 0)

    def changed(
        self,
        since_ms: int | Mapping[str, int],
        keys: Sequence[str],
        properties: Sequence[str],
        until_ms: int | None = None,
    ) -> Iterator[Page]:
        """Pages of the records of which any of `keys` (datetime properties) is at or past its `since_ms`, and before
        `until_ms` where that is said.

        At least once each, as far as the search index shows them; one call when there are 200 or fewer. A page holds
        up to 1,000, as many as one look at associations takes; the next one is searched for meanwhile.
        `Page.after` is None throughout. A page may say that the next one is waited for. Where all these properties
        would make the search too long for HubSpot, it is asked for ids, and the records are read by them. Raises
        ComeBackLater when the search does not come to an end.
        """
        poll = Poll(self._search.do_search, keys, since_ms, properties, until_ms, self.profile.modified)
        self.searching = True
        try:
            for results in self._transport.flight.ahead(together(poll.pages(), ASSOCIATION_BATCH)):
                if results is None:
                    yield Page([], None, waiting=True)
                    continue
                rows, bad = read_rows(results, _plain)
                if poll.is_bare:
                    read = self.read([row.id for row in rows], properties)
                    rows, bad = read.rows, [*bad, *read.bad]
                yield Page(rows, None, bad)
        finally:
            self.searching = False

    def read(self, ids: Iterable[str], properties: Sequence[str], history: Sequence[str] = ()) -> RecordsRead:
        """The records with these ids, duplicates once, in batches of 50 with history and 100 without. Those that
        HubSpot refuses to read are among the bad rows, and keep no other from being read."""
        unique_ids = dict.fromkeys(ids)
        records = batch_read(self._transport.flight, self._batch.read, unique_ids, properties, history)
        rows, bad = read_rows(records.rows, _plain)
        bad += [BadRow(id_, reason, rejected=True) for id_, reason in records.refused.items()]
        answered = {row.id for row in rows} | {row.id for row in bad}
        return RecordsRead(rows, tuple(id_ for id_ in unique_ids if id_ not in answered), bad)

    def read_in_turn(
        self, ids: Iterable[str], properties: Sequence[str], history: Sequence[str] = ()
    ) -> Iterator[tuple[list[str], RecordsRead]]:
        """The same, a few batches at a time: the ids asked for and what came; the next ones are read meanwhile."""

        def read(chunk: list[str]) -> tuple[list[str], RecordsRead]:
            return chunk, self.read(chunk, properties, history)

        return self._transport.flight.map(read, chunks(ids, IN_TURN))

    def archived(self, ids: Iterable[str]) -> dict[str, int]:
        """Those of `ids` that are in the recycle bin, with the instant at which they went; 100 a call."""
        read = partial(self._batch.read, archived=True)
        rows, _unreadable = read_rows(batch_read(self._transport.flight, read, ids, [ID], ()).rows, _went)
        return dict(rows)

    def update(self, changes: Changes) -> Written:
        """Write property values by record id, an empty string clearing one; any number, 100 a call.

        Repeating a write is harmless, so it is retried. No row's refusal keeps another from landing.
        """
        earlier = self._batch_without_rules
        return write(self._batch.update, changes, None if earlier is None else earlier.update)

    @cached_property
    def _basic(self) -> Any:
        return sdk_api(self._transport, self.profile.sdk_package, "BasicApi")

    @cached_property
    def _batch(self) -> Any:
        return sdk_api(self._transport, self.profile.sdk_package, "BatchApi")

    @cached_property
    def _batch_without_rules(self) -> Any:
        earlier = self._transport.without_rules
        return None if earlier is None else sdk_api(earlier, self.profile.sdk_package, "BatchApi")

    @cached_property
    def _search(self) -> Any:
        return sdk_api(self._transport, self.profile.sdk_package, "SearchApi")


def _plain(row: Json) -> CrmRecord:
    return _record(row, None)


def _went(row: Json) -> tuple[str, int]:
    return text(row, "id"), archived_at_ms(row)


def _listed(row: Json, company_label: str) -> CrmRecord:
    return _record(row, _inline_companies(row, company_label))


def _record(row: Json, company_ids: tuple[CompanyLink, ...] | None) -> CrmRecord:
    properties = properties_of(row)
    return CrmRecord(
        id=text(row, "id"),
        properties=properties,
        history=history_of(row),
        company_ids=company_ids,
        updated_at_ms=updated_at_ms(row),
        created_at_ms=created_at_ms(row, properties),
        archived=row.get("archived") is True,
    )


def _inline_companies(row: Json, company_label: str) -> tuple[CompanyLink, ...] | None:
    companies = mapping(mapping(row, "associations"), "companies")
    if next_after(companies):
        return None
    primary: dict[str, bool] = {}
    for link in objects(companies, "results"):
        id_ = text(link, "id")
        primary[id_] = primary.get(id_, False) or link.get("type") == company_label
    return tuple(CompanyLink(id_, is_primary) for id_, is_primary in primary.items())
