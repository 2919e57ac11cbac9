"""The alert rules and the dashboard in jobs/deploy/, read by programs that know their formats where they are installed.

`tests/flows/test_worker_metrics.py` holds every metric that they name against what the worker serves.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

DEPLOY = Path(__file__).parents[2] / "jobs/deploy"
RULES = DEPLOY / "prometheus-rules.yml"
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana-dashboard.json").read_text(encoding="utf-8"))
OPERATIONS = Path(__file__).parents[2] / "docs/how-to/operations.md"
VARIABLES = {variable["name"] for variable in DASHBOARD["templating"]["list"]}


def promtool(*arguments: str, folder: Path) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed: Prometheus does not read the rules")
    ended = subprocess.run(
        ["promtool", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def rules() -> list[dict[str, Any]]:
    return [rule for group in YAML(typ="safe").load(RULES)["groups"] for rule in group["rules"]]


def targets() -> list[dict[str, Any]]:
    return [target for panel in DASHBOARD["panels"] for target in panel["targets"]]


def test_prometheus_understands_the_rules(tmp_path: Path) -> None:
    shutil.copy(RULES, tmp_path)
    promtool("check", "rules", RULES.name, folder=tmp_path)


def test_the_alerts_are_raised_when_they_should_and_only_then(tmp_path: Path) -> None:
    shutil.copy(RULES, tmp_path)
    shutil.copy(Path(__file__).with_name("prometheus-rules-test.yml"), tmp_path)
    promtool("test", "rules", "prometheus-rules-test.yml", folder=tmp_path)


def test_prometheus_understands_every_query_of_the_dashboard(tmp_path: Path) -> None:
    queries = [re.sub(r"\$\w+", "any", target["expr"]) for target in targets()]
    recorded = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(queries)]
    body = {"groups": [{"name": "dashboard", "rules": recorded}]}
    (tmp_path / "queries.yml").write_text(json.dumps(body), encoding="utf-8")
    promtool("check", "rules", "queries.yml", folder=tmp_path)


def test_every_alert_says_what_it_is_how_bad_and_is_in_the_document() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))
    assert all(rule["labels"]["severity"] in ("critical", "warning") for rule in rules())
    assert all(rule["annotations"].keys() == {"summary", "description"} for rule in rules())
    listed = re.findall(r"`(Sla\w+)`", OPERATIONS.read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(names)


def test_the_panels_have_ids_of_their_own_and_none_covers_another() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["title"] and panel["targets"] for panel in panels)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)
    assert not [
        (one["title"], other["title"])
        for one, other in combinations(panels, 2)
        if overlap(one["gridPos"], other["gridPos"])
    ]


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not beside and not above


def test_what_the_dashboard_asks_for_it_defines() -> None:
    text = json.dumps(DASHBOARD["panels"])
    used = set(re.findall(r"\$\{?([a-z]\w*)\}?", text))
    assert used == VARIABLES
    assert DASHBOARD["schemaVersion"] >= 36
    assert all(target["datasource"]["uid"] == "${datasource}" for target in targets())
