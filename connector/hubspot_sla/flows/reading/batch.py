"""What one page came to: everything that is recorded of it, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.flows.reading.incremental import PageChanges
from hubspot_sla.flows.reading.messages_read import NOTHING_READ, MessagesRead
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.flows.judging.decide import Decision
    from hubspot_sla.ledger.companies import CompanyRow
    from hubspot_sla.ledger.contacts import ContactRow
    from hubspot_sla.ledger.edits import Edit
    from hubspot_sla.ledger.facts import Fact
    from hubspot_sla.ledger.records import RecordRow


@dataclass(frozen=True, slots=True)
class Batch:
    """All of it is about records of one object type; ids are theirs.

    `rows` replaces the records' rows; `failed` says why a record could not be judged, `refused` why HubSpot would not
    let it be read; `after` are notes to write (None: forget) once all of it stands. `gone` says where a record went,
    `returned` are those that came back; `let_go` waited in quarantine and are gone, there is no more to be judged.
    `changes` is how the page compared with the ledger, `lag_ms` by how much the search index was seen to lag,
    `shortened` the lengths of histories that HubSpot no longer gives whole, and `caught` since when the changes had
    been waiting that the fast lane had missed. `resting` is the reason for each part of the reading that the token may
    not do, "" where it may. `waiting`: it is none, what comes next is waited for, and something else may be done.
    """

    object_type: str
    decisions: Sequence[Decision] = ()
    rows: Sequence[RecordRow] = ()
    facts: Mapping[str, Sequence[Fact]] = field(default_factory=dict)
    companies: Sequence[CompanyRow] = ()
    contacts: Mapping[str, Sequence[ContactRow]] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str | None] = field(default_factory=dict)
    seen: int = 0
    edits: Sequence[Edit] = ()
    settled_edits: Sequence[Edit] = ()
    gone: Mapping[str, str] = field(default_factory=dict)
    returned: Sequence[str] = ()
    let_go: Sequence[str] = ()
    changes: PageChanges = field(default_factory=PageChanges)
    lag_ms: int = 0
    shortened: Mapping[str, int] = field(default_factory=dict)
    caught: Sequence[int] = ()
    resting: Mapping[str, str] = field(default_factory=dict)
    messages: MessagesRead = NOTHING_READ
    """How far messages were read."""
    waiting: bool = False

    def refs(self, record_ids: Iterable[str]) -> list[RecordRef]:
        return [RecordRef(self.object_type, record_id) for record_id in record_ids]
