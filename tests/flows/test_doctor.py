"""The check-up finds what is wrong, names the place and the remedy, and goes on with what can still be looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from altered import alter
from flows.world import NOW, TOKEN
from hubspot_sla.errors import DailyLimitReached
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.context.settings import Settings, from_environment
from hubspot_sla.flows.inspection.doctor import examine, exit_code
from hubspot_sla.flows.runs.sync import sync
from hubspot_sla.hubspot.credentials import Token
from hubspot_sla.hubspot.current_time import ClockMode
from hubspot_sla.hubspot.portal import Portal
from hubspot_sla.hubspot.quota_share import Share
from hubspot_sla.ledger import database

if TYPE_CHECKING:
    from flows.world import World
    from hubspot_sla.flows.inspection.checks.finding import Finding

WALL = int(NOW.timestamp() * 1000)
EVERYTHING_BUT_OWNERS = (
    "tickets",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.companies.read",
    "crm.schemas.companies.read",
    "crm.schemas.contacts.read",
    "crm.schemas.tasks.write",
)
WRITES = ("POST", "PATCH", "PUT", "DELETE")


def findings(world: World, **changed: object) -> list[Finding]:
    return list(examine(replace(world.settings(), **changed), WALL))  # type: ignore[arg-type]


def by_level(found: list[Finding], level: str) -> list[str]:
    return [f"{one.check}: {one.message}" for one in found if one.level == level]


def the(found: list[Finding], check: str, level: str) -> Finding:
    (one,) = [one for one in found if one.check == check and one.level == level]
    return one


def test_a_portal_that_is_set_up_has_nothing_to_complain_of(live: World) -> None:
    before = len(live.running.requests)
    found = findings(live)
    assert by_level(found, "fail") == []
    assert by_level(found, "skipped") == []
    assert exit_code(found) == 0
    assert the(found, "token", "ok").message.startswith("pat-…5555: a service key or private-app token of region eu1")
    assert the(found, "portal", "ok").message.startswith("145000001, DEVELOPER_TEST, time zone Europe/Berlin")
    assert "2028-03-09" in the(found, "API version", "ok").message
    assert "needs are met" in the(found, "scopes", "ok").message
    assert "625,000" in the(found, "quota", "ok").message
    assert "chain whole" in the(found, "ledger", "ok").message
    asked = [(request.method, request.path) for request in live.running.requests[before:]]
    assert [one for one in asked if one[0] in WRITES] == [("POST", "/oauth/v2/private-apps/get/access-token-info")]
    assert len(asked) <= 11


def test_before_setup_it_says_so_and_looks_at_the_rest(empty: World) -> None:
    found = findings(empty)
    assert "sla setup" in the(found, "ledger", "warn").remedy
    assert by_level(found, "fail") == []
    assert {one.check for one in found if one.level == "skipped"} == {
        "ledger",
        "lease",
        "search index",
        "names",
        "properties written",
        "markers",
        "feeds",
        "contracts",
        "resting",
        "validation rules",
    }
    assert the(found, "properties read", "ok")


def test_a_refused_token_is_told_once_and_what_needs_hubspot_is_skipped(live: World) -> None:
    live.running.access.revoke(TOKEN)
    found = findings(live)
    assert by_level(found, "fail") == [
        one for one in by_level(found, "fail") if one.startswith("token: HubSpot does not")
    ]
    assert len(by_level(found, "fail")) == 1
    assert "does not accept the token" in the(found, "pipelines", "skipped").message
    assert the(found, "ledger", "ok")
    assert exit_code(found) == 3


def test_no_token_at_all_is_told_too(live: World) -> None:
    found = findings(live, token=None)
    assert "HUBSPOT_TOKEN" in the(found, "token", "fail").remedy
    assert exit_code(found) == 3


def test_a_version_the_portal_does_not_have_is_told(live: World) -> None:
    """An address without the endpoint answers as a portal without the version does."""
    found = findings(live, base_url=f"{live.running.url}/elsewhere")
    assert "another API version" in the(found, "token", "fail").remedy
    assert exit_code(found) == 2


def test_a_version_near_its_end_is_warned_of(live: World) -> None:
    found = findings(live, api_version="v3")
    warned = the(found, "API version", "ok")
    assert "2027-03-30" in warned.message
    later = list(
        examine(replace(live.settings(), ledger=live.folder / "none.db", api_version="v3"), WALL + 86_400_000 * 60)
    )
    assert "HUBSPOT_API_VERSION=2026-09" in the(later, "API version", "warn").remedy


@pytest.mark.parametrize(
    ("held", "missing", "loss"),
    [
        (["tickets", "crm.objects.companies.read"], "crm.objects.contacts.read", "no task is made"),
        (
            ["tickets", "crm.objects.companies.read", "crm.objects.contacts.read"],
            "crm.objects.contacts.write",
            "no task",
        ),
        (["tickets", "crm.objects.contacts.read", "crm.objects.contacts.write"], "crm.objects.companies.read", "tier"),
    ],
)
def test_a_missing_scope_is_named_with_what_fails_without_it(
    live: World, held: list[str], missing: str, loss: str
) -> None:
    live.running.access.grant(TOKEN, held)
    found = findings(live)
    told = [one for one in found if one.check == "scopes" and one.level == "fail"]
    assert any(one.message.startswith(f"{missing} is missing") and loss in one.message for one in told)
    assert all("grant it" in one.remedy for one in told)
    assert exit_code(found) == 3


def test_where_hubspot_does_not_tell_scopes_what_can_be_read_is_tried(live: World) -> None:
    live.running.faults.add("missing_scope", path="*/access-token-info")
    assert the(findings(live), "scopes", "warn")
    live.running.access.grant(TOKEN, ["tickets", "crm.objects.companies.read"])
    found = findings(live)
    assert "the tasks and notes of a ticket" in next(one for one in found if one.check == "scopes").message


def test_another_portal_s_ledger_is_found_out(live: World) -> None:
    with database.open_for_writing(live.folder / "ledger.db") as ledger, ledger.transaction() as db:
        db.execute("update meta set value = '77' where key = 'portal'")
    assert "belongs to portal 77" in the(findings(live), "portal", "fail").message


@pytest.mark.parametrize(
    ("off_by", "what"),
    [
        (timedelta(minutes=2), "behind HubSpot; the difference is corrected"),
        (timedelta(days=1), "ahead of this machine's: the earlier of the two counts"),
        (timedelta(days=-1), "behind this machine's: the earlier of the two counts"),
    ],
)
def test_a_clock_that_is_off_is_warned_of_and_nothing_else(live: World, off_by: timedelta, what: str) -> None:
    live.running.set_clock(datetime.now(UTC) + off_by)  # this machine's clock is one of the two that are compared
    found = findings(live, clock=ClockMode.AUTO)
    warning = the(found, "clock", "warn")
    assert what in warning.message
    assert "NTP" in warning.remedy
    assert exit_code(found) == 0


def test_a_portal_in_virtual_time_is_no_clock_that_is_off(live: World) -> None:
    live.running.faults.add("clock_skew", seconds=4 * 86_400)
    assert "SLA_CLOCK=hubspot" in the(findings(live), "clock", "ok").message


def test_a_used_up_day_is_75(live: World) -> None:
    live.running.faults.add("daily_quota", calls=0)
    found = findings(live)
    assert exit_code(found) == 75
    assert "midnight" in the(found, "token", "fail").remedy


def test_hubspot_down_is_75_and_the_rest_is_looked_at(live: World) -> None:
    address = live.running.url
    live.running.close()
    settings = Settings(Token(TOKEN), address, mappings=live.folder / "mappings", jobs=live.folder / "jobs")
    found = list(examine(replace(settings, ledger=live.folder / "ledger.db"), WALL))
    assert exit_code(found) == 75
    assert the(found, "ledger", "ok")
    assert "cannot reach HubSpot" in the(found, "quota", "skipped").message


# What sync-discipline asks for: every mapped property, missing, read-only, of the wrong type, with the wrong option.

MAPPED = {
    "priority": "hs_ticket_priority",
    "owner": "hubspot_owner_id",
    "first_agent_reply": "hs_first_agent_message_sent_at",
    "customer_message": "hs_last_message_received_at",
    "agent_message": "hs_last_message_sent_at",
}


def named(world: World, word: str, name: str) -> int:
    """Have portal.yaml read another property for this word; the line on which it says so."""
    text = f"properties:\n  {word}: {name}\n"
    world.edit("portal.yaml", lambda before: "\n".join([*_without_properties(before), text]))
    lines = (world.folder / "mappings" / "portal.yaml").read_text(encoding="utf-8").splitlines()
    return 1 + next(number for number, line in enumerate(lines) if line.strip() == f"{word}: {name}")


def _without_properties(text: str) -> list[str]:
    kept, inside = [], False
    for line in text.splitlines():
        inside = line.startswith("properties:") or (inside and (line.startswith((" ", "#")) or not line))
        if not inside:
            kept.append(line)
    return kept


@pytest.mark.parametrize("word", MAPPED)
def test_every_mapped_property_that_is_missing_is_named_with_its_line(live: World, word: str) -> None:
    line = named(live, word, MAPPED[word][:-1])
    told = [one for one in findings(live) if one.check == "properties read" and one.level == "fail"]
    (failed,) = [one for one in told if one.message.startswith(f"portal.yaml:{line}:")]
    assert MAPPED[word] in failed.remedy


@pytest.mark.parametrize("word", ["first_agent_reply", "customer_message", "agent_message"])
def test_every_mapped_property_of_the_wrong_type_is_named_with_its_line(live: World, word: str) -> None:
    line = named(live, word, "subject")
    failed = the(findings(live), "properties read", "fail")
    assert failed.message.startswith(f"portal.yaml:{line}:")
    assert "is of type string, not datetime" in failed.message


def test_an_option_the_portal_does_not_have_is_named_with_its_line(live: World) -> None:
    live.edit("policies.yaml", lambda text: text.replace("{HIGH: 1h,", "{HIHG: 1h,"))
    failed = the(findings(live), "properties read", "fail")
    assert failed.message.startswith("policies.yaml:10:24:")
    assert "HIGH" in failed.remedy


def test_a_property_that_cannot_be_written_is_named_with_its_line(live: World) -> None:
    live.edit("portal.yaml", lambda text: text.replace("\nwritten:\n", "\nwritten:\n  names: {status: hs_object_id}\n"))
    lines = (live.folder / "mappings" / "portal.yaml").read_text(encoding="utf-8").splitlines()
    failed = the(findings(live), "properties written", "fail")
    assert failed.message.startswith(f"portal.yaml:{lines.index('  names: {status: hs_object_id}') + 1}:")
    assert "cannot be written" in failed.message


def test_our_own_properties_that_are_gone_or_changed_are_told(live: World) -> None:
    with Portal.connect(live.running.url, TOKEN) as portal:
        portal.schema.archive_property("tickets", "sla_tier")
        portal.schema.archive_property("tickets", "sla_policy")
        other = {"name": "sla_tier", "label": "x", "type": "number", "fieldType": "number", "groupName": "sla"}
        portal.schema.create_properties("tickets", [other])
    warned = [one for one in findings(live) if one.check == "properties written" and one.level == "warn"]
    assert [one.message for one in warned] == [
        "sla_tier is number/number, not string/text - archive it in HubSpot and run `sla setup`,"
        " or give ours another name in portal.yaml",
        "not there yet: sla_policy",
    ]
    assert all("sla setup" in one.remedy for one in warned)


def test_an_unknown_stage_is_named_with_the_nearest(live: World) -> None:
    live.edit("portal.yaml", lambda text: text.replace("  Onboarding:\n", "  Onbording:\n"))
    live.edit("policies.yaml", lambda text: text.replace("pipeline: Onboarding", "pipeline: Onbording"))
    failed = [one for one in findings(live) if one.check == "pipelines" and one.level == "fail"]
    assert any("'Onbording'" in one.message and "Onboarding" in one.remedy for one in failed)


def test_broken_mappings_are_told_with_every_problem_and_the_portal_is_still_looked_at(live: World) -> None:
    live.edit("policies.yaml", lambda text: text.replace("calendar: always", "calendar: alwais"))
    found = findings(live)
    assert len([one for one in found if one.check == "mappings" and one.level == "fail"]) == 3
    assert the(found, "pipelines", "skipped")
    assert the(found, "quota", "ok")
    assert exit_code(found) == 2


def test_a_job_that_cannot_be_loaded_is_named(live: World) -> None:
    (live.folder / "jobs" / "broken.py").write_text("import no_such_module\n")
    assert "no_such_module" in the(findings(live), "jobs", "fail").message


def test_a_ledger_somebody_altered_is_4_and_outweighs_everything(live: World) -> None:
    alter(live.folder / "ledger.db", "update audit set body = '{}' where seq = 2")
    live.running.access.revoke(TOKEN)
    found = findings(live)
    assert "entry 2" in the(found, "ledger", "fail").message
    assert exit_code(found) == 4


def test_a_ledger_whose_rows_do_not_parse_is_4_and_no_check_takes_it_for_a_defect_of_ours(live: World) -> None:
    live.ticket()
    live.sync()
    alter(
        live.folder / "ledger.db",
        "update records set companies = '{'",
        "insert into meta (key, value) values ('markers', '7'), ('resting', '{')"
        " on conflict (key) do update set value = excluded.value",
    )
    found = findings(live)
    assert "tickets:" in the(found, "ledger", "fail").message
    assert not any("broke" in one.message for one in found)
    assert {one.exit_code for one in found if one.level == "fail"} == {4}


def test_a_file_that_is_no_ledger_is_4(live: World) -> None:
    (live.folder / "ledger.db").write_bytes(b"nothing of the kind" * 1000)
    found = findings(live)
    assert exit_code(found) == 4
    assert the(found, "pipelines", "ok")


def test_who_holds_the_lease_is_told(live: World) -> None:
    with database.open_for_writing(live.folder / "ledger.db", wall=lambda: WALL):
        assert the(findings(live), "lease", "ok").message.startswith("held by process ")
    assert the(findings(live), "lease", "ok").message == "free"


def test_a_check_that_breaks_hides_nothing(live: World) -> None:
    from hubspot_sla.flows.inspection.checks.check import Check
    from hubspot_sla.flows.inspection.doctor import CHECKS

    def breaking(_: object) -> object:
        raise ZeroDivisionError

    found = list(examine(live.settings(), WALL, [Check("odd", breaking), *CHECKS]))  # type: ignore[arg-type]
    assert "ZeroDivisionError" in the(found, "odd", "fail").message
    assert the(found, "ledger", "ok")


def test_warnings_about_files_are_among_the_findings(live: World) -> None:
    file = live.folder / "token"
    file.write_text(TOKEN)
    file.chmod(0o644)
    warnings = from_environment({"HUBSPOT_TOKEN_FILE": str(file)}).warnings
    warned = the(findings(live, warnings=warnings), "settings", "warn")
    assert "chmod 600" in warned.remedy


def test_the_scope_for_owners_is_asked_for_where_escalations_name_people(live: World) -> None:
    live.running.access.grant(TOKEN, EVERYTHING_BUT_OWNERS)
    (lack,) = by_level(findings(live), "fail")
    assert lack.startswith("scopes: crm.objects.owners.read is missing")
    (live.folder / "mappings" / "escalations.yaml").unlink()
    assert by_level(findings(live), "fail") == []


def test_a_day_that_is_over_is_told_though_hubspot_answers(live: World) -> None:
    """Every run ends at once until midnight: nothing else would say why."""
    with live.running.faults.during("rate_limited", policy="DAILY"), pytest.raises(DailyLimitReached):
        live.sync()
    told = the(findings(live), "quota", "fail")
    assert "2026-11-23T23:00:00Z" in told.message
    assert exit_code(findings(live)) == 75


def test_a_budget_of_our_own_that_is_used_up_is_told(live: World) -> None:
    live.sync()  # asks at this address for the first time whose portal it is: one call more
    share = Share(calls_a_day=1)
    with wired(replace(live.settings(), share=share)) as context:
        sync(context)
        with pytest.raises(DailyLimitReached):
            sync(context)
    assert "our own budget of 1 HubSpot calls" in the(findings(live, share=share), "quota", "fail").message
    assert the(findings(live), "quota", "ok")
