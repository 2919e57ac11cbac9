"""Profiles carry: deals are a profile that lies beside this file, entered into the public table, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest
from click.testing import CliRunner

import hubspot_sla
from cli.conftest import Command
from deals.deal_profile import PROFILE
from flows.test_worker import Napless
from flows.world import NOW, POLICIES, World, world
from hubspot_sandbox.object_types import DEALS, NOTES, TASKS, TICKETS
from hubspot_sandbox.seed import seeded_portal
from hubspot_sla.cli.explain import command
from hubspot_sla.errors import MappingInvalid
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.context.loaded_mappings import load_mappings
from hubspot_sla.flows.inspection.evaluate import Evaluated, Evaluator, offline_portal_ids
from hubspot_sla.flows.inspection.explain import explain
from hubspot_sla.flows.records.ticket_file import Row, row_of
from hubspot_sla.flows.runs.deadlines import watch
from hubspot_sla.flows.runs.refresh import refresh
from hubspot_sla.flows.runs.slow_lane import slow_lane
from hubspot_sla.flows.runs.sweep import sweep
from hubspot_sla.flows.worker.job_files import discover
from hubspot_sla.flows.worker.worker import Worker
from hubspot_sla.hubspot.objects.table import PROFILES
from hubspot_sla.ledger import database
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.policy.review import warnings_about
from policy.mapping_texts import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

OBJECTS = """
objects:
  deals:
    pipelines:
      Sales Pipeline:
        Appointment Scheduled: open
        Qualified To Buy: open
        Presentation Scheduled: open
        Decision Maker Bought-In: open
        Contract Sent: {role: waiting, team: Legal}
        Closed Won: closed
        Closed Lost: closed
"""
OF_DEALS = """\
  - id: deals
    object: deal
    when: {pipeline: Sales Pipeline}
    calendar: always
    targets:
      assignment: 1h
      resolution: {high: 4h, default: 8h}
"""


@pytest.fixture
def with_deals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A portal whose mappings name deals beside tickets. Not set up."""
    monkeypatch.setitem(PROFILES, "deals", PROFILE)
    made = world(seeded_portal(NOW, tickets=0), tmp_path, POLICIES + OF_DEALS)
    made.edit("portal.yaml", lambda text: text + OBJECTS)
    yield made
    made.close()


@pytest.fixture
def live(with_deals: World) -> World:
    with_deals.set_up()
    with_deals.sync()
    with_deals.advance(minutes=1)
    return with_deals


def deal(of: World, **properties: str) -> str:
    given = {"dealname": "Forty printers", "pipeline": "default", "dealstage": "qualifiedtobuy"} | properties
    return of.portal.create("deals", given, at=of.now)


def held(of: World, deal_id: str) -> dict[str, str]:
    values = of.portal.read("deals", deal_id)
    return {name.removeprefix("sla_"): value for name, value in values.items() if name.startswith("sla_")}


def linked(of: World, deal_id: str, kind: object = TASKS) -> list[dict[str, str]]:
    """The tasks, or the notes, on a deal."""
    name = {TASKS: "tasks", NOTES: "notes"}[kind]  # type: ignore[index]
    return [of.portal.read(name, id_) for id_ in of.portal.links.of(DEALS, int(deal_id), kind)]  # type: ignore[arg-type]


def work_until_idle(of: World) -> None:
    """The worker, with the job that waits for deadlines alone: its first nap is its last."""
    watching = [job for job in discover(of.folder / "jobs")[0] if job.name == "watch"]
    with wired(of.settings()) as context:
        context.portal.schema.account()  # learns the time, as any earlier run has
        Worker(context, watching, Napless()).run()


def test_no_file_of_the_product_names_deals() -> None:
    root = Path(hubspot_sla.__file__).parent
    naming = [path for path in root.rglob("*.py") if re.search(r"\bdeals?\b", path.read_text("utf-8"), re.IGNORECASE)]
    assert naming == []


def test_setup_makes_our_properties_on_deals_too(with_deals: World) -> None:
    with_deals.set_up()
    of_tickets, of_deals = (
        {definition.name for definition in with_deals.portal.catalogue(kind).listed() if definition.group == "sla"}
        for kind in (TICKETS, DEALS)
    )
    assert of_tickets == of_deals
    assert "sla_status" in of_deals
    assert with_deals.tear_down()["deals"]
    assert not [d for d in with_deals.portal.catalogue(DEALS).listed() if d.group == "sla"]


