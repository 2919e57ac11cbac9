"""The columns of the views stay: other people's SQL rests on them. One may be added at the end; none goes or moves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hubspot_sla.ledger.database import in_memory

COLUMNS = {
    "audit_log": ("seq at run_id kind object_type record_id body texts hash form "),
    "closed_periods": (
        "period edition newest since until zone closed_at closed_by reason cycles judged met missed late excluded "
        "attainment entry "
    ),
    "company_values_seen": "company_id name at value seen_at at_the_latest entry ",
    "contact_values_seen": "object_type record_id contact_id name at value seen_at at_the_latest entry ",
    "customers": ("company_id company cycles records judged met missed late to_come without_due excluded attainment "),
    "facts_seen": "object_type record_id name source at value seen_at at_the_latest entry ",
    "frozen": (
        "period edition object_type record_id clock cycle status excluded policy tier calendar company_id "
        "owner_id team_id pipeline_id stage_id priority started_at at_risk_at due_at stopped_at ended_at "
        "breached_at judged_at target_s elapsed_s late_s entry "
    ),
    "messages": (
        "object_type record_id id edition at kind direction actor actor_kind channel thread client automatic "
        "outside assigned_to assigned_kind failed connected defect entry "
    ),
    "outcomes_named": (
        "object_type record_id kind agreement metric place cycle status excluded inferred policy "
        "mappings_version tier calendar contract company_id company owner_id owner team_id team pipeline_id "
        "pipeline stage_id stage stage_role priority source category first_responder_id first_responder "
        "dimensions who_at started_at at_risk_at due_at stopped_at ended_at breached_at judged_at withdrawn "
        "rules target_s elapsed_s paused_s late_s late_wall_s standing counted_at met_by_pauses waived_by "
    ),
    "pauses": (
        "object_type record_id kind agreement metric place cycle status excluded author author_name business_s wall_s "
        "met_only "
    ),
    "people": "owner_id owner cycles records judged met missed late to_come without_due excluded attainment ",
    "restatements": (
        "object_type record_id clock cycle cause author restated_at status excluded policy tier calendar "
        "company_id owner_id team_id priority started_at at_risk_at due_at stopped_at ended_at breached_at "
        "judged_at target_s late_s entry "
    ),
    "rungs_reached": (
        "object_type record_id kind agreement metric place cycle ladder rung nth level state due_at reached_at reason "
        "run_id "
    ),
    "whose_time": (
        "object_type record_id kind agreement metric place cycle holder holder_id holder_name late business_s wall_s "
    ),
}


@pytest.mark.parametrize("view", COLUMNS)
def test_a_view_has_the_columns_that_others_rely_on(view: str, tmp_path: Path) -> None:
    db = in_memory(tmp_path / "nowhere.db").db
    found = [row["name"] for row in db.execute("select name from pragma_table_info(?)", (view,))]
    assert found[: len(COLUMNS[view].split())] == COLUMNS[view].split()


def test_every_view_is_held(tmp_path: Path) -> None:
    db = in_memory(tmp_path / "nowhere.db").db
    assert {row["name"] for row in db.execute("select name from sqlite_master where type = 'view'")} == set(COLUMNS)


def test_the_document_has_every_view_with_all_its_columns(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/reference/views.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| [^|]* \| (.*) \|$", page, re.MULTILINE)
    told = {view: re.findall(r"`(\w+)`", columns) for view, columns in rows}
    db = in_memory(tmp_path / "nowhere.db").db
    found = {view: [row[0] for row in db.execute("select name from pragma_table_info(?)", (view,))] for view in COLUMNS}
    assert told == found


@pytest.mark.parametrize("view", COLUMNS)
def test_a_view_of_an_empty_ledger_answers(view: str, tmp_path: Path) -> None:
    assert in_memory(tmp_path / "nowhere.db").db.execute(f"select * from {view}").fetchall() == []
