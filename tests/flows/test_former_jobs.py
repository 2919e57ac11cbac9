"""Job files that `sla init` copied with version 0.1 run unchanged after an upgrade."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from hubspot_sla import jobs
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.worker.job_files import discover

if TYPE_CHECKING:
    from flows.world import World

FORMER = Path(__file__).parents[1] / "jobs_of_0_1"
NAMES = ["backup", "deliver", "refresh", "slow_lane", "sweep", "sync", "verify_audit", "watch"]


def test_every_former_job_file_is_loaded() -> None:
    loaded, broken = discover(FORMER)
    assert broken == []
    assert [job.name for job in loaded] == NAMES


def test_every_former_job_does_its_work(live: World, tmp_path: Path) -> None:
    shutil.copytree(FORMER, tmp_path / "former")
    loaded, _ = discover(tmp_path / "former")
    with wired(live.settings()) as context:
        outcomes = {job.name: job.run(context) for job in loaded}
    assert isinstance(outcomes["sync"], jobs.RunStats)
    assert "chain whole" in str(outcomes["verify_audit"])
    assert str(outcomes["backup"]).startswith(str(live.folder))
    assert outcomes["deliver"] is jobs.NOTHING


def test_what_job_files_import_is_documented_by_one_module() -> None:
    shipped = Path(__file__).parents[2] / "jobs"
    texts = [path.read_text(encoding="utf-8") for path in sorted(shipped.glob("*.py"))]
    assert all("from hubspot_sla.jobs import" in text for text in texts)
    assert not any("hubspot_sla.flows" in text for text in texts)
