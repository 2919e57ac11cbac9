"""What HubSpot has to say: pages of records, with histories and companies for those that need them, nothing more.

The first look at a portal, and every backfill, is a walk (`walk.py`). After that a poll asks for what changed. A page
is never lost and may come twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hubspot_sla.flows.reading.watermark import Newest
from hubspot_sla.flows.records.hubspot_facts import changed_at, fingerprint, written_of
from hubspot_sla.ledger import state, sync_health

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from hubspot_sla.flows.records.hubspot_facts import Vocabulary
    from hubspot_sla.hubspot.parse_records import BadRow
    from hubspot_sla.hubspot.portal import Portal
    from hubspot_sla.hubspot.record_rows import CrmRecord
    from hubspot_sla.ledger.records import RecordRow

OVERLAP_MS = 2 * 60_000
"""How far each poll reaches back behind the cursor: the search index lags by seconds to minutes."""
PAGE = 200


@dataclass(frozen=True, slots=True)
class RecordPage:
    """One page. `whole` rows carry their histories and companies; `after` is what to note once it is recorded;
    `polled_at` is when an earlier poll looked where this page is from, and should have seen what had changed by then;
    `asked_at` when this poll began. `waiting`: it is none, the next one has not come for a while.
    """

    rows: Sequence[CrmRecord]
    whole: bool
    bad: Sequence[BadRow] = ()
    after: Mapping[str, str | None] = field(default_factory=dict)
    polled_at: int | None = None
    asked_at: int | None = None
    waiting: bool = False


WAITING: Final = RecordPage((), whole=False, waiting=True)


def poll(
    portal: Portal, words: Vocabulary, cursor: int, now: Callable[[], int], polled_at: int | None = None
) -> Iterator[RecordPage]:
    """What changed since the cursor, with an overlap; its end moves the cursor, at most to its own beginning.

    The cursor goes to the newest change that was seen: what the index has not shown yet is newer than that, or at
    most an overlap older. Where a page of changes lies within that overlap it goes to the beginning of the poll
    instead, so that no later one reads all of them again; the slow lane is there for what comes late then.
    """
    asked_at, started_at = now(), None
    newest = Newest(PAGE, OVERLAP_MS)
    for page in portal.of(words.object_type).changed(cursor - OVERLAP_MS, poll_keys(words), words.requested):
        if page.waiting:
            yield WAITING
            continue
        started_at = now() if started_at is None else started_at
        newest.see(changed_at(row, words) for row in page.rows)
        yield RecordPage(page.rows, whole=False, bad=page.bad, polled_at=polled_at, asked_at=asked_at)
    reached = now() if started_at is None else started_at
    cursor_after = min(newest.at or cursor, reached) if newest.sparse else reached
    after = {state.CURSOR: str(max(cursor, cursor_after)), sync_health.POLLED: str(reached)}
    yield RecordPage((), whole=False, after={state.of(words.object_type, key): at for key, at in after.items()})


def poll_between(portal: Portal, words: Vocabulary, since: int, until: int) -> Iterator[RecordPage]:
    """What changed from `since` on and before `until`, and has not changed again."""
    for page in portal.of(words.object_type).changed(since, poll_keys(words), words.requested, until):
        yield WAITING if page.waiting else RecordPage(page.rows, whole=False, bad=page.bad)


def poll_keys(words: Vocabulary) -> tuple[str, ...]:
    return (words.profile.modified, *words.messages)


@dataclass(frozen=True, slots=True)
class PageChanges:
    """How a page compares with the ledger.

    `changed` rows have new inputs; of `only_ours_changed` only our own properties differ from what we believe HubSpot
    holds; `only_time_changed` ones differ in nothing that counts. Everything else is an echo, or old news.
    """

    changed: list[CrmRecord] = field(default_factory=list)
    only_ours_changed: list[CrmRecord] = field(default_factory=list)
    only_time_changed: list[CrmRecord] = field(default_factory=list)


def compare(page: RecordPage, known: Mapping[str, RecordRow], words: Vocabulary) -> PageChanges:
    """Separate news from echoes without a further call."""
    changes = PageChanges()
    for row in page.rows:
        before = known.get(row.id)
        if page.whole or before is None or before.gone or before.fingerprint != fingerprint(row.properties, words):
            changes.changed.append(row)
        elif _with_values(written_of(row.properties, words)) != _with_values(before.written):
            # An index that lags still shows what we overwrote; what is older than our own write is no edit.
            if row.updated_at_ms >= before.updated_at:
                changes.only_ours_changed.append(row)
        elif row.updated_at_ms > before.updated_at:
            changes.only_time_changed.append(row)
    return changes


def lag_ms(page: RecordPage, changes: PageChanges, known: Mapping[str, RecordRow], words: Vocabulary, now: int) -> int:
    """By how much the index is at least behind, as far as this page of a search shows it; else 0.

    It is where it still shows what our own write has replaced, or shows now what it should have shown the last poll.
    What was written since this poll began it cannot show.
    """
    if page.whole or page.polled_at is None or page.asked_at is None:
        return 0
    written_at = [known[row.id].updated_at for row in page.rows if is_older(row, known.get(row.id))]
    old = [now - at for at in written_at if at < page.asked_at]
    late = [page.polled_at - changed_at(row, words) for row in (*changes.changed, *changes.only_ours_changed)]
    return max([0, *old, *late])


def is_older(row: CrmRecord, before: RecordRow | None) -> bool:
    """Whether it was read before what the ledger knows of it."""
    return before is not None and row.updated_at_ms < before.updated_at


def _with_values(properties: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in properties.items() if value}
