"""Rungs of contracts fire once for each entry into a state and once for each day, through the outbox."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from altered import alter
from hubspot_sla.cli.audit import _gist
from hubspot_sla.errors import LedgerDamaged
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.context.failpoints import Failpoint
from hubspot_sla.flows.context.run_result import NOTHING
from hubspot_sla.flows.context.versions_in_force import in_force
from hubspot_sla.flows.inspection.contract_rungs import with_rungs
from hubspot_sla.flows.inspection.contracts_due import due_days
from hubspot_sla.flows.inspection.doctor import CHECKS, examine
from hubspot_sla.flows.inspection.look_ahead import look_ahead
from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
from hubspot_sla.flows.reporting.contracts.standing import contract_standings
from hubspot_sla.flows.reporting.report import mappings_of
from hubspot_sla.flows.runs import close_contract, close_period, keep_feeds, record_claim
from hubspot_sla.flows.runs import sync as syncing
from hubspot_sla.flows.runs.contract_rungs import look
from hubspot_sla.flows.runs.contract_states import write_states
from hubspot_sla.hubspot.credentials import Token
from hubspot_sla.ledger import database, markers

if TYPE_CHECKING:
    from flows.world import World

OWNER = "3001"
CONTRACTS = """\
contracts:
  - id: acme
    name: Acme support
    customer: "5004"
    owner: mara.lindqvist@support.example
    currency: EUR
    valid_from: 2026-01-01
    fees: {support: 1000}
    objectives:
      - id: answers
        name: First answers
        measure: {attainment: first_response}
        promised: 90%
        credit: {bands: [{below: 90%, pays: 5%}]}
"""
ESCALATIONS = """\
leads: {default: mara.lindqvist@support.example}
contracts:
  - contract: acme
    rungs:
      - {at: below, do: [{task: owner}]}
"""


def asked_for(of: World, contracts: str = CONTRACTS, escalations: str = ESCALATIONS) -> None:
    (of.folder / "mappings" / "contracts.yaml").write_text(contracts, encoding="utf-8")
    (of.folder / "mappings" / "escalations.yaml").write_text(escalations, encoding="utf-8")


def run_job(of: World) -> object:
    with wired(of.settings()) as context:
        return write_states(context)


def tasks(of: World) -> list[dict[str, str | None]]:
    """Those of contracts."""
    return [task for task in of._all("tasks") if "contract:" in (task.get("sla_task_key") or "")]


def late_answer(of: World) -> None:
    """A first answer to the customer is late: the objective is missed so far."""
    of.set_up()
    of.ticket(company="5004", hs_ticket_priority="HIGH")
    of.sync()
    of.advance(hours=3)
    of.sync()


def test_a_missed_objective_makes_one_task_on_the_company(live: World) -> None:
    asked_for(live)
    late_answer(live)
    assert run_job(live) == "1 rung of contracts fired"
    (task,) = tasks(live)
    assert task["sla_task_key"] == "task:contract:acme:answers:2026-11:below"
    assert task["hs_task_subject"] == "Objective missed so far: First answers - Acme support"
    assert task["hubspot_owner_id"] == OWNER
    of_contracts = "select object_type, record_id, state from outbox where key like 'task:contract:%'"
    assert live.rows(of_contracts) == [("companies", "5004", "confirmed")]
    (entry,) = live.entries("contract_rungs")
    assert _gist("contract_rungs", entry) == "task:contract:acme:answers:2026-11:below"
    assert doctor_says(live) == ["the rungs of 1 contract can make their tasks"]
    assert run_job(live) is NOTHING
    assert len(tasks(live)) == 1
    live.require_whole_chain()


HOSTER = """\
contracts:
  - id: hoster
    vendor: Hoster
    owner: "3002"
    currency: EUR
    valid_from: 2026-01-01
    objectives: [{id: uptime, measure: {uptime: website}, promised: 99.9%}]
    dates: [{what: review, on: 2026-12-01}, {what: renewal, on: 2027-01-01, notice: {months: 1}}]