def test_a_first_sync_reads_every_deal_and_writes_what_it_is_owed(with_deals: World) -> None:
    old, ticket = deal(with_deals), with_deals.ticket()
    with_deals.set_up()
    stats = with_deals.sync()
    assert stats.tickets_seen == 2
    assert held(with_deals, old)["policy"] == "deals"
    assert held(with_deals, old)["resolution_due_at"] == "2026-11-23T16:00:00Z"
    assert with_deals.held(ticket)["policy"] == "support"


def test_a_deal_that_moves_on_is_judged_again_by_the_next_sync(live: World) -> None:
    first, second = deal(live, hs_priority="high"), deal(live)
    live.sync()
    assert held(live, first)["resolution_status"] == "running"
    assert held(live, first)["resolution_due_at"] == "2026-11-23T12:01:00Z"
    live.advance(hours=1)
    live.portal.update("deals", first, {"dealstage": "closedwon"}, at=live.now)
    live.portal.update("deals", second, {"dealstage": "contractsent"}, at=live.now)
    live.sync()
    assert held(live, first)["resolution_status"] == "met"
    assert held(live, second)["resolution_status"] == "paused"


def test_an_idle_tick_costs_one_search_for_each_object_type(live: World) -> None:
    deal(live)
    live.sync()
    live.advance(minutes=5)
    live.sync()
    live.advance(minutes=5)
    assert dict(live.sync().calls) == {"search": 2}


def test_a_deadline_is_reached_on_the_deal_and_its_task_hangs_on_it(live: World) -> None:
    late, owner = deal(live), next(iter(live.portal.owners))
    live.portal.update("deals", late, {"hubspot_owner_id": owner}, at=live.now)
    live.sync()
    live.advance(hours=8, minutes=1)
    work_until_idle(live)
    assert held(live, late)["resolution_status"] == "breached"
    (task,) = linked(live, late)
    assert task["sla_task_key"] == f"task:deals:{late}:resolution:1:breach"
    assert task["hubspot_owner_id"] == owner
    assert live.rows("select key from rungs where clock = 'resolution'") == [
        (f"rung:deals:{late}:resolution:1:default:breach",)
    ]
    live.portal.update("deals", late, {"dealstage": "closedlost"}, at=live.now)
    live.sync()
    assert linked(live, late)[0]["hs_task_status"] == "COMPLETED"
    live.require_whole_chain()
    assert ("deals", late, "resolution", "missed") in live.rows(
        "select object_type, record_id, clock, status from outcomes"
    )


def test_a_deal_is_explained_like_a_ticket(live: World) -> None:
    late = deal(live)
    live.sync()
    live.advance(hours=2)
    live.sync()
    with database.open_for_reading(live.settings().ledger) as ledger:
        told = explain(ledger.db, RecordRef.of(f"deals:{late}"), live.portal.clock.now_ms())
    assert told.subject == "Forty printers"
    assert {metric.verdict.clock.key: metric.verdict.status.value for metric in told.metrics}[
        "assignment"
    ] == "breached"
    assert all(metric.recorded is None for metric in told.metrics)
    assert told.as_json()["policy"] == "deals"
    shown = CliRunner().invoke(command, [f"deals:{late}", "--ledger", str(live.settings().ledger)])
    assert shown.output.startswith(f"Deal deals:{late}: Forty printers\n")
    assert "SLA policy: deals" in shown.output


def test_a_rung_puts_a_note_on_the_deal_and_sets_its_properties(with_deals: World) -> None:
    ladder = (
        "channels: {ops: {webhook: {url_env: OPS_URL}}}\n"
        "ladders: {of_deals: {rungs: "
        "[{at: breach, do: [{note: explanation}, {set: {hs_priority: high}}, {notify: ops}]}]}}"
    )
    (with_deals.folder / "mappings/escalations.yaml").write_text(ladder, encoding="utf-8")
    with_deals.edit("policies.yaml", lambda text: text + "    ladder: of_deals\n")
    with_deals.set_up()
    with_deals.sync()
    late = deal(with_deals)
    with_deals.advance(hours=2)
    with_deals.sync()
    (note,) = linked(with_deals, late, NOTES)
    assert note["sla_note_key"].startswith(f"note:deals:{late}:assignment:1:")
    assert with_deals.portal.read("deals", late)["hs_priority"] == "high"
    waiting = "select json_extract(body, '$.ticket_id') from outbox where kind = 'notification'"
    assert with_deals.rows(waiting) == [(f"deals:{late}",)]


