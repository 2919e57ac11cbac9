"""The audit log as a file, heads that were kept elsewhere, and what is said of rows that somebody altered."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
from itertools import islice
from typing import TYPE_CHECKING

import orjson
import pytest

from altered import alter
from hubspot_sla.flows.installation import backup
from hubspot_sla.ledger import audit_seals, database
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.plan.records import RecordRef
from proof import SCALE

if TYPE_CHECKING:
    from cli.conftest import Command
    from flows.world import World


@pytest.fixture
def late(live: World) -> str:
    ticket = live.ticket(subject="=cmd()", hs_ticket_priority="HIGH", company="5004")
    live.sync()
    live.advance(hours=2)
    live.sync()
    return ticket


def test_the_chain_is_computed_again_from_the_exported_lines(live: World, sla: Command, late: str) -> None:
    exported = [orjson.loads(line) for line in sla("audit", "export").out.splitlines()]
    assert [entry["seq"] for entry in exported] == list(range(1, len(exported) + 1))
    assert late in {entry["record_id"] for entry in exported}
    head = audit_seals.GENESIS
    for entry in exported:
        key = RecordRef(entry["object_type"], entry["record_id"]).key if entry["record_id"] else None
        hashes = [None if entry[name] is None else bytes.fromhex(entry[name]) for name in ("commitment", "digest")]
        place = entry["seq"], entry["at_ms"], entry["run_id"], entry["kind"]
        head = audit_seals.second_form(head, *place, key, entry["body"], *hashes).hex()
        assert entry["hash"] == head
        if hashes[0] is not None:
            assert hashlib.sha256(bytes.fromhex(entry["salt"]) + entry["texts"].encode()).digest() == hashes[0]
    assert live.rows("select lower(hex(hash)) from audit order by seq desc limit 1") == [(head,)]


def test_no_cell_of_the_exported_csv_is_a_formula(live: World, sla: Command, late: str) -> None:
    assert sla("audit", "export", "--format", "csv", "--out", "log.csv").code == 0
    content = (live.folder / "log.csv").read_bytes().decode()
    rows = list(csv.DictReader(io.StringIO(content, newline="")))
    assert len(rows) == live.rows("select count(*) from audit")[0][0]
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    assert sla("audit", "export", "--out", "no/such/folder").code == 2
    assert late in content


def test_a_kept_head_leads_to_the_log_and_to_no_other(live: World, sla: Command, late: str) -> None:
    (live.folder / "head.json").write_text(sla("audit", "head").out)
    live.change(late, hs_ticket_priority="LOW")
    live.advance(minutes=1)
    live.sync()
    ended = sla("audit", "verify", "--against", "head.json")
    assert ended.code == 0
    assert "1 head that was kept leads to it" in ended.out
    assert sla("audit", "verify", "--against", "head.json", "--json").json["rows"]["problems"] == []
    other = orjson.loads((live.folder / "head.json").read_bytes()) | {"seal": "ab" * 32}
    (live.folder / "other.json").write_bytes(orjson.dumps(other))
    ended = sla("audit", "verify", "--against", "other.json")
    assert (ended.code, "is not the log of the head of" in ended.err) == (4, True)
    (live.folder / "none.json").write_text("{}")
    assert sla("audit", "verify", "--against", "none.json").code == 2


ALTERATIONS = {
    "a fact": "insert into facts values ('tickets', '{late}', 'x', 5, 0, '4', 'API', null)",
    "a verdict": "update verdicts set status = 'met' where record_id = '{late}'",
    "a deadline": "update records set next_at = null, open = 0 where record_id = '{late}'",
    "a version": "update policy_versions set effective_at = effective_at + 1",
    "a company": "update companies set history = replace(history, 'g', 'f')",
    "a seal": "update row_seals set salt = zeroblob(16) where id = '{late}'",
    "a waiver": (
        "insert into waivers (object_type, record_id, company_id, pipeline_id, reason, evidence, granted_by,"
        " granted_at, stops, entry) values ('tickets', '{late}', '', '', 'x', '', 'x', 1, 0, 1)"
    ),
    "a waiver of somebody else that was granted": "delete from waivers",
    "the record": "delete from records where record_id = '{late}'",
    "an entry": "update audit set body = replace(body, 'breached', 'running') where record_id = '{late}'",
    "what an entry says": "delete from audit_texts where entry in (select seq from audit where record_id = '{late}')",
}


def test_an_explanation_says_that_it_rests_on_altered_rows(live: World, sla: Command, late: str) -> None:
    """In the suite every second of them."""
    other = live.ticket(subject="Excused")
    live.sync()
    assert sla("waive", other, "--reason", "agreed").code == 0
    asked = (("explain", late), ("explain", late, "--at", wire(int(live.now.timestamp()) * 1000)))
    assert [sla(*command).code for command in asked] == [0, 0]
    ledger, whole = live.folder / "ledger.db", live.folder / "whole.db"
    with database.open_for_writing(ledger) as opened:
        backup.into_file(opened, whole)
    some = islice(ALTERATIONS.items(), 0, None, 1 if SCALE > 1 else 2)
    for number, (what, statement) in enumerate(some):
        shutil.copy(whole, ledger)
        alter(ledger, statement.format(late=late))
        ended = sla(*asked[number % 2])
        assert (ended.code, "do not follow from the audit chain" in ended.err) == (4, True), (what, ended)


def test_nothing_is_judged_by_an_altered_version_of_the_mappings(live: World, sla: Command, late: str) -> None:
    alter(live.folder / "ledger.db", "update policy_versions set portal_ids = portal_ids || ' '")
    live.advance(minutes=1)
    ended = sla("sync")
    assert (ended.code, "policy_versions 1" in ended.err) == (4, True)
    assert late
