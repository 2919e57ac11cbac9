"""The first migrations of the ledger: its tables as long as there were tickets only, and the step from tickets to
records. `schema.py` goes on."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

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