def test_the_slow_lane_the_sweep_and_the_refresh_go_through_deals_too(live: World) -> None:
    gone, company = deal(live), live.portal.ids("companies")[0]
    live.sync()
    live.portal.associate("deals", gone, "companies", company, primary=True, at=live.now)
    with wired(live.settings()) as context:
        refresh(context)
    ((companies,),) = live.rows("select companies from records where object_type = 'deals'")
    assert companies == f'[["{company}",true]]'
    live.portal.archive("deals", gone)
    live.advance(hours=3)
    live.ticket()  # whatever is between go-live and the cursor of tickets is looked at again: here some hours
    live.sync()
    with wired(live.settings()) as context:
        slow_lane(context)
        sweep(context)
    assert live.rows("select record_id, gone from records where object_type = 'deals'") == [(gone, "archived")]
    keys = {key for (key,) in live.rows("select key from meta")}
    assert {"cursor", "deals:cursor", "polled_at", "deals:polled_at", "slow_cursor", "deals:slow_cursor"} <= keys


def test_a_type_that_the_mappings_name_no_more_is_left_alone_and_walked_through_again(live: World) -> None:
    left = deal(live)
    live.sync()
    live.edit("portal.yaml", lambda text: text.replace(OBJECTS, ""))
    live.edit("policies.yaml", lambda text: text.replace(OF_DEALS, ""))
    live.advance(minutes=5)
    assert dict(live.sync().calls)["search"] == 1
    live.advance(hours=9)
    with wired(live.settings()) as context:
        context.portal.schema.account()
        watch(context)
        assert context.portal.transport.calls.total() == 1
    assert held(live, left)["resolution_status"] == "running"
    live.edit("portal.yaml", lambda text: text + OBJECTS)
    live.edit("policies.yaml", lambda text: text + OF_DEALS)
    live.sync()
    assert held(live, left)["resolution_status"] == "breached"


def test_policies_of_one_type_neither_take_nor_hide_those_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROFILES, "deals", PROFILE)
    written = texts()
    written["portal.yaml"] += OBJECTS
    everybody = "  - {id: all-deals, object: deals, calendar: always, targets: {resolution: 1h}}\n"
    written["policies.yaml"] = written["policies.yaml"].replace("policies:\n", f"policies:\n{everybody}")
    mappings = load_mappings(written)
    warnings = [str(warning) for warning in warnings_about(mappings, written, 0)]
    assert not [warning for warning in warnings if "all-deals" in warning]
    stands = {"createdate": "2026-11-23T08:00:00Z", "hs_pipeline": "Support", "hs_pipeline_stage": "New"}
    row = row_of(1, orjson.dumps({"id": "1", "properties": stands}))
    assert isinstance(row, Row)
    told = Evaluator(mappings, offline_portal_ids(mappings, None), 1_800_000_000_000, {}, {}).of(row)
    assert isinstance(told, Evaluated)
    assert told.as_json()["policies"] == {"sla": "rest"}


@pytest.mark.parametrize(
    ("portal", "policies", "problem"),
    [
        (OBJECTS.replace("deals", "dael"), "", "portal.yaml:.* has no profile of the object type 'dael' .did you mean"),
        (OBJECTS.replace("deals", "tickets"), "", "portal.yaml:.* tickets are described at the top of this file"),
        (OBJECTS.replace("Closed Won: closed", "Closed Won: shut"), "", "portal.yaml:.*'shut'"),
        (OBJECTS, OF_DEALS.replace("object: deal", "object: dael"), "policies.yaml:.*no object type 'dael'"),
        (OBJECTS, OF_DEALS.replace("Sales Pipeline", "Support"), "policies.yaml:.*no pipeline 'Support'"),
        ("", OF_DEALS, "policies.yaml:.*portal.yaml names no object type 'deal'"),
    ],
)
def test_what_is_wrong_about_an_object_type_is_said_where_it_stands(
    portal: str, policies: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PROFILES, "deals", PROFILE)
    written = texts()
    written["portal.yaml"] += portal
    written["policies.yaml"] += policies
    with pytest.raises(MappingInvalid, match=problem):
        load_mappings(written)


def test_a_saved_plan_holds_deals_too_and_names_the_one_that_changed(
    live: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sla = Command(live, monkeypatch)
    first = deal(live)
    assert f"deal {first}\tsla_status\t(empty) -> running\n" in sla("plan", "--save", "plan.json").out
    live.advance(seconds=5)
    live.portal.update("deals", first, {"hs_priority": "high"}, at=live.now)
    stale = sla("sync", "--plan", "plan.json")
    assert stale.code == 2
    assert f"deal {first}: HubSpot changed it at" in stale.err
    assert "status" not in held(live, first)
    assert sla("plan", "--save", "plan.json").code == 0
    assert sla("sync", "--plan", "plan.json").code == 0
    assert held(live, first)["status"] == "running"