feeds: {website: {csv: outages.csv}}
"""
VERSION_TWO = """\
  - id: hoster
    version: 2
    vendor: Hoster
    owner: "3002"
    currency: EUR
    valid_from: 2026-11-01
    """
DAYS = """\
contracts:
  - side: vendor
    rungs:
      - {at: date, before: {days: 14}, do: [{task: owner}]}
      - {at: date, before: {days: 30}, do: [{task: owner}]}
      - {at: notice_ends, before: {business_days: 9, calendar: always}, do: [{task: owner}]}
"""


def hosted(of: World) -> None:
    asked_for(of, HOSTER, DAYS)
    (of.folder / "mappings" / "outages.csv").write_text("from,to\n", encoding="utf-8")
    of.edit(
        "portal.yaml", lambda text: text.replace("Waiting on us: open", "Waiting on us: {role: open, vendor: Hoster}")
    )
    of.set_up()
    of.sync()


def test_days_of_a_vendor_come_up_in_a_task_that_hangs_on_nothing_once(live: World) -> None:
    hosted(live)
    assert run_job(live) == "2 rungs of contracts fired, 1 passed by"
    made = {task["sla_task_key"]: task for task in tasks(live)}
    assert made.keys() == {
        "task:contract:hoster:review:2026-12-01:date-14d",
        "task:contract:hoster:renewal:2027-01-01:notice_ends-9bd",
    }
    assert {task["hubspot_owner_id"] for task in made.values()} == {"3002"}
    assert run_job(live) is NOTHING
    live.require_whole_chain()


TWO = """\
contracts:
  - &one
    id: hoster
    vendor: Hoster
    owner: "3002"
    currency: EUR
    valid_from: 2026-01-01
    objectives: [{id: uptime, measure: {uptime: website}, promised: 99.9%}]
    dates: [{what: review, on: 2026-12-01}]
  - {<<: *one, id: carrier, vendor: Carrier}
