"""What judging a page needs beside the page: histories and companies of some of its records, all requested together.

Asked for while the page before it is still being judged, so that it is there when its turn comes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.errors import AccessDenied
from hubspot_sla.flows.reading.customers import reason_to_rest
from hubspot_sla.hubspot.batches import ASSOCIATION_BATCH, BATCH_WITH_HISTORY, chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from concurrent.futures import Future

    from hubspot_sla.flows.records.hubspot_facts import Vocabulary
    from hubspot_sla.hubspot.customers import CompaniesRead
    from hubspot_sla.hubspot.parse_records import BadRow
    from hubspot_sla.hubspot.portal import Portal
    from hubspot_sla.hubspot.record_rows import CrmRecord, RecordsRead

Links = tuple[tuple[str, bool], ...]
"""Company id, and whether it is the primary one."""


@dataclass(frozen=True, slots=True)
class Prefetched:
    """The records with their histories, the rows that could not be read, the companies by record, and HubSpot's reason
    for each record whose companies it does not give: `unlinked`, which is absent from `company_links`. `missing_scope`
    is the reason where the token may not read companies at all, "" where it may, None where none were asked for."""

    rows: Sequence[CrmRecord] = ()
    bad: Sequence[BadRow] = ()
    company_links: Mapping[str, Links] = field(default_factory=dict)
    unlinked: Mapping[str, str] = field(default_factory=dict)
    missing_scope: str | None = None

    def of(self, ids: set[str]) -> Prefetched:
        """What was read of these records only."""
        return Prefetched(
            [row for row in self.rows if row.id in ids],
            [row for row in self.bad if row.id in ids],
            {id_: links for id_, links in self.company_links.items() if id_ in ids},
            {id_: reason for id_, reason in self.unlinked.items() if id_ in ids},
            self.missing_scope,
        )

    def and_(self, more: Prefetched) -> Prefetched:
        return Prefetched(
            [*self.rows, *more.rows],
            [*self.bad, *more.bad],
            {**self.company_links, **more.company_links},
            {**self.unlinked, **more.unlinked},
            _first_reason(self.missing_scope, more.missing_scope),
        )


def _first_reason(*reasons: str | None) -> str | None:
    """A reason before "", and that before None."""
    return max(reasons, key=lambda reason: (bool(reason), reason is not None))


class Prefetch:
    """Begun when it is made. `whole` rows have their histories already; any row has its companies where it says so."""

    def __init__(
        self, portal: Portal, words: Vocabulary, rows: Sequence[CrmRecord], whole: Sequence[CrmRecord] = ()
    ) -> None:
        self._rows = whole
        self._linked = [row for row in (*rows, *whole) if row.company_ids is not None]
        start = portal.transport.flight.start
        unread = [row.id for row in rows]
        self._histories: list[Future[RecordsRead]] = [
            start(portal.of(words.object_type).read, ids, words.requested, words.histories)
            for ids in chunks(unread, BATCH_WITH_HISTORY)
        ]
        unlinked = [row.id for row in (*rows, *whole) if row.company_ids is None]
        self._companies: list[tuple[list[str], Future[CompaniesRead]]] = [
            (ids, start(portal.customers.companies_with_refusals, words.object_type, ids))
            for ids in chunks(unlinked, ASSOCIATION_BATCH)
        ]

    @property
    def in_flight(self) -> Iterable[Future[RecordsRead] | Future[CompaniesRead]]:
        return (*self._histories, *(future for _, future in self._companies))

    def result(self) -> Prefetched:
        """All of it, once it is there. What is gone meanwhile is in none of it. Raises what HubSpot's client raises."""
        rows: list[CrmRecord] = list(self._rows)
        bad: list[BadRow] = []
        for histories in self._histories:
            read = histories.result()
            rows += read.rows
            bad += read.bad
        links = {row.id: row.company_ids for row in self._linked if row.company_ids is not None}
        unlinked: dict[str, str] = {}
        missing_scope: str | None = None
        for ids, companies in self._companies:
            try:
                companies_read = companies.result()
            except AccessDenied as missing:
                missing_scope = reason_to_rest(missing)
                unlinked.update(dict.fromkeys(ids, missing_scope))
            else:
                missing_scope = missing_scope or ""
                links.update(companies_read.links)
                unlinked.update(companies_read.refused)
        plain = {id_: tuple((link.id, link.primary) for link in of_record) for id_, of_record in links.items()}
        return Prefetched(rows, bad, plain, unlinked, missing_scope)
