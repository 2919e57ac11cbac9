"""Which rows the audit chain covers, and as what: the one table that says so, with what is left out and why.

A set of rows belongs to one subject: a record (`tickets`, its id), or a thing of its own (`:companies`, its id). The
chain holds one digest for each subject (`row_seals.py`), which covers all its parts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.verdict import OPEN
from hubspot_sla.ledger import state
from hubspot_sla.ledger.covered_numbers import FACTS, OUTCOMES, RECORDS
from hubspot_sla.ledger.outcome_editions import WHOSE_TIME

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPEN: Final = ", ".join(f"'{status}'" for status in sorted(OPEN))
_STATES: Final = ", ".join(
    f"'{key}'"
    for key in (
        *(state.GO_LIVE, state.CLOCK_RULES, state.RULES_SINCE, state.CLOCK_CORRECTION, state.HELD_BEFORE),
        *(state.PORTAL, state.MADE, state.WAIVERS, state.CONTRACT_RIGHTS),
    )
)
RECORD: Final = ""
"""As the kind of a part: it belongs to a record, and the kind of its subject is the object type."""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one table. `number` stands in every digest: it never changes. `kind` is that of the subjects, `id` the
    column that names them, `key` the columns that name a row of one subject, in whose order the rows stand; `where`
    limits the rows. `left_out` is columns that no digest covers, with the reason; `as_` the SQL of those that are
    covered otherwise than as they stand; `more` further SQL that is covered. `is_numbered`: SQLite gives the ids, and
    rows are never replaced. `tells`: a subject has many rows, so the code that inserts them calls `TOUCHED` once for
    each subject. `since` is the version of the ledger that seals them first."""

    number: int
    table: str
    kind: str
    id: str
    key: tuple[str, ...]
    where: str = "1"
    left_out: Mapping[str, str] = field(default_factory=dict)
    as_: Mapping[str, str] = field(default_factory=dict)
    more: tuple[str, ...] = ()
    is_numbered: bool = False
    tells: bool = False
    since: int = 15


_NOT_AS_OPEN: Final = "case when status in ({open}) then null else {column} end"
_JUDGED: Final = "when and by what it was last judged: `sla outcomes check` computes the row again as of these"
_AS_SEEN: Final = "when it was last looked at: nothing is decided by it"
_AS_READ: Final = "how HubSpot's copy stood: set anew at every reading, and says only whether anything changed since"

PARTS: Final = (
    Part(
        RECORDS,
        "records",
        RECORD,
        "record_id",
        ("record_id",),
        left_out={"fingerprint": _AS_READ, "updated_at": _AS_READ, "written": _AS_READ},
        # 0 is set, not reached: the record is judged again at once, whatever it was due for.
        as_={"next_at": "null"},
    ),
    Part(FACTS, "facts", RECORD, "record_id", ("name", "at", "nth"), tells=True),
    Part(3, "verdicts", RECORD, "record_id", ("clock",)),
    Part(
        OUTCOMES,
        "outcomes",
        RECORD,
        "record_id",
        ("clock", "cycle"),
        left_out={
            "id": "given anew each time; `outcome_time`, which it ties to the row, is covered with it",
            **dict.fromkeys(("judged_at", "rules", "judged_mappings", "judged_entry"), _JUDGED),
        },
        as_={
            name: _NOT_AS_OPEN.format(open=_OPEN, column=name)
            for name in (
                *("elapsed_ms", "paused_ms", "late_ms", "late_wall_ms"),
                *("pauses", "met_by_pauses", "waived_by", "spans"),
            )
        },
        more=(_NOT_AS_OPEN.format(open=_OPEN, column=WHOSE_TIME),),
    ),
    Part(5, "rungs", RECORD, "record_id", ("key",)),
    Part(
        6,
        "outbox",
        RECORD,
        "record_id",
        ("key",),
        where="{row}record_id <> '' and {row}kind <> 'properties'",
        as_={"state": "case state when 'claimed' then 'pending' else state end"},
    ),
    Part(7, "contacts", RECORD, "record_id", ("contact_id",)),
    Part(8, "edits", RECORD, "record_id", ("name",)),
    Part(9, "quarantine", RECORD, "record_id", ("step",)),
    Part(
        10,
        "outbox",
        RECORD,
        "record_id",
        ("key",),
        where="{row}record_id <> '' and {row}kind = 'properties' and {row}state not in ('pending', 'claimed')",
        since=18,
    ),
    Part(
        20,
        "outbox",
        ":outbox",
        "key",
        ("key",),
        where="{row}record_id = ''",
        as_={"state": "case state when 'claimed' then 'pending' else state end"},
    ),
    Part(21, "companies", ":companies", "id", ("id",), left_out={"seen_at": _AS_SEEN}),
    Part(22, "policy_versions", ":policy_versions", "seq", ("seq",), is_numbered=True),
    Part(23, "waivers", ":waivers", "id", ("id",), is_numbered=True),
    Part(24, "waiver_revocations", ":waiver_revocations", "waiver", ("waiver",)),
    Part(25, "meta", ":meta", "key", ("key",), where=f"{{row}}key in ({_STATES})"),
    Part(26, "actors", ":actors", "id", ("id",), left_out={"seen_at": _AS_SEEN}),
    Part(27, "feed_readings", ":feed_readings", "feed", ("feed",), since=19),
)
OF_RECORD: Final = tuple(part for part in PARTS if part.kind == RECORD)
NEWEST: Final = max(part.since for part in PARTS)
BY_NUMBER: Final = {part.number: part for part in PARTS}

BY_ENTRIES: Final = (
    *("outcome_editions", "periods", "period_outcomes", "audit_texts"),
    *("calendar_data", "version_calendars"),
    *("contract_closings", "contract_promises", "contract_feeds", "contract_claims"),
)
"""Tables whose rows a digest or a commitment in an entry of their own covers."""
LEFT_OUT: Final = {
    "audit": "it is the chain",
    "audit_tree": "computed from the chain, and compared with it",
    "row_seals": "checked against the chain, and against the rows",
    "outcome_time": "covered with its outcome, once that has ended; until then it is progress, computed anew each time",
    "names": "what is shown beside an id; nothing is decided by it",
    "message_reading": "which messages need not be read again; those that were read are facts",
    "channels": "for how long a channel is left alone after it failed",
    "runs": "when which command ran, for `sla status`",
    "lease": "who writes to the file now",
    "_sqlite_migrations": "which migrations were applied",
}
"""Tables that no digest covers, with the reason."""


def parts_of(kind: str, version: int = NEWEST) -> tuple[Part, ...]:
    """The parts of a subject of this kind, as a ledger of this version has them."""
    of_kind = [part for part in PARTS if part.kind == kind] if kind.startswith(":") else OF_RECORD
    return tuple(part for part in of_kind if part.since <= version)
