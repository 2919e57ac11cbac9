"""Targets and calendars that go by values of tickets and customers, on tickets whose ids are those of a portal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hubspot_sla.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

PORTAL = "pipelines:\n  Support: {New: open, L2: {role: open, team: Experts}, Closed: closed}\n"
CALENDARS = """\
calendars:
  office: {timezone: Etc/UTC, hours: {mon-fri: "09:00-17:00"}, business_day: 8h}
  late: {timezone: Etc/UTC, hours: {mon-fri: "12:00-20:00"}, business_day: 8h}
"""
TIERS = "ranks: [gold, silver]\nsources:\n  - company_property: customer_tier\n"
STAGES = [{"id": "11", "label": "New"}, {"id": "12", "label": "L2"}, {"id": "13", "label": "Closed"}]
CREATED = "2026-03-02T09:00:00Z"  # a Monday


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {"portal.yaml": PORTAL, "calendars.yaml": CALENDARS, "tiers.yaml": TIERS}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    pipelines = {"results": [{"id": "1", "label": "Support", "stages": STAGES}]}
    (tmp_path / "pipelines.json").write_text(json.dumps(pipelines), encoding="utf-8")
    return tmp_path


def ticket(id_: str = "1", *moves: tuple[str, str], **company: str) -> dict[str, Any]:
    stages = [{"value": "11", "timestamp": CREATED}, *({"value": stage, "timestamp": at} for at, stage in moves)]
    return {
        "id": id_,
        "properties": {"createdate": CREATED, "hs_pipeline": "1", "hs_pipeline_stage": stages[-1]["value"]},
        "propertiesWithHistory": {"hs_pipeline_stage": stages},
        "associations": {"companies": {"results": [{"id": "7", "type": "ticket_to_company", "properties": company}]}},
    }


def ran(folder: Path, command: list[str], targets: str, *tickets: dict[str, Any], calendar: str = "office") -> None:
    policies = f"policies:\n  - {{id: p, calendar: {calendar}, targets: {targets}}}\n"
    (folder / "policies.yaml").write_text(policies, encoding="utf-8")
    (folder / "tickets.jsonl").write_text("".join(json.dumps(ticket) + "\n" for ticket in tickets), encoding="utf-8")
    with pytest.raises(SystemExit):
        main([*command, "--mappings", str(folder)])


def metrics(folder: Path, capsys: Any, targets: str, *tickets: dict[str, Any], calendar: str = "office") -> Any:
    """Of the only ticket, by clock key."""
    command = ["evaluate", str(folder / "tickets.jsonl"), "--now", "2026-03-02T16:00:00Z", "--json"]
    ran(folder, command, targets, *tickets, calendar=calendar)
    return json.loads(capsys.readouterr().out)["metrics"]


def test_a_target_by_pipeline_or_stage_goes_by_the_names_of_portal_yaml(folder: Path, capsys: Any) -> None:
    targets = (
        "{resolution: {by: pipeline, Support: 1h, default: 8h}, first_response: {by: stage, New: 30m, default: 6h}}"
    )
    found = metrics(folder, capsys, targets, ticket())
    assert (found["resolution"]["target"], found["first_response"]["target"]) == ("1h", "30m")


def test_a_calendar_by_pipeline_goes_by_the_names_of_portal_yaml(folder: Path, capsys: Any) -> None:
    calendar = "{by: pipeline, Support: late, default: office}"
    found = metrics(folder, capsys, "{resolution: 1h}", ticket(), calendar=calendar)
    assert (found["resolution"]["calendar"], found["resolution"]["due_at"]) == ("late", "2026-03-02T13:00:00Z")


def test_the_total_of_a_team_is_added_up_over_its_visits(folder: Path, capsys: Any) -> None:
    visits = [("2026-03-02T10:00:00Z", "12"), ("2026-03-02T12:00:00Z", "11"), ("2026-03-02T14:00:00Z", "12")]
    found = metrics(folder, capsys, "{stage: {Experts: {each: 90m, total: 3h}}}", ticket("1", *visits))
    total = found["stage_total:Experts"]
    assert (total["metric"], total["place"], total["due_at"]) == ("stage_total", "Experts", "2026-03-02T15:00:00Z")
    assert (total["status"], total["elapsed_s"], total["paused_s"]) == ("breached", 4 * 3600, 2 * 3600)
    assert found["stage:Experts"]["due_at"] == "2026-03-02T15:30:00Z"


NUMBERS = [
    ("0", "company.hours is 0, which promises nothing"),
    ("-2", "company.hours is -2, which is less than nothing"),
    ("soon", "company.hours is 'soon', which is no number"),
    ("", "company.hours is empty"),
]


@pytest.mark.parametrize(("number", "reason"), NUMBERS)
@pytest.mark.parametrize("metric", ["resolution", "update", "assignment"])
def test_a_number_that_promises_nothing_is_no_target_and_the_ticket_says_why(
    folder: Path, capsys: Any, metric: str, number: str, reason: str
) -> None:
    found = metrics(folder, capsys, f"{{{metric}: {{property: company.hours, unit: h}}}}", ticket(hours=number))
    assert (found[metric]["status"], found[metric]["reason"]) == ("no_sla", f"policy p has no target: {reason}")


def test_check_counts_values_that_should_be_targets_and_make_no_sense(folder: Path, capsys: Any) -> None:
    targets = (
        "{resolution: {earlier_of: [8h, {property: company.hours, unit: h}]}, stage: {L2: {property: b, unit: m}}}"
    )
    tickets = [ticket("1", hours="0"), ticket("2", hours="0"), ticket("3", hours="4"), ticket("4", hours="")]
    command = ["check", "--tickets", str(folder / "tickets.jsonl")]
    ran(folder, [*command, "--json"], targets, *tickets)
    counted = json.loads(capsys.readouterr().out)["tickets"][str(folder / "tickets.jsonl")]
    assert counted["odd_values"] == [
        {
            "policy": "p",
            "clock": "resolution",
            "reason": "company.hours is 0, which promises nothing",
            "count": 2,
            "example": "1",
        }
    ]
    ran(folder, command, targets, *tickets)
    expected = "warning: policy p, resolution: company.hours is 0, which promises nothing (2 tickets, for example 1)"
    assert expected in capsys.readouterr().out