feeds: {website: {csv: outages.csv}}
"""


def test_two_vendors_with_the_same_objectives_and_dates_have_a_task_each(live: World) -> None:
    below = "      - {at: below, do: [{task: owner}]}\n"
    asked_for(live, TWO, DAYS + below)
    both = "Waiting on us: {role: open, vendor: Hoster}"
    live.edit("portal.yaml", lambda text: text.replace("Waiting on us: open", both))
    other = "Waiting on contact: {role: waiting, vendor: Carrier}"
    live.edit("portal.yaml", lambda text: text.replace("Waiting on contact: waiting", other))
    down(live, "2026-11-20")
    live.set_up()
    live.sync()
    run_job(live)
    assert sorted(str(task["sla_task_key"]) for task in tasks(live)) == [
        "task:contract:carrier:review:2026-12-01:date-14d",
        "task:contract:carrier:uptime:2026-11:below",
        "task:contract:hoster:review:2026-12-01:date-14d",
        "task:contract:hoster:uptime:2026-11:below",
    ]
    assert run_job(live) is NOTHING
    assert len(tasks(live)) == 4
    live.require_whole_chain()


class Killed(BaseException):
    """The process is no more."""


def killed(of: World, point: Failpoint) -> bool:
    """Whether the job died when it passed the point."""

    def die(passed: Failpoint) -> None:
        if passed is point:
            raise Killed

    try:
        with wired(of.settings()) as context:
            write_states(replace(context, reached=die))
    except Killed:
        return True
    return False


@pytest.mark.parametrize("point", [Failpoint.RECORDED, Failpoint.CLAIMED, Failpoint.LOOKED, Failpoint.SENT])
def test_wherever_the_job_dies_each_task_is_made_once(live: World, point: Failpoint) -> None:
    hosted(live)
    assert killed(live, point)
    live.sync()
    run_job(live)
    live.sync()
    assert sorted(str(task["sla_task_key"]) for task in tasks(live)) == [
        "task:contract:hoster:renewal:2027-01-01:notice_ends-9bd",
        "task:contract:hoster:review:2026-12-01:date-14d",
    ]
    assert live.rows("select distinct state from outbox where kind = 'task'") == [("confirmed",)]
    live.require_whole_chain()


def test_tasks_are_in_the_language_of_the_portal_and_say_what_matters_first(live: World) -> None:
    asked_for(live)
    live.edit("portal.yaml", lambda text: text.replace("language: en", "language: de"))
    late_answer(live)
    run_job(live)
    (task,) = tasks(live)
    assert task["hs_task_subject"] == "Ziel bisher verfehlt: First answers - Acme support"
    lines = str(task["hs_task_body"]).split("<br>")
    assert lines[0] == "November 2026: gemessen 0 %, zugesagt ≥ 90 %."
    assert lines[1] == "Gutschrift bisher: EUR 50,00."
    assert lines[2] == "Kunde: Customer 04"


def test_a_rung_of_a_contract_that_somebody_alters_is_found(live: World) -> None:
    hosted(live)
    run_job(live)
    alter(live.folder / "ledger.db", "delete from rungs where key like 'contract:hoster:review:%date-14d'")
    with pytest.raises(LedgerDamaged, match="contracts:hoster, table rungs"):
        live.require_whole_chain()


def test_a_rung_of_a_company_that_hubspot_does_not_have_makes_a_task_that_hangs_on_nothing(live: World) -> None:
    dated = CONTRACTS.replace('"5004"', '"999999"') + "    dates: [{what: review, on: 2026-12-01}]\n"
    asked_for(live, dated, ESCALATIONS.replace("at: below", "at: date, before: {days: 30}"))
    live.set_up()
    live.sync()
    assert run_job(live) == "1 rung of contracts fired"
    (task,) = tasks(live)
    assert task["hubspot_owner_id"] == OWNER
    assert doctor_says(live) == ["HubSpot has no company 999999, so tasks of the contract acme hang on nothing"]


def test_where_no_key_is_unique_no_task_is_made_that_hangs_on_nothing_and_the_rung_says_so(live: World) -> None:
    hosted(live)
    with database.open_for_writing(live.folder / "ledger.db") as ledger, ledger.transaction() as db:
        markers.note(db, ["notes", "tasks"], [], {})
    run_job(live)
    assert tasks(live) == []
    assert doctor_says(live) == ["this portal keeps no unique key on tasks, so none is made for hoster"]
    (reasons,) = {row[0] for row in live.rows("select reason from rungs where state = 'failed'")}
    assert "notify a channel instead" in str(reasons)


def doctor_says(of: World) -> list[str]:
    """Of the rungs of contracts."""
    found = examine(
        of.settings(),
        round(of.now.timestamp() * 1000),
        [one for one in CHECKS if one.name in ("mappings", "contracts")],
    )
    return [one.message for one in found if one.check == "contracts"]


def feeds_said(of: World) -> list[str]:
    """What doctor says of the feeds of contracts."""
    checks = [one for one in CHECKS if one.name in ("mappings", "feeds")]
    found = examine(of.settings(), round(of.now.timestamp() * 1000), checks)
    return [one.message for one in found if one.check == "feeds"]


def test_the_doctor_names_a_feed_that_is_down_and_rows_that_one_has_lost(live: World) -> None:
    hosted(live)
    (live.folder / "mappings" / "outages.csv").write_text("from,to\n", encoding="utf-8")
    assert feeds_said(live) == ["1 feed can be read; the feed website has no rows: nothing counts as down"]
    down(live, "2026-11-20")
    assert feeds_said(live) == ["1 feed can be read"]
    run_job(live)
    (live.folder / "mappings" / "outages.csv").write_text("from,to\n", encoding="utf-8")
    assert feeds_said(live) == [
        "the feed website lacks 1 row that it had when it was read before, the first of 2026-11-20T10:00:00Z"
    ]
    (live.folder / "mappings" / "outages.csv").unlink()
    (said,) = feeds_said(live)
    assert said.startswith("the feed website is down and counts as it was last read at 2026-11-23T08:0")
    assert said.endswith("outages.csv cannot be read: No such file or directory")


def test_the_doctor_names_an_objective_that_asks_another_form_than_its_feed_holds(live: World) -> None:
    """Its window cannot be closed. What only a version asked that has ended keeps none open."""
    hosted(live)
    (live.folder / "mappings" / "outages.csv").write_text("at,value\n2026-11-20T10:00:00Z,1\n", encoding="utf-8")
    assert feeds_said(live) == ["the feed website is one of values, and uptime measures outages: it is not measured"]
    latency = "objectives: [{id: latency, measure: {max_value: website, better: lower}, promised: 2}]\n"
    ended = HOSTER.replace("    objectives:", "    valid_to: 2026-11-01\n    objectives:").partition("    dates:")[0]
    asked_for(live, ended + VERSION_TWO + latency + "feeds: {website: {csv: outages.csv}}\n", DAYS)
    assert feeds_said(live) == ["1 feed can be read"]


def test_a_task_says_that_the_feed_behind_its_figures_is_down_in_the_language_of_the_portal(live: World) -> None:
    hosted(live)
    asked_for(live, HOSTER, "contracts:\n  - side: vendor\n    rungs:\n      - {at: below, do: [{task: owner}]}\n")
    live.edit("portal.yaml", lambda text: text.replace("language: en", "language: de"))
    live.sync()
    down(live, "2026-11-20")
    with wired(live.settings()) as context:
        feeds = FeedReader(context.settings.mappings, context.settings.secret)
        keep_feeds.keep(context.ledger, mappings_of(context.ledger.db), feeds, context.now())
    (live.folder / "mappings" / "outages.csv").unlink()
    run_job(live)
    (task,) = tasks(live)
    assert "Der Feed website ist gestört" in str(task["hs_task_body"])


ENDING = HOSTER.replace(
    "    dates:",
    "    fees: {hosting: 1000}\n"
    "    claim: {closes: {days: 30}}\n"
    "    rights: [{action: terminate, misses: 1, of: 2}]\n"
    "    dates:",
).replace("promised: 99.9%}", "promised: 99.9%, credit: {bands: [{below: 99.9%, pays: 10%}]}}")
RIGHTS = """\
contracts:
  - rungs:
      - {at: terminable, do: [{task: owner}]}
      - {at: claim_closes, before: {days: 30}, do: [{task: owner}]}
