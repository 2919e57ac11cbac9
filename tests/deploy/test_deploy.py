"""The files in jobs/deploy/, each read by a program that knows its format."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.cli.main import COMMANDS
from hubspot_sla.flows.worker.job_files import discover

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "jobs/deploy"
SLA = Path(sys.executable).with_name("sla")
TIMERS = tuple(sorted(path.name for path in DEPLOY.glob("*.timer")))
HARDENED = ("sla-worker.service", "sla-sync.service", "sla-job@.service")
UNITS = (*HARDENED, *TIMERS)
DONE_BY_A_SYNC = {"sync", "watch", "deliver"}
"""`sla sync` meets the deadlines that have come and sends what waits; every other job needs a line of its own."""
NO_EXPOSURE = 15
"""Of 100: what `systemd-analyze security` may find at most."""


def ran(*command: str | Path) -> str:
    found = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, timeout=60)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout + found.stderr


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units as they would be installed on a machine where `sla` lies elsewhere."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: the units are not read by systemd")
    for name in UNITS:
        text = (DEPLOY / name).read_text(encoding="utf-8").replace("/opt/hubspot-sla/bin/sla", str(SLA))
        (tmp_path / name).write_text(text)
    return tmp_path


def test_systemd_finds_nothing_wrong_with_the_units(units: Path) -> None:
    assert ran("systemd-analyze", "verify", *(units / name for name in UNITS)) == ""


@pytest.mark.parametrize("name", HARDENED)
def test_systemd_finds_the_services_hardened(units: Path, name: str) -> None:
    told = ran("systemd-analyze", "security", "--offline=true", f"--threshold={NO_EXPOSURE}", units / name)
    assert "OK" in told


def test_the_services_wait_longer_for_the_worker_than_it_needs_and_end_before_its_lease() -> None:
    text = (DEPLOY / "sla-worker.service").read_text(encoding="utf-8")
    (stop_s,) = re.findall(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
    assert 60 < int(stop_s) < 300


@pytest.mark.parametrize(
    ("name", "writable"), [("sla-worker.service", "/var/lib/hubspot-sla/"), ("Dockerfile", "/var/lib/hubspot-sla/")]
)
def test_whatever_a_job_writes_goes_where_it_may_write(name: str, writable: str) -> None:
    text = (DEPLOY / name).read_text(encoding="utf-8")
    written = dict(re.findall(r"\b(SLA_LEDGER|SLA_BACKUPS|SLA_REPORTS)=(\S+)", text.partition("[Service]")[2] or text))
    assert set(written) == {"SLA_LEDGER", "SLA_BACKUPS", "SLA_REPORTS"}
    assert all(path.startswith(writable) for path in written.values())


def test_the_compose_file_is_one() -> None:
    ran(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")


def test_the_linter_of_dockerfiles_finds_nothing() -> None:
    assert ran(Path(sys.executable).with_name("hadolint"), DEPLOY / "Dockerfile") == ""


def test_the_image_runs_as_nobody_in_particular_and_pins_what_it_starts_from() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^USER \d+$", text, re.MULTILINE)
    assert "HEALTHCHECK" in text
    images = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert len(images) == 2
    assert all(re.search(r":\d+\.\d+\.\d+-", image) for image in images)
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert version
    assert f"ARG PACKAGE=./hubspot_sla-{version[1]}-py3-none-any.whl" in text


def test_the_crontab_is_one_and_names_commands_that_exist() -> None:
    from crontab import CronTab

    table = CronTab(tabfile=str(DEPLOY / "crontab"))
    jobs = [job for job in table if job.is_enabled()]
    assert all(job.is_valid() for job in jobs)
    commands = [*called(job.command for job in jobs)]
    assert commands[0] == ("sync",)
    assert {words[1] for words in commands[1:]} == every_job() - DONE_BY_A_SYNC


def test_the_timers_run_every_job_that_a_sync_does_not_do() -> None:
    names = {name.removeprefix("sla-job@").removesuffix(".timer") for name in TIMERS if "@" in name}
    assert names == every_job() - DONE_BY_A_SYNC


def every_job() -> set[str]:
    return {job.name for job in discover(ROOT / "jobs")[0]}


def called(commands: Iterable[str]) -> Iterable[tuple[str, ...]]:
    """What follows `sla` in each, without options and where its output goes; `sla run` with a job that exists."""
    for command in commands:
        words = shlex.split(command.partition("$SLA")[2].lstrip('"').partition(">")[0])
        told = tuple(word for word in words if not word.startswith("-"))
        assert told[0] in COMMANDS
        assert told[0] != "run" or told[1] in every_job()
        yield told


def test_discovery_takes_jobs_and_leaves_what_deploys_them_alone() -> None:
    loaded, broken = discover(ROOT / "jobs")
    assert broken == []
    assert {path.stem for path in (ROOT / "jobs").glob("*.py")} == {job.name for job in loaded}
