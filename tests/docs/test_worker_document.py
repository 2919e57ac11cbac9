"""docs/how-to/worker.md beside the code: its example runs, its tables are whole, its numbers are the code's."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

from hubspot_sla.flows.runs import working
from hubspot_sla.flows.worker import scheduler, worker, worker_metrics
from hubspot_sla.flows.worker.job_files import discover
from hubspot_sla.flows.worker.scheduler import timetable as planned

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/how-to/worker.md").read_text(encoding="utf-8")


def test_the_example_is_a_job(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.+?)```", DOCUMENT, re.DOTALL)
    (tmp_path / "morning.py").write_text(example)
    loaded, broken = discover(tmp_path)
    assert broken == []
    table, broken = planned(loaded, seed="", now=1_795_420_800_000, last_runs={})
    assert broken == []
    assert [turn.words() for turn in table.turns] == ["every day at 08:00 Europe/Berlin"]
    account = SimpleNamespace(schema=SimpleNamespace(account=lambda: SimpleNamespace(portal_id=1)))
    assert loaded[0].run(SimpleNamespace(portal=account)) == "good morning, portal 1"  # type: ignore[arg-type]


def test_the_table_of_starter_jobs_is_whole() -> None:
    table = DOCUMENT[DOCUMENT.index("| starter job |") : DOCUMENT.index("## Turns")]
    told = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", table, re.MULTILINE))
    table_of_jobs, _ = planned(discover(ROOT / "jobs")[0], seed="", now=0, last_runs={})
    found = {turn.job.name: turn.words() for turn in table_of_jobs.turns}
    assert told.pop("watch") == "at every deadline"
    assert found.pop("watch") == "whenever something is due"
    assert told == found


def test_every_metric_is_named() -> None:
    source = Path(worker_metrics.__file__).read_text(encoding="utf-8")
    told = {name.removesuffix("_total") for name in re.findall(r"`sla_(\w+)`", DOCUMENT)}
    assert told == set(re.findall(r'(?:_one|Figure|by_job)\(\s*"(\w+)"', source))


def test_the_numbers_are_those_of_the_code() -> None:
    assert scheduler.JITTER == 0.05
    assert worker.LONGEST_NAP_S == 30
    assert working.INTERVALS == 3
    assert working.LEAST_MS == 5 * 60_000
    assert scheduler.FIRST_RETRY_MS == 5 * 60_000
    assert scheduler.LONGEST_PAUSE_MS == 60_000
    assert scheduler.PROMPT_MS == 60 * 60_000
    for said in ("5 % of jitter", "30 seconds", "three of its intervals", "after 5 minutes", "up to a minute"):
        assert said in " ".join(DOCUMENT.split())


def test_the_files_of_the_deployment_are_all_named() -> None:
    told = set(re.findall(r"`jobs/deploy/([\w@.-]+)`", DOCUMENT))
    names = {path.name for path in (ROOT / "jobs/deploy").iterdir()}
    assert told == {"sla-job@NAME.timer" if re.fullmatch(r"sla-job@\w+\.timer", name) else name for name in names}
