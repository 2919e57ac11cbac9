"""Policies inferred from the due instants of HubSpot's own SLA, on portals with generated rules: what the rules say is
found again, and what the files say is what HubSpot's due instants say.

Two portals in the suite; twenty with `make prove`, with a line on each.
"""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from hubspot_sandbox.instants import parse_instant, to_ms, to_wire
from hubspot_sandbox.server import serve
from hubspot_sla.cli.main import main
from hubspot_sla.clock.intervals import merged
from hubspot_sla.policy.conditions import Subject
from hubspot_sla.policy.loader import load, read_texts
from proof import SCALE
from proofs.native_portals import NOW, native_portal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hubspot_sandbox.native_hours import OperatingHours
    from hubspot_sandbox.native_sla import SlaRule
    from hubspot_sla.policy.loader import Mappings
    from hubspot_sla.policy.policy_set import Policy
    from proofs.native_portals import NativePortal

TOKEN = "pat-eu1-00000000-1111-2222-3333-44445555abcd"
SEEDS = range(1, 21) if SCALE > 1 else (1, 13)
DUE_PROPERTIES = {
    "first_response": "hs_time_to_first_response_sla_at",
    "resolution": "hs_time_to_close_sla_at",
}


class Written(NamedTuple):
    """What `sla init --from-portal` made of a portal, and what `sla check --portal` says to it."""

    native: NativePortal
    report: dict[str, Any]
    mappings: Mappings
    folder: Path
    checked: tuple[int, str]


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"portal-{seed}")
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    native, folder = native_portal(request.param), tmp_path_factory.mktemp("first")
    with serve(native.portal, token=TOKEN, enforce_limits=False) as running, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in {"HUBSPOT_TOKEN": TOKEN, "HUBSPOT_BASE_URL": running.url, "SLA_CLOCK": "hubspot"}.items():
            patch.setenv(name, value)
        code, out = ran("init", "--from-portal", "--json")
        assert code == 0
        checked = ran("check", "--portal", "--json")
    return Written(native, json.loads(out)["inferred"], load(read_texts(folder / "mappings")), folder, checked)