"""


def down(of: World, *days: str) -> None:
    """An hour on each of these days."""
    rows = "".join(f"{day}T10:00:00Z,{day}T11:00:00Z\n" for day in days)
    (of.folder / "mappings" / "outages.csv").write_text(f"from,to\n{rows}", encoding="utf-8")


def test_a_right_is_entered_once_whatever_is_restated_afterwards(live: World) -> None:
    hosted(live)
    asked_for(live, ENDING, RIGHTS)
    down(live, "2026-11-24")
    live.sync()
    assert run_job(live) is NOTHING
    live.advance(days=10)
    live.sync()
    assert run_job(live) == "2 rungs of contracts fired"
    assert {str(task["sla_task_key"]) for task in tasks(live)} == {
        "task:contract:hoster:terminate:2026-11:terminable",
        "task:contract:hoster:uptime:2026-11:claim_closes-30d",
    }
    assert {str(task["hs_task_subject"]) for task in tasks(live)} == {
        "The contract may be ended - hoster",
        "Claim closes on Dec 30, 2026: uptime, November 2026 - hoster",
    }
    down(live, "2026-11-24", "2026-12-10")
    live.advance(days=31)
    live.sync()
    assert run_job(live) == "1 rung of contracts fired"  # the claim of December
    down(live, "2026-12-10")  # November is restated: the right holds since the end of December then
    assert run_job(live) is NOTHING
    down(live)
    run_job(live)
    down(live, "2026-11-24", "2026-12-10")
    assert run_job(live) in (NOTHING, "")
    assert len(tasks(live)) == 3
    live.require_whole_chain()


def completed(of: World) -> list[str]:
    """The keys of the tasks that are done."""
    return [str(task["sla_task_key"]) for task in tasks(of) if task["hs_task_status"] == "COMPLETED"]


def test_a_claim_that_is_filed_completes_its_task_once(live: World) -> None:
    hosted(live)
    asked_for(live, ENDING, RIGHTS)
    down(live, "2026-11-24")
    live.sync()
    live.advance(days=10)
    live.sync()
    run_job(live)
    assert completed(live) == []
    with database.open_beside(live.folder / "ledger.db") as ledger:
        asked = record_claim.Asked("hoster", "2026-11", "uptime", "filed", "Ada", round(live.now.timestamp() * 1000))
        record_claim.record(ledger, asked, FeedReader(live.folder / "mappings", Token))
    with wired(live.settings(), writing=False) as context:
        ahead = look_ahead(context, (), lambda _: None)
    key = "task:contract:hoster:uptime:2026-11:claim_closes-30d"
    assert [action.key for action in ahead.contracts] == [f"complete:{key}"]
    assert killed(live, Failpoint.RECORDED)
    live.sync()
    assert completed(live) == [key]
    assert run_job(live) is NOTHING
    assert len(live.entries("completion")) == 1
    live.require_whole_chain()


def test_a_right_that_holds_no_more_completes_its_task_unless_a_feed_is_down_or_has_lost_rows(live: World) -> None:
    hosted(live)
    asked_for(live, ENDING, RIGHTS.replace("claim_closes, before: {days: 30}", "below"))
    down(live, "2026-11-24")
    live.sync()
    live.advance(days=10)
    live.sync()
    run_job(live)
    down(live)
    assert run_job(live) in (NOTHING, "")
    (live.folder / "mappings" / "outages.csv").unlink()
    assert run_job(live) in (NOTHING, "")
    assert completed(live) == []
    down(live, "2026-11-24")
    live.advance(days=62)  # two months without an outage
    live.sync()
    assert run_job(live) == "1 task over"
    assert completed(live) == ["task:contract:hoster:terminate:2026-11:terminable"]


def test_what_was_uncertain_of_a_window_that_is_closed_keeps_no_task_of_a_right_open(live: World) -> None:
    """What is sealed stays as it is: the right follows from it, whatever is noted beside it."""
    hosted(live)
    asked_for(live, ENDING, RIGHTS.replace("claim_closes, before: {days: 30}", "below"))
    down(live, "2026-11-24", "2026-11-25")
    live.advance(days=10)
    live.sync()
    run_job(live)
    down(live, "2026-11-24")
    with database.open_beside(live.folder / "ledger.db") as ledger:
        asked = close_period.Asked("ada", round(live.now.timestamp() * 1000), with_unknown=True)
        closed = close_contract.close(ledger, "hoster", "2026-11", FeedReader(live.folder / "mappings", Token), asked)
    assert closed.notes
    live.advance(days=62)  # two months without an outage
    live.sync()
    assert run_job(live) == "1 task over"
    assert completed(live) == ["task:contract:hoster:terminate:2026-11:terminable"]


def test_a_claim_of_a_window_that_was_closed_owing_nothing_completes_its_task(live: World) -> None:
    """Before, the feed may say so by mistake."""
    hosted(live)
    asked_for(live, ENDING, RIGHTS.replace("terminable", "below"))
    down(live, "2026-11-24")
    live.advance(days=10)
    live.sync()
    run_job(live)
    down(live)
    assert run_job(live) in (NOTHING, "")
    with database.open_beside(live.folder / "ledger.db") as ledger:
        asked = close_period.Asked("ada", round(live.now.timestamp() * 1000), with_unknown=True)
        close_contract.close(ledger, "hoster", "2026-11", FeedReader(live.folder / "mappings", Token), asked)
    assert run_job(live) == "1 task over"
    assert completed(live) == ["task:contract:hoster:uptime:2026-11:claim_closes-30d"]


@pytest.mark.parametrize(("comes_to", "over"), [(12, ["task:contract:acme:answers:2026-11:below"]), (0, [])])
def test_a_missed_objective_is_over_when_its_window_has_ended_and_it_was_kept(
    live: World, comes_to: int, over: list[str]
) -> None:
    asked_for(live, CONTRACTS.replace("{attainment: first_response}", "{attainment: resolution}"))
    live.set_up()
    live.ticket(company="5004", hs_ticket_priority="URGENT")
    live.sync()
    live.advance(hours=50)
    live.sync()
    assert run_job(live) == "1 rung of contracts fired"
    for _ in range(comes_to):
        live.change(live.ticket(company="5004", hs_ticket_priority="HIGH"), hs_pipeline_stage="4")
    live.sync()
    run_job(live)
    assert completed(live) == []  # it may be missed again before the month is over
    live.advance(days=10)
    live.sync()
    run_job(live)
    assert completed(live) == over
    live.require_whole_chain()


def test_plan_states_and_due_show_what_fires_and_what_has_fired(live: World) -> None:
    hosted(live)
    late = CONTRACTS + HOSTER.removeprefix("contracts:\n")
    asked_for(live, late, ESCALATIONS + DAYS.removeprefix("contracts:\n"))
    live.ticket(company="5004", hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=3)
    live.sync()
    with wired(live.settings(), writing=False) as context:
        ahead = look_ahead(context, syncing.plan(context), lambda _: None)
    assert len(ahead.contracts) == 3
    assert shown(live) == (["below at the next look"], ["date-14d from 2026-11-17", "date-30d from 2026-11-01"])
    run_job(live)
    near = "date-30d passed by 2026-11-23 (a rung that is nearer to the day was reached with it)"
    assert shown(live) == (["below fired 2026-11-23"], ["date-14d fired 2026-11-23", near])


def shown(of: World) -> tuple[list[str], list[str]]:
    """What `sla contract states` says of the missed objective, and `sla contract due` of the review."""
    with wired(of.settings(), writing=False) as context:
        db, reader = context.ledger.db, FeedReader(context.settings.mappings, context.settings.secret)
        mappings, now = mappings_of(db), round(of.now.timestamp() * 1000)
        standing = next(iter(contract_standings(db, mappings, reader, now)))
        states = [str(rung) for own in with_rungs(db, mappings, standing).rungs for rung in own]
        review = next(day for day in due_days(db, reader, now, 60) if day.what == "review")
    return states, [str(rung) for rung in review.rungs]


def test_a_look_reads_the_promises_of_each_window_once(live: World) -> None:
    """Of twelve months for states, claims and what is over of them; November's again, for the proofs of its claim."""
    rungs = ", ".join(f"{{at: {at}, do: [{{task: owner}}]}}" for at in ("below", "at_risk", "chronic", "terminable"))
    of_claims = "{at: claim_closes, before: {days: 30}, do: [{task: owner}]}"
    claim = "    claim: {closes: {days: 30}}\n    rights: [{action: terminate, objective: answers, misses: 1, of: 2}]\n"
    asked_for(
        live,
        CONTRACTS + claim,
        f"{ESCALATIONS.partition('contracts:')[0]}contracts:\n  - contract: acme\n    rungs: [{rungs}, {of_claims}]\n",
    )
    late_answer(live)
    live.advance(days=10)
    live.sync()
    run_job(live)
    live.advance(days=1)
    live.sync()
    with wired(live.settings()) as context:
        reads: list[str] = []
        db = context.ledger.db
        version = in_force(db)[-1]
        reader = FeedReader(context.settings.mappings, context.settings.secret)
        db.set_trace_callback(reads.append)
        look(db, version, reader, context.now())
        db.set_trace_callback(None)
    of_promises = [statement for statement in reads if "late_wall_ms" in statement]
    assert len(of_promises) == 12 + 1
