"""The tables of the ledger, as forward-only migrations; the first five are in `schema_to_records.py`. Only these two
files need sqlite-utils: its import costs 200 ms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.ledger import audit_tree
from hubspot_sla.ledger.clock_parts import AGREEMENT_OF_CLOCK, KIND_OF_CLOCK, METRIC_OF_CLOCK, PLACE_OF_CLOCK
from hubspot_sla.ledger.figure_views import FIGURE_VIEWS
from hubspot_sla.ledger.schema_to_records import LEDGER
from hubspot_sla.ledger.views import EDITION_VIEWS, MESSAGES_VIEW, SEEN_VIEWS, VIEWS

if TYPE_CHECKING:
    from sqlite_utils import Database

__all__ = ["LEDGER"]


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


@LEDGER()
def m016_figure_views(db: Database) -> None:
    """What was kept, paused, reached and closed, for people with plain SQLite; and more columns of outcomes."""
    for view, text in FIGURE_VIEWS.items():
        db.execute(f"drop view if exists {view}")
        db.execute(f"create view {view} as {text}")


@LEDGER()
def m017_contract_closings(db: Database) -> None:
    """Closed windows of contracts with the promises and the rows of feeds that entered: see
    `ledger/contract_closings.py`."""
    db.execute(
        # `start`, `end`: days, the second exclusive; `before`: the edition of the window before that it stands on;
        # `unknown`: JSON, keys of records that were in quarantine; `notes`: JSON, which feeds could not be read.
        "create table contract_closings (id integer primary key, contract text not null, period text not null,"
        " edition integer not null, start text not null, end text not null, zone text not null,"
        " mappings integer not null, version integer not null, party text not null, party_name text not null,"
        " before integer references contract_closings (id), closed_at integer not null, closed_by text not null,"
        " reason text not null, unknown text not null, notes text not null, owed text not null,"
        " payable text not null, entry integer not null, unique (contract, start, edition))"
    )
    db.execute(
        # `start`: the first day of the contract's window that the promise entered.
        "create table contract_promises (id integer primary key,"
        " closing integer not null references contract_closings (id), start text not null, objective text not null,"
        " object_type text not null, record_id text not null, clock text not null, cycle integer not null,"
        " counted_at integer not null, result text not null, late_ms integer not null, lasted_ms integer,"
        " reason text not null, key text, unique (closing, start, objective, object_type, record_id, clock, cycle))"
    )
    db.execute(
        "create table contract_feeds (id integer primary key,"
        " closing integer not null references contract_closings (id), feed text not null, content text not null,"
        " unique (closing, feed))"
    )
    db.execute(
        # What people recorded of claims: see `ledger/contract_claims.py`. `start`: the first day of the window.
        "create table contract_claims (id integer primary key, contract text not null, start text not null,"
        ' objective text not null, state text not null, "on" text not null, amount text not null, note text not null,'
        " recorded_at integer not null, recorded_by text not null, entry integer not null)"
    )
    _make_append_only(db, "contract_closings", "contract_promises", "contract_feeds", "contract_claims")


@LEDGER()
def m018_refused_writes(db: Database) -> None:
    """Writes of properties that HubSpot refused are sealed from now on, those that wait already by the entries of this
    upgrade: see part 10 of `ledger/covered_tables.py`."""


@LEDGER()
def m019_feed_readings(db: Database) -> None:
    """What each feed of contracts.yaml said when it was last read: see `ledger/feed_readings.py`."""
    db.execute(
        "create table feed_readings (feed text primary key, place text not null, content text not null,"
        " read_at integer not null, down_since integer, reason text not null)"
    )


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