def ran(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    with redirect_stdout(out), pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(str(ended.value.code)), out.getvalue()


def test_every_target_and_all_hours_are_found_exactly(written: Written) -> None:
    pipelines = list(written.native.portal.pipelines.values())
    portal_ids = written.mappings.portal.resolve(pipelines)
    hours = hours_by_rule(written.native.rules)
    for segment in written.report["segments"]:
        for pipeline in segment["pipelines"] if not segment["doubt"] else ():
            rule = rule_for(written.native.rules, pipeline, segment["priority"])
            assert segment["target_minutes"] == minutes_of(rule, segment["metric"]), segment
            subject = Subject(to_ms(NOW), None, pipeline, properties={"hs_ticket_priority": segment["priority"]})
            [match] = written.mappings.policy_set.match(subject, portal_ids).values()
            policy = match.policy
            assert policy is not None
            assert opening_hours(policy) == hours[rule.id]
            promised = {promise.clock.key: promise.budget_ms for promise in policy.promised(subject)}
            assert promised[segment["metric"]] == segment["target_minutes"] * 60_000


def test_only_segments_of_a_few_tickets_are_left_as_comments(written: Written) -> None:
    doubts = [segment for segment in written.report["segments"] if segment["doubt"]]
    assert all(segment["tickets"] < 20 for segment in doubts), doubts
    text = (written.folder / "mappings/policies.yaml").read_text(encoding="utf-8")
    assert text.count("fewer than 20 tickets") == len(doubts)


def test_nearly_all_due_instants_come_out_to_the_minute_and_the_others_are_named(written: Written) -> None:
    report = written.report
    named = [text for segment in report["segments"] for text in segment["not_explained"]]
    share = report["explained"] / report["due_instants"]
    assert share >= 0.95
    assert len(named) == report["due_instants"] - report["explained"]
    assert all(text.startswith("ticket ") for text in named)


def test_stages_wait_where_the_native_clock_stands_still(written: Written) -> None:
    paused = {stage for rule in written.native.rules for stage in rule.paused_in}
    portal_ids = written.mappings.portal.resolve(list(written.native.portal.pipelines.values()))
    waiting = {stage for (_, stage), role in portal_ids.roles.items() if role.role.value == "waiting"}
    assert paused <= waiting


def test_the_files_pass_the_check_against_the_portal_as_they_are(written: Written) -> None:
    code, out = written.checked
    assert code == 0, out


def test_the_policies_judge_as_the_native_sla_does(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the whole product: `sla evaluate` on the tickets of the portal, with their histories."""
    monkeypatch.chdir(written.folder)
    export(written.native, written.folder)
    code, out = ran("evaluate", "tickets.jsonl", "--now", to_wire(to_ms(NOW)), "--json")
    assert code == 0, out
    sound = {
        (pipeline, one["priority"], one["metric"])
        for one in written.report["segments"]
        for pipeline in one["pipelines"]
        if not one["doubt"]
    }
    compared = [agreed for line in out.splitlines() for agreed in comparisons(written.native, json.loads(line), sound)]
    assert len(compared) > 100
    assert sum(compared) >= 0.95 * len(compared)


def comparisons(native: NativePortal, judged: dict[str, Any], sound: set[tuple[str, str, str]]) -> Iterator[bool]:
    """For each metric whether our due instant is HubSpot's, to the minute; where both have one."""
    values = native.portal.read("tickets", judged["id"])
    for metric, name in DUE_PROPERTIES.items():
        verdict = judged["metrics"].get(metric)
        key = (values["hs_pipeline"], values["hs_ticket_priority"], metric)
        if verdict and verdict.get("due_at") and values.get(name) and key in sound:
            yield abs(parse_instant(verdict["due_at"]) - parse_instant(values[name])) < 60_000


def export(native: NativePortal, folder: Path) -> None:
    """The tickets with their histories, and the pipelines, as files that `sla evaluate` reads."""
    histories = ("hs_pipeline", "hs_pipeline_stage", "hs_ticket_priority", "hubspot_owner_id")
    messages = ("hs_first_agent_message_sent_at", "hs_last_message_received_at", "hs_last_message_sent_at")
    rows = []
    for ticket in native.portal.ids("tickets"):
        history = {
            name: [
                {"value": version.value, "timestamp": to_wire(version.at_ms), "sourceType": version.source}
                for version in native.portal.history("tickets", ticket, name)
            ]
            for name in (*histories, *messages)
        }
        rows.append(
            {"id": ticket, "properties": native.portal.read("tickets", ticket), "propertiesWithHistory": history}
        )
    (folder / "tickets.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    pipelines = [
        {
            "id": pipeline.id,
            "label": pipeline.label,
            "stages": [
                {"id": stage.id, "label": stage.label, "metadata": {"isClosed": str(stage.closed).lower()}}
                for stage in pipeline.stages
            ],
        }
        for pipeline in native.portal.pipelines.values()
    ]
    (folder / "pipelines.json").write_text(json.dumps({"results": pipelines}), encoding="utf-8")


def rule_for(rules: tuple[SlaRule, ...], pipeline: str, priority: str) -> SlaRule:
    values = {"hs_pipeline": pipeline, "hs_ticket_priority": priority}
    return next(rule for rule in rules if rule.applies_to(values))


def minutes_of(rule: SlaRule, metric: str) -> int | None:
    goals = rule.goals
    return {"first_response": goals.first_response, "next_response": goals.next_response}.get(metric, goals.close)


FROM, TO = NOW - timedelta(days=90), NOW


def hours_by_rule(rules: tuple[SlaRule, ...]) -> dict[str, object]:
    """By the id of the rule; most rules share their hours, and those are worked out once."""
    different: dict[object, object] = {}
    for rule in rules:
        key = rule.hours.zone, tuple(rule.hours.week.items())
        if key not in different:
            different[key] = operating_hours(rule.hours)
    return {rule.id: different[rule.hours.zone, tuple(rule.hours.week.items())] for rule in rules}


def opening_hours(policy: Policy) -> object:
    return merged(policy.calendar.segments(to_ms(FROM), to_ms(TO)))


def operating_hours(hours: OperatingHours) -> object:
    """Quarter by quarter of an hour: whatever is due a quarter later is open."""
    spans = []
    for at_ms in range(to_ms(FROM), to_ms(TO), 15 * 60_000):
        due_ms = hours.due_ms(at_ms, 15)
        if due_ms == at_ms + 15 * 60_000:
            spans.append((at_ms, due_ms))
    return merged(spans)
