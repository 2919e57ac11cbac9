"""Reading, versions, and what the compiled mappings say."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from hubspot_sla.clock.metrics import IN_WAITING, Metric
from hubspot_sla.clock.promise import AgreementKey, Kind
from hubspot_sla.errors import MappingInvalid
from hubspot_sla.policy.conditions import Subject
from hubspot_sla.policy.grammars import version_of
from hubspot_sla.policy.loader import load, read_texts
from policy.mapping_texts import CALENDARS, PORTAL, SUPPORT, TIERS, Pipeline, Stage, texts

if TYPE_CHECKING:
    from hubspot_sla.clock.promise import Promise
    from hubspot_sla.policy.policy_set import Match, Policy, PolicySet
    from hubspot_sla.policy.portal_ids import PortalIds
from hubspot_sandbox.seed import seeded_portal
from hubspot_sandbox.server import serve

HOUR_MS = 3_600_000
STARTER = Path(__file__).parents[2] / "mappings"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def portal_ids() -> PortalIds:
    return load(texts()).portal.resolve([SUPPORT])


def test_the_starter_mappings_load_without_a_problem() -> None:
    mappings = load(read_texts(STARTER))
    assert [policy.id for policy in mappings.policy_set.policies][:2] == ["platinum-support", "gold-support"]
    assert set(mappings.calendars) == {"always", "berlin", "extended"}
    assert mappings.tiers.company_properties == ("customer_tier",)


def test_the_starter_mappings_fit_the_seeded_portal_of_the_sandbox() -> None:
    now = datetime(2026, 11, 23, 14, tzinfo=UTC)
    with serve(seeded_portal(now, tickets=1), token="made-up", now=now) as running:
        headers = {"Authorization": "Bearer made-up"}
        answer = requests.get(f"{running.url}/crm/v3/pipelines/tickets", headers=headers, timeout=10)
    pipelines = [
        Pipeline(
            pipeline["id"],
            pipeline["label"],
            tuple(
                Stage(stage["id"], stage["label"], closed=stage["metadata"]["ticketState"] == "CLOSED")
                for stage in pipeline["stages"]
            ),
        )
        for pipeline in answer.json()["results"]
    ]
    portal = load(read_texts(STARTER), pipelines).portal
    assert portal.warnings(pipelines) == []
    assert len(portal.resolve(pipelines).roles) == 12


def test_the_starter_calendar_keeps_berlin_holidays_and_breaks() -> None:
    berlin = load(read_texts(STARTER)).calendars["berlin"]
    assert berlin.elapsed(at("2027-03-08T00:00+01:00"), at("2027-03-09T00:00+01:00")) == 0  # Women's Day, Berlin
    assert berlin.elapsed(at("2026-12-31T00:00+01:00"), at("2027-01-01T00:00+01:00")) == 3.5 * HOUR_MS
    assert berlin.business_day_ms == 7.5 * HOUR_MS


def test_texts_are_read_with_the_csv_that_tiers_names(tmp_path: Path) -> None:
    for name, text in texts().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_texts(tmp_path) == texts()


def test_a_csv_may_lie_elsewhere_and_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    elsewhere = tmp_path / "contracts.csv"
    elsewhere.write_bytes(b"\xef\xbb\xbfcompany_id,tier\n7,gold\n")
    folder = tmp_path / "mappings"
    folder.mkdir()
    changed = texts(tiers=TIERS.replace("tiers.csv", str(elsewhere)))
    for name, text in changed.items():
        (folder / name).write_text(text, encoding="utf-8")
    read = read_texts(folder)
    assert read[str(elsewhere)].startswith("company_id")
    assert load(read).tiers.ranks == ("gold", "silver")


def test_a_missing_folder_is_one_problem(tmp_path: Path) -> None:
    with pytest.raises(MappingInvalid, match="there is no such folder"):
        read_texts(tmp_path / "nowhere")


def test_missing_files_and_binary_files_are_reported_together(tmp_path: Path) -> None:
    (tmp_path / "portal.yaml").write_bytes(b"pipelines:\n  A\xff: open\n")
    with pytest.raises(MappingInvalid) as caught:
        read_texts(tmp_path)
    assert [problem.where for problem in caught.value.problems] == [
        "calendars.yaml", "policies.yaml", "portal.yaml:2:4", "tiers.yaml",
    ]  # fmt: skip


def test_the_version_is_of_the_content_not_of_line_ends_or_order() -> None:
    original = texts()
    reordered = {name: text.replace("\n", "\r\n") for name, text in reversed(original.items())}
    assert load(original).version == version_of(reordered)
    assert load(original).version.startswith("g2:sha256:")
    assert version_of(texts(portal=PORTAL + "# a comment\n")) != version_of(original)


def test_an_unquoted_number_is_a_stage_id() -> None:
    assert portal_ids().stages == {"Support": {"New": "1", "2": "2", "Closed": "4"}}


def asked(policy_set: PolicySet, pipeline: str, priority: str | None, tier: str | None) -> Match:
    subject = Subject(0, tier, pipeline, properties={"hs_ticket_priority": priority})
    return policy_set.match(subject, portal_ids())[AgreementKey(Kind.SLA)]


def promised(policy: Policy, metric: Metric, priority: str | None) -> Promise | None:
    subject = Subject(0, None, "0", properties={"hs_ticket_priority": priority})
    return next((promise for promise in policy.promised(subject) if promise.metric is metric), None)


def test_the_first_policy_that_matches_wins_and_the_others_say_why_not() -> None:
    policy_set = load(texts()).policy_set
    gold = asked(policy_set, "0", "HIGH", "gold")
    assert (gold.policy and gold.policy.id, gold.rejected) == ("gold-support", ())
    silver = asked(policy_set, "0", "HIGH", "silver")
    assert silver.policy
    assert silver.policy.id == "rest"
    assert silver.rejected == (("gold-support", "tier is silver, not gold"),)
    assert asked(policy_set, "0", "LOW", "gold").rejected == (("gold-support", "priority is LOW, not HIGH or URGENT"),)
    assert asked(policy_set, "99", None, None).rejected == (("gold-support", "pipeline is 99, not Support"),)


def test_when_nothing_matches_there_is_no_policy() -> None:
    only_gold = texts()["policies.yaml"].split("  - id: rest")[0]
    match = asked(load(texts(policies=only_gold)).policy_set, "0", "HIGH", None)
    assert match.policy is None
    assert match.rejected == (("gold-support", "tier is not set, not gold"),)


def test_a_promise_is_the_target_of_the_priority_or_the_default() -> None:
    policy = load(texts()).policy_set.policies[0]
    urgent = promised(policy, Metric.FIRST_RESPONSE, "URGENT")
    assert urgent
    assert (urgent.target, urgent.budget_ms, urgent.policy) == ("15m", HOUR_MS // 4, "gold-support")
    other = promised(policy, Metric.FIRST_RESPONSE, None)
    assert other
    assert other.target == "1h"
    two_days = promised(policy, Metric.RESOLUTION, "HIGH")
    assert two_days
    assert two_days.budget_ms == 16 * HOUR_MS
    assert (two_days.calendar.name, two_days.pauses, other.pauses) == ("office", IN_WAITING, ())


def test_a_priority_without_target_or_default_is_promised_nothing() -> None:
    rest = load(texts()).policy_set.policies[1]
    assert promised(rest, Metric.RESOLUTION, "LOW") is None
    assert promised(rest, Metric.FIRST_RESPONSE, "HIGH") is None
    high = promised(rest, Metric.RESOLUTION, "HIGH")
    assert high
    assert high.budget_ms == 24 * HOUR_MS


def test_a_policy_may_say_otherwise_which_clocks_pause() -> None:
    changed = texts()["policies.yaml"].replace(
        "  - id: rest\n",
        "  - id: rest\n    pauses: {resolution: false}\n    resume_on_customer_message: false\n",
    )
    promise = promised(load(texts(policies=changed)).policy_set.policies[1], Metric.RESOLUTION, "HIGH")
    assert promise
    assert (promise.pauses, promise.resume_on_customer_message) == ((), False)


def test_exceptions_of_a_calendar_reach_the_clock() -> None:
    office = load(
        texts(
            calendars=CALENDARS
            + "    closed: [2026-11-23, {date: 2026-11-24, from: '12:00', to: '24:00'},\n"
            + "      {from: '2026-11-30T10:00:00+01:00', to: '2026-11-30T11:00:00+01:00'}]\n"
            + "    open: {2026-11-25: ['10:00-11:00', '22:00-24:00']}\n"
        )
    ).calendars["office"]
    days = [
        office.elapsed(at(f"{day}T00:00+01:00"), at(f"{day}T23:59:59.999+01:00")) // HOUR_MS
        for day in ("2026-11-23", "2026-11-24", "2026-11-25", "2026-11-30")
    ]
    assert days == [0, 3, 2, 7]


def test_calendars_without_holidays_do_not_pay_for_the_holidays_library() -> None:
    script = (
        "import sys; from policy.mapping_texts import texts; from hubspot_sla.policy.loader import load;"
        "load(texts()); print('holidays' in sys.modules)"
    )
    tests = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tests, timeout=60
    )
    assert done.stdout.strip() == "False"
