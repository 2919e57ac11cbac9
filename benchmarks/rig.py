"""What the benchmarks of the worker share: a sandbox in real time, a folder of its own, and `sla` as processes."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hubspot_sandbox.seed import seeded_portal
from hubspot_sandbox.server import serve
from hubspot_sla.flows.installation.starter_set import copy_starter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sandbox.server import Running

SLA = str(Path(sys.executable).with_name("sla"))
TOKEN = "pat-eu1-00000000-1111-2222-3333-444455556666"  # noqa: S105 - of a sandbox

POLICIES = """\
policies:
  - id: support
    when: {pipeline: Support Pipeline}
    calendar: always
    targets: {first_response: {HIGH: 3h, default: 1h}}
"""


class Rig:
    """A portal served on this machine and the settings that point `sla` at it."""

    def __init__(self, running: Running, folder: Path) -> None:
        self.running = running
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "HUBSPOT_TOKEN": TOKEN,
            "HUBSPOT_BASE_URL": running.url,
        }

    def sla(self, *arguments: str) -> None:
        subprocess.run([SLA, *arguments], cwd=self.folder, env=self.environment, check=True, capture_output=True)

    @contextmanager
    def worker(self, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
        """`sla worker`, until the block ends; what it logs is in `worker.log`."""
        with (self.folder / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                [SLA, "worker"], cwd=self.folder, env=self.environment | variables, stderr=log, stdout=log
            )
            try:
                yield process
            finally:
                process.terminate()
                process.wait(60)


@contextmanager
def rig(*, tickets: int = 0, latency_ms: int = 100, policies: str | None = POLICIES) -> Iterator[Rig]:
    """Set up and empty, or with so many seeded tickets. Limits are those of a real portal."""
    portal = seeded_portal(datetime.now(UTC), tickets=tickets)
    with TemporaryDirectory() as name, serve(portal, token=TOKEN) as running:
        folder = Path(name)
        copy_starter(folder)
        if policies is not None:
            (folder / "mappings/policies.yaml").write_text(policies, encoding="utf-8")
        new_rig = Rig(running, folder)
        new_rig.sla("setup")
        running.faults.add("latency", ms=latency_ms)
        yield new_rig
