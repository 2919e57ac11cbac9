"""Receipts where nothing is installed but the wheel: no ledger, no mappings, no settings, and they are verified."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import orjson
import pytest

from flows.world import NOW, world
from hubspot_sla.flows.receipts.make import make
from hubspot_sla.ledger import audit_head, database
from hubspot_sla.plan.records import RecordRef
from proof import SCALE
from seeded import copied_portal

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.packaging

TICKETS = 12 if SCALE == 1 else 1_000
EVERY = """\
import sys
from pathlib import Path
from hubspot_sla.cli.main import main
for receipt in sorted(Path().glob("*.receipt")):
    try:
        main(["verify", str(receipt), "--head", "head.json", "--json"])
    except SystemExit as ended:
        print(f"{receipt.stem} ended with {ended.code}", file=sys.stderr)
"""


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A receipt of every ticket, and the head of the log: all that somebody was sent."""
    made = world(copied_portal(NOW, tickets=TICKETS), tmp_path_factory.mktemp("made"), None)
    made.set_up()
    made.sync()
    made.advance(hours=30)
    made.sync()
    folder = tmp_path_factory.mktemp("sent")
    with database.open_for_reading(made.folder / "ledger.db") as ledger:
        (folder / "head.json").write_bytes(orjson.dumps(audit_head.of(ledger.db).as_json()))
        for (id_,) in ledger.db.execute("select distinct record_id from verdicts order by record_id"):
            (folder / f"{id_}.receipt").write_bytes(make(ledger.db, RecordRef.of(id_)))
    made.close()
    return folder


def ended(command: list[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    """In an environment without a single variable of ours."""
    return subprocess.run(command, cwd=folder, env={"PATH": ""}, capture_output=True, text=True, check=False)


def test_every_receipt_is_verified_where_there_is_nothing_but_the_wheel(installed: Path, sent: Path) -> None:
    receipts = sorted(sent.glob("*.receipt"))
    assert len(receipts) == TICKETS
    found = ended([installed / "python", "-c", EVERY], sent)
    assert found.stderr.splitlines() == [f"{receipt.stem} ended with 0" for receipt in receipts]


def test_a_receipt_that_was_altered_is_refused_there(installed: Path, sent: Path, tmp_path: Path) -> None:
    receipt = next(sent.glob("*.receipt")).read_bytes()
    altered = tmp_path / "altered.json"
    altered.write_bytes(receipt.replace(b'"at":1', b'"at":2', 1))
    assert ended([installed / "sla", "verify", altered, "--head", sent / "head.json"], tmp_path).returncode == 4
