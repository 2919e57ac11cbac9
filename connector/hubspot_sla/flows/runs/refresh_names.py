"""What everything is called, for reports: read beside the work, once an hour, in batches.

Where the token may not read names, their ids stand for them; that is noted for `sla doctor`.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Final

from hubspot_sla.errors import AccessDenied, RequestRejected
from hubspot_sla.flows.reading.pipeline_names import of_pipelines
from hubspot_sla.hubspot.batches import BATCH
from hubspot_sla.hubspot.conversations import actor_id_of
from hubspot_sla.ledger import names, owner_ids, records
from hubspot_sla.ledger.names import Named

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.hubspot.schema import Pipeline

COMPANIES: Final = "companies"
OWNERS: Final = "owners"
MOST_COMPANIES: Final = 10_000
"""So many companies without a name are asked for in one run; the rest in the next."""

Names = dict[Named, dict[str, str]]


def refresh_names(context: Context, pipelines: Mapping[str, Sequence[Pipeline]]) -> None:
    """Read the names of owners, teams and companies, and keep them with those of `pipelines` and their stages."""
    refused: dict[str, str] = {}
    for object_type, of_type in pipelines.items():
        _save(context, of_pipelines(object_type, of_type))
    with _unless_refused(OWNERS, refused):
        _refresh_people(context)
    with _unless_refused(COMPANIES, refused):
        for ids in _batches(_companies(context.ledger.db)):
            _save(context, _of_companies(context, ids))
    with context.ledger.transaction() as db:
        names.note_refused(db, refused)


def refresh_owner_names(context: Context) -> None:
    """Read and keep the names of owners and teams alone: texts on the first tickets should have them. Without the scope
    for it they go without."""
    refused = names.refused(context.ledger.db)
    refused.pop(OWNERS, None)
    with _unless_refused(OWNERS, refused):
        _refresh_people(context)
    with context.ledger.transaction() as db:
        names.note_refused(db, refused)


def require_owner_names(context: Context) -> None:
    """The same where nobody has ever asked for them, as in a ledger of an earlier version: its next texts should not
    call people by their ids until the first refresh. Asked for once, whatever HubSpot answers."""
    if not names.were_asked_for(context.ledger.db, Named.OWNER):
        refresh_owner_names(context)


@contextmanager
def _unless_refused(what: str, refused: dict[str, str]) -> Iterator[None]:
    """Note HubSpot's refusal, and go on."""
    try:
        yield
    except (AccessDenied, RequestRejected) as error:
        refused[what] = str(error)


def _save(context: Context, names_by_kind: Mapping[Named, Mapping[str, str]]) -> None:
    with context.ledger.transaction() as db:
        for kind, of_kind in names_by_kind.items():
            names.remember(db, kind, of_kind, context.now())


def _refresh_people(context: Context) -> None:
    """Read and keep who the owners are, and their teams. Those who were deactivated too: they owned what is long
    closed."""
    owners = [*context.portal.owners.every(archived=True), *context.portal.owners.every()]
    teams = {team.id: team.name for owner in owners for team in owner.teams}
    users = {owner.user_id: owner.name for owner in owners if owner.user_id}
    owner_names = {owner.id: owner.name for owner in owners}
    _save(context, {Named.OWNER: owner_names, Named.USER: users, Named.TEAM: teams})
    with context.ledger.transaction() as db:
        owner_ids.learn(db, {actor_id_of(owner.user_id): owner.id for owner in owners if owner.user_id})


def _of_companies(context: Context, ids: Sequence[str]) -> Names:
    """One that HubSpot does not answer for has no name, and is not asked for again while nothing open is its."""
    return {Named.COMPANY: dict.fromkeys(ids, "") | context.portal.customers.company_names(ids)}


def _companies(db: sqlite3.Connection) -> Iterator[str]:
    """Those of open records, which may have been renamed, and those that have never been asked for."""
    open_ids = records.companies_of_open(db)
    yield from open_ids
    yield from (id_ for id_ in names.nameless_companies(db, MOST_COMPANIES) if id_ not in open_ids)


def _batches(ids: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while batch := list(islice(rest, BATCH)):
        yield batch
