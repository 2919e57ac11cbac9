"""The tables of the ledger, as forward-only migrations. Only this file needs sqlite-utils: its import costs 200 ms."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from hubspot_sla.ledger import audit_tree
from hubspot_sla.ledger.clock_parts import AGREEMENT_OF_CLOCK, KIND_OF_CLOCK, METRIC_OF_CLOCK, PLACE_OF_CLOCK
from hubspot_sla.ledger.views import EDITION_VIEWS, MESSAGES_VIEW, SEEN_VIEWS, VIEWS

LEDGER = Migrations("hubspot-sla")


@LEDGER()
def m001_first_tables(db: Database) -> None:
    """Everything the first version keeps."""
    db.table("meta").create({"key": str, "value": str}, pk="key")
    db.table("policy_versions").create(
        {"seq": int, "version": str, "effective_at": int, "texts": bytes, "resolution": str},
        pk="seq",
        not_null={"version", "effective_at", "texts", "resolution"},
    )
    db.table("tickets").create(
        {
            "id": str,
            "fingerprint": str,
            "updated_at": int,
            "companies": str,  # JSON: [[company id, primary], ...]; null where never asked
            "held": str,  # JSON: our properties as HubSpot holds them
            "inputs": str,  # JSON: the mapped inputs at the last look
            "open": int,
            "next_at": int,
        },
        pk="id",
        not_null={"fingerprint", "updated_at", "held", "inputs", "open"},
    )
    # A deadline is looked for at every tick: the index holds only tickets that have one.
    db.execute("create index deadlines on tickets (next_at) where next_at is not null")
    db.execute("create index open_tickets on tickets (id) where open = 1")
    db.execute(
        # `nth` keeps the order of changes within one millisecond, oldest first.
        "create table facts (ticket_id text not null, name text not null, at integer not null, nth integer not null,"
        " value text, source text not null, primary key (ticket_id, name, at, nth)) without rowid"
    )
    db.table("companies").create({"id": str, "history": str, "seen_at": int}, pk="id", not_null={"history", "seen_at"})
    db.execute(
        "create table verdicts (ticket_id text not null, metric text not null, status text not null,"
        " body text not null, primary key (ticket_id, metric)) without rowid"
    )
    db.table("outbox").create(
        {
            "key": str,
            "ticket_id": str,
            "kind": str,  # properties | task
            "body": str,
            "state": str,  # pending | claimed | confirmed | refused | unknown
            "reason": str,
            "result_id": str,
            "run_id": str,
            "queued_at": int,
            "refusals": int,
            "again_at": int,  # when a refused one may be sent again
        },
        pk="key",
        not_null={"ticket_id", "kind", "body", "state", "run_id", "queued_at", "refusals"},
        defaults={"refusals": 0},
    )
    db.execute("create index to_deliver on outbox (kind, queued_at) where state in ('pending', 'claimed', 'unknown')")
    db.execute("create index tasks_of_ticket on outbox (ticket_id) where kind = 'task'")
    db.table("quarantine").create(
        {"ticket_id": str, "what": str, "reason": str, "since": int, "run_id": str},
        pk=("ticket_id", "what"),
        not_null={"reason", "since", "run_id"},
    )
    db.table("runs").create(
        {"id": str, "command": str, "started_at": int, "ended_at": int, "outcome": str},
        pk="id",
        not_null={"command", "started_at"},
    )
    db.execute(
        "create table audit (seq integer primary key, at integer not null, run_id text not null, kind text not null,"
        " ticket_id text, body text not null, prev text not null, hash text not null)"
    )
    db.execute("create index audit_of_ticket on audit (ticket_id, seq) where ticket_id is not null")


@LEDGER()
def m002_contacts(db: Database) -> None:
    """The contacts of a ticket, where the mappings look at any of their properties."""
    db.execute(
        "create table contacts (ticket_id text not null, id text not null, history text not null,"
        " primary key (ticket_id, id)) without rowid"
    )


@LEDGER()
def m003_edge(db: Database) -> None:
    """One writer with a number, what people did to our properties, what is gone, patience with bad rows."""
    db.execute(
        # `fence` only grows; `by_lock`: its holder also holds the lock of the operating system; `ends_at` in epoch ms.
        "create table lease (id integer primary key check (id = 1), fence integer not null, holder text not null,"
        " by_lock integer not null, ends_at integer not null)"
    )
    db.execute(
        # What somebody put in place of what we had written; `ours` is what we wanted then.
        "create table edits (ticket_id text not null, name text not null, theirs text not null, ours text not null,"
        " seen_at integer not null, respected integer not null, primary key (ticket_id, name)) without rowid"
    )
    # Confirmed tasks stay for ever: what is still to be done must be found without looking through them.
    db.execute("drop index to_deliver")
    db.execute(
        "create index unsettled on outbox (state, kind, queued_at, key)"
        " where state in ('pending', 'claimed', 'unknown', 'refused')"
    )
    db.execute("alter table tickets add column gone text")  # archived | merged; null while HubSpot has it
    db.execute("alter table quarantine add column attempts integer not null default 0")
    db.execute("alter table quarantine add column again_at integer")
    if "again_at" not in db.table("outbox").columns_dict:  # the first ledgers could not wait before sending again
        db.execute("alter table outbox add column refusals integer not null default 0")
        db.execute("alter table outbox add column again_at integer")
        db.execute("update outbox set again_at = 0 where state = 'refused'")
    # What every tick looks for must not grow with what is long done.
    db.execute("create index to_try_again on quarantine (again_at) where again_at is not null")
    db.execute("create index edits_respected on edits (ticket_id) where respected = 1")


@LEDGER()
def m004_ladders(db: Database) -> None:
    """Every rung of every cycle of every clock that was ever reached, and what became of it."""
    db.execute(
        # `state`: fired | skipped | failed; `nth` counts the repetitions of one rung.
        "create table rungs (key text primary key, ticket_id text not null, clock text not null,"
        " cycle integer not null, ladder text not null, rung text not null, nth integer not null,"
        " level integer not null,"  # how high in its ladder
        " state text not null, due_at integer not null, at integer not null, reason text, run_id text not null)"
        " without rowid"
    )
    db.execute("create index rungs_of_ticket on rungs (ticket_id)")
    db.execute("alter table outbox add column target text")  # which target of notifications; null for HubSpot
    db.execute("alter table outbox add column tried integer not null default 0")  # a target may have got it already
    db.execute("alter table outbox add column sent_at integer")  # when a target took it, for its rate
    db.execute("create index notified on outbox (target, sent_at) where sent_at is not null")
    db.execute("create index held_back on outbox (result_id) where state = 'held'")  # result_id: of the digest
    db.execute(
        # How targets of notifications fare: left alone until `again_at` (epoch ms); `gone` holds the fingerprint of
        # the address that was found to be no more.
        "create table targets (name text primary key, failures integer not null default 0, again_at integer,"
        " gone text, reason text, at integer not null) without rowid"
    )
    db.execute("create index deeds_of_ticket on outbox (ticket_id) where kind in ('fields', 'note', 'notification')")
    # Asked for every minute, and at every look of whoever watches: neither may read what is long done.
    db.execute("create index to_retry on outbox (again_at) where state = 'refused' and again_at is not null")
    db.execute("create index late on verdicts (ticket_id) where status = 'breached'")


@LEDGER()
def m005_records(db: Database) -> None:
    """Records of any object type where there were tickets only. Keys stay as they are: see `plan/records.py`."""
    db.execute(
        "create table records (object_type text not null, record_id text not null, fingerprint text not null,"
        " updated_at integer not null,"
        " companies text,"  # JSON: [[company id, primary], ...]; null where never asked
        " written text not null,"  # JSON: our properties as HubSpot holds them
        " inputs text not null,"  # JSON: the mapped inputs when it was last read
        " open integer not null, next_at integer,"
        " gone text,"  # archived | merged; null while HubSpot has it
        " merged_into text,"  # the id of the record that it went into
        " primary key (object_type, record_id))"
    )
    db.execute(
        "insert into records select 'tickets', id, fingerprint, updated_at, companies, held, inputs, open, next_at,"
        " gone, null from tickets"
    )
    _note_merges(db)
    db.execute("drop table tickets")
    db.execute("create index deadlines on records (next_at) where next_at is not null")
    db.execute("create index open_records on records (object_type, record_id) where open = 1")
    _rename_what_a_name_no_longer_fits(db)
    _give_rows_an_object_type(db)
    _rebuild_with_object_type_in_the_key(db)


def _note_merges(db: Database) -> None:
    """Until now only the survivor said which tickets had gone into it. The one that is still there comes last: it is
    where a chain of merges ends."""
    query = (
        "select id, json_extract(inputs, '$.hs_merged_object_ids') from tickets"
        " where json_extract(inputs, '$.hs_merged_object_ids') is not null order by gone is 'merged' desc"
    )
    for survivor, merged_ids in db.execute(query).fetchall():
        for absorbed in merged_ids.split(";"):
            db.execute(
                "update records set merged_into = ? where record_id = ? and gone = 'merged' and record_id <> ?",
                (survivor, absorbed.strip(), survivor),
            )


def _rename_what_a_name_no_longer_fits(db: Database) -> None:
    """A target is a promised time; a notification goes to a channel. A verdict is on a clock, not on a metric."""
    for table, before, after in (
        ("outbox", "target", "channel"),
        ("verdicts", "metric", "clock"),
        ("quarantine", "what", "step"),
        ("quarantine", "since", "since_at"),
        ("contacts", "id", "contact_id"),
        ("policy_versions", "resolution", "portal_ids"),
    ):
        db.execute(f"alter table {table} rename column {before} to {after}")
    db.execute("alter table targets rename to channels")


def _give_rows_an_object_type(db: Database) -> None:
    """By a default: no row is written again, and the seals of the audit log cover what they covered."""
    for table in ("outbox", "rungs", "audit"):
        null = "" if table == "audit" else " not null"
        db.execute(f"alter table {table} rename column ticket_id to record_id")
        db.execute(f"alter table {table} add column object_type text{null} default 'tickets'")
    for before, index in (
        ("tasks_of_ticket", "tasks_of_record on outbox (record_id) where kind = 'task'"),
        ("deeds_of_ticket", "deeds_of_record on outbox (record_id) where kind in ('fields', 'note', 'notification')"),
        ("rungs_of_ticket", "rungs_of_record on rungs (record_id)"),
        ("audit_of_ticket", "audit_of_record on audit (record_id, seq) where record_id is not null"),
    ):
        db.execute(f"drop index {before}")
        db.execute(f"create index {index}")


def _rebuild_with_object_type_in_the_key(db: Database) -> None:
    for table, key, columns, options in (
        (
            "facts",
            "object_type, record_id, name, at, nth",
            "name text not null, at integer not null, nth integer not null, value text, source text not null",
            "without rowid",
        ),
        (
            "verdicts",
            "object_type, record_id, clock",
            "clock text not null, status text not null, body text not null",
            "without rowid",
        ),
        (
            "contacts",
            "object_type, record_id, contact_id",
            "contact_id text not null, history text not null",
            "without rowid",
        ),
        (
            "edits",
            "object_type, record_id, name",
            "name text not null, theirs text not null, ours text not null, seen_at integer not null,"
            " respected integer not null",
            "without rowid",
        ),
        (
            "quarantine",
            "object_type, record_id, step",
            "step text not null, reason text not null, since_at integer not null, run_id text not null,"
            " attempts integer not null, again_at integer",
            "",
        ),
    ):
        names = ", ".join(column.split()[0] for column in columns.split(", "))
        db.execute(f"alter table {table} rename to former_{table}")
        db.execute(
            f"create table {table} (object_type text not null, record_id text not null, {columns},"
            f" primary key ({key})) {options}"
        )
        db.execute(f"insert into {table} select 'tickets', ticket_id, {names} from former_{table}")
        db.execute(f"drop table former_{table}")
    db.execute("create index late on verdicts (object_type, record_id) where status = 'breached'")
    db.execute("create index edits_respected on edits (object_type, record_id) where respected = 1")
    db.execute("create index to_try_again on quarantine (again_at) where again_at is not null")


@LEDGER()
def m006_audit_texts(db: Database) -> None:
    """Audit entries without texts and copies: see `ledger/audit.py`. Those already written stay as they are."""
    db.execute("alter table audit add column commitment blob")  # SHA-256 over salt and texts
    db.execute("alter table audit add column digest blob")  # SHA-256 over salt and what the entry refers to
    db.execute("create table audit_texts (entry integer primary key, salt blob not null, texts text)")
    # The number of the audit entry that first covered a row; null for rows that are older than this migration.
    db.execute("alter table facts add column entry integer")
    db.execute("alter table outbox add column entry integer")  # of the one that asks for it
    db.execute("alter table contacts add column linked integer not null default 1")  # whether it still is a contact


@LEDGER()
def m007_outcomes(db: Database) -> None:
    """One row for each cycle of each clock of each record, whose time it was, and what everything is called."""
    db.execute(
        "create table outcomes (id integer primary key, object_type text not null, record_id text not null,"
        " clock text not null, cycle integer not null,"
        f" kind text as ({KIND_OF_CLOCK}), agreement text as ({AGREEMENT_OF_CLOCK}),"
        f" metric text as ({METRIC_OF_CLOCK}), place text as ({PLACE_OF_CLOCK}),"
        " status text not null, excluded text, inferred integer not null,"
        # what was promised; `mappings`: number of the version in force
        " policy text, mappings integer not null, tier text, calendar text, target_ms integer, contract text,"
        # whose it was at `who_at`
        " who_at integer not null, company_id text, owner_id text, team_id text, pipeline_id text, stage_id text,"
        " stage_role text, priority text, source text, category text, first_responder_id text, dimensions text,"
        # when; `withdrawn`: JSON, [[breached at, withdrawn at], ...]
        " started_at integer, at_risk_at integer, due_at integer, stopped_at integer, ended_at integer,"
        " breached_at integer, withdrawn text, elapsed_ms integer not null, paused_ms integer not null,"
        " late_ms integer not null, late_wall_ms integer not null,"
        # what it was judged by: see `ledger/outcomes.py`
        " judged_at integer not null, rules integer not null, judged_mappings integer not null,"
        " judged_entry integer not null, unique (object_type, record_id, clock, cycle))"
    )
    db.execute(
        "create table outcome_time (outcome integer not null, holder text not null, name text not null,"
        " late integer not null, ms integer not null, primary key (outcome, holder, name, late)) without rowid"
    )
    db.execute(
        "create table names (kind text not null, id text not null, seen_at integer not null, name text not null,"
        " primary key (kind, id, seen_at)) without rowid"
    )
    # The rules of the clock have a number since this version; all verdicts before were given by the first.
    db.execute("alter table verdicts add column rules integer not null default 1")
    # Filled by the first sync.
    db.execute(
        "insert into meta (key, value) select 'outcomes_missing', 'to be filled' where exists (select 1 from verdicts)"
    )
    for view, text in VIEWS.items():
        db.execute(f"create view {view} as {text}")


@LEDGER()
def m008_waivers(db: Database) -> None:
    """Lateness that people excused, and what they took back. Instants are epoch ms; `entry` is the number of the audit
    entry that covers the row."""
    db.execute(
        "create table waivers (id integer primary key, object_type text not null, record_id text not null,"
        " company_id text not null, pipeline_id text not null, metric text, reason text not null,"
        " evidence text not null, granted_by text not null, granted_at integer not null, expires_at integer,"
        " since integer, until integer, stops integer not null, entry integer not null)"
    )
    db.execute("create index waivers_of_record on waivers (record_id)")  # "": of a customer or a pipeline
    db.execute(
        "create table waiver_revocations (waiver integer primary key references waivers (id), at integer not null,"
        " by_whom text not null, reason text not null, entry integer not null)"
    )
    _make_append_only(db, "waivers", "waiver_revocations")


def _make_append_only(db: Database, *tables: str) -> None:
    """A guard against accidents: whoever owns the file can remove the triggers."""
    for table in tables:
        for change in ("update", "delete"):
            db.execute(
                f"create trigger if not exists {table}_refuse_{change} before {change} on {table}"
                f" begin select raise(abort, '{table} is append-only'); end"
            )


@LEDGER()
def m009_messages(db: Database) -> None:
    """How far messages were read. They themselves stand among the facts; the view `messages` shows them as rows."""
    db.execute(
        "create table message_reading (object_type text not null, record_id text not null, seen text not null,"
        " threads text not null, activities_seen text not null, pending_until integer,"
        " primary key (object_type, record_id)) without rowid"
    )
    db.execute("create table actors (id text primary key, kind text not null, seen_at integer not null) without rowid")
    db.execute(f"create view messages as {MESSAGES_VIEW}")


@LEDGER()
def m010_editions(db: Database) -> None:
    """Outcomes as they were before they were restated, and as they were when their month was closed. `entry` is the
    number of the audit entry that covers the row; `whose_time`: JSON, [[holder, name, late, ms], ...]."""
    db.execute(
        f"create table outcome_editions (id integer primary key, {_COPIED_OUTCOME}, cause text not null,"
        " author text not null, restated_at integer not null, entry integer not null)"
    )
    db.execute("create index editions_of_record on outcome_editions (record_id)")
    db.execute("create index editions_of_entry on outcome_editions (entry)")
    db.execute(
        # `since` and `until`: the month in epoch ms, in `zone`; `unknown`: JSON, keys of records that were in
        # quarantine; `reason`: why a later edition was made.
        "create table periods (id integer primary key, period text not null, edition integer not null,"
        " since integer not null, until integer not null, zone text not null, closed_at integer not null,"
        " closed_by text not null, reason text not null, unknown text not null, entry integer not null,"
        " unique (period, edition))"
    )
    db.execute(
        "create table period_outcomes (id integer primary key, closing integer not null references periods (id),"
        f" {_COPIED_OUTCOME}, unique (closing, object_type, record_id, clock, cycle))"
    )
    db.execute("create index frozen_of_record on period_outcomes (record_id)")
    _make_append_only(db, "outcome_editions", "periods", "period_outcomes")
    for view, text in EDITION_VIEWS.items():
        db.execute(f"create view {view} as {text}")


@LEDGER()
def m011_audit_tree(db: Database) -> None:
    """The complete subtrees of the tree over the seals, those of the entries that are there already among them."""
    db.execute(
        "create table audit_tree (level integer not null, place integer not null, hash blob not null,"
        " primary key (level, place)) without rowid"
    )
    audit_tree.extend(db.conn, db.execute("select count(*) from audit").fetchone()[0])


@LEDGER()
def m012_attribution(db: Database) -> None:
    """Who paused, who excused, and in whose hands late cycles were: see `ledger/attribution_rows.py`. The first sync
    fills what is null."""
    for column in ("pauses text", "met_by_pauses integer", "waived_by text", "spans text"):
        db.execute(f"alter table outcomes add column {column}")
    db.execute(
        "insert or replace into meta (key, value) select 'outcomes_missing', 'to be filled'"
        " where exists (select 1 from outcomes)"
    )


@LEDGER()
def m013_calendar_data(db: Database) -> None:
    """What the zones and holidays of each version of the mappings meant, each content once."""
    db.execute(
        # The SHA-256 of the content; zlib over JSON, as `policy/zone_content.py` and `holiday_content.py` have it.
        "create table calendar_data (digest blob primary key, content blob not null) without rowid"
    )
    db.execute(
        # `mappings`: number of the version; `name`: `zone Europe/Berlin`, `holidays DE-BE`.
        "create table version_calendars (mappings integer not null, name text not null,"
        " digest blob not null references calendar_data (digest), primary key (mappings, name)) without rowid"
    )
    _make_append_only(db, "calendar_data", "version_calendars")


@LEDGER()
def m014_seen(db: Database) -> None:
    """When everything was first seen follows from the entries that cover it: see `ledger/seen.py`."""
    for view, text in SEEN_VIEWS.items():
        db.execute(f"create view {view} as {text}")


@LEDGER()
def m015_row_seals(db: Database) -> None:
    """What stands in the tables, as the audit chain covers it: see `ledger/row_seals.py`."""
    db.execute(
        "create table row_seals (kind text not null, id text not null,"
        " entry integer not null,"  # number of the audit entry that holds the digest of this row
        " salt blob not null, next_at integer, digests blob not null, hints blob not null,"
        " primary key (kind, id)) without rowid"
    )
    db.execute("create index outbox_of_record on outbox (record_id)")


# As `outcomes` has it.
_COPIED_OUTCOME = (
    "object_type text not null, record_id text not null, clock text not null, cycle integer not null,"
    " status text not null, excluded text, inferred integer not null,"
    " policy text, mappings integer not null, tier text, calendar text, target_ms integer, contract text,"
    " who_at integer not null, company_id text, owner_id text, team_id text, pipeline_id text, stage_id text,"
    " stage_role text, priority text, source text, category text, first_responder_id text, dimensions text,"
    " started_at integer, at_risk_at integer, due_at integer, stopped_at integer, ended_at integer,"
    " breached_at integer, withdrawn text, elapsed_ms integer not null, paused_ms integer not null,"
    " late_ms integer not null, late_wall_ms integer not null,"
    " judged_at integer not null, rules integer not null, judged_mappings integer not null,"
    " judged_entry integer not null, whose_time text not null"
)
