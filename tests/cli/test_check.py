"""sla check: sound or not, and what is worth a second look, offline and in the portal."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from hubspot_sandbox.seed import seeded_portal
from hubspot_sandbox.server import serve
from hubspot_sla.cli.main import main
from hubspot_sla.flows.installation.starter_set import copy_starter
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hubspot_sandbox.server import Running

TOKEN = "pat-eu1-00000000-1111-2222-3333-44445555abcd"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The starter set, as the working directory."""
    copy_starter(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ran(arguments: list[str], capsys: Any) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(["check", *arguments])
    return int(ended.value.code or 0), capsys.readouterr().out


def rewrite(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / "mappings" / name
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_the_starter_set_is_sound_and_says_what_a_business_day_is(folder: Path, capsys: Any) -> None:
    code, out = ran([], capsys)
    assert code == 0
    assert out.startswith("The mappings are sound")
    assert "berlin: 1bd = 7h30m" in out
    code, out = ran(["--json"], capsys)
    body = json.loads(out)
    assert {warning["file"] for warning in body["warnings"]} <= {"calendars.yaml"}
    assert "always: 1bd = 24h" in body["business_days"]


def test_a_policy_that_can_never_match_is_a_warning_and_no_error(folder: Path, capsys: Any) -> None:
    rewrite(
        folder,
        "policies.yaml",
        "policies:\n",
        "policies:\n  - {id: all, calendar: always, targets: {resolution: 4h}}\n",
    )
    code, out = ran([], capsys)
    assert code == 0
    assert "'gold-support' can never match: 'all' above it takes every ticket that it would" in out


def test_tickets_of_a_file_that_no_policy_matches_are_counted_with_an_example(folder: Path, capsys: Any) -> None:
    rows = [
        {"id": str(number), "properties": {"createdate": "2026-11-02T09:00:00Z", "hs_pipeline": name}}
        for number, name in enumerate(["Support Pipeline", "Billing", "Billing", "Sales"])
    ]
    file = folder / "tickets.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    code, out = ran(["--tickets", str(file)], capsys)
    assert code == 0
    assert f"3 of 4 tickets of {file} match no policy." in out
    assert "  2\tpipeline Billing, tier none, priority not set\tfor example 1" in out
    file.write_text("{", encoding="utf-8")
    code, out = ran(["--tickets", str(file), "--json"], capsys)
    assert (code, json.loads(out)["tickets"][str(file)]["quarantined"]) == (1, 1)


def test_the_portal_is_asked_for_words_and_for_tickets_that_no_policy_matches(
    folder: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    monkeypatch.setenv("HUBSPOT_TOKEN", TOKEN)
    with serve(seeded_portal(now, tickets=40), token=TOKEN, enforce_limits=False) as running:
        monkeypatch.setenv("HUBSPOT_BASE_URL", running.url)
        code, out = ran(["--portal", "--json"], capsys)
        told = json.loads(out)["tickets"]["the portal"]
        assert (code, told["tickets"], told["quarantined"]) == (0, 40, 0)
        assert {group["pipeline"] for group in told["unmatched"]} <= {"Billing"}
        rewrite(folder, "policies.yaml", "when: {pipeline: Onboarding}", "when: {property: {no_such_thing: 1}}")
        code, out = ran(["--portal", "--json"], capsys)
    assert code == 2
    (problem,) = json.loads(out)["error"]["problems"]
    assert "the portal has no ticket property 'no_such_thing'" in problem["message"]
    assert problem["file"] == "policies.yaml"


def test_an_option_that_a_property_does_not_have_is_named_with_the_nearest(
    folder: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(
        folder,
        "policies.yaml",
        "when: {pipeline: Onboarding}",
        "when: {any: [{category: BILLING_ISUE}, {source: EMAIL}]}",
    )
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    monkeypatch.setenv("HUBSPOT_TOKEN", TOKEN)
    with serve(seeded_portal(now, tickets=1), token=TOKEN, enforce_limits=False) as running:
        monkeypatch.setenv("HUBSPOT_BASE_URL", running.url)
        code, out = ran(["--portal", "--json"], capsys)
    (problem,) = json.loads(out)["error"]["problems"]
    assert code == 2
    assert problem["message"] == "the portal has no ticket category 'BILLING_ISUE'"
    assert problem["remedy"] == "did you mean 'BILLING_ISSUE'?"


def test_an_error_shows_its_code_and_the_line_with_a_caret_under_the_place(folder: Path, capsys: Any) -> None:
    rewrite(folder, "policies.yaml", "calendar: extended", "calendar: extendet")
    with pytest.raises(SystemExit):
        main(["check"])
    lines = capsys.readouterr().err.splitlines()
    assert lines[1].endswith("there is no calendar 'extendet' (did you mean 'extended'?) [SLA301]")
    assert lines[2].strip() == "20 |     calendar: extendet"
    assert lines[3].index("^") == lines[2].index("extendet")
    _, out = ran(["--json"], capsys)
    (problem,) = json.loads(out)["error"]["problems"]
    assert (problem["code"], problem["line"], problem["column"]) == ("SLA301", 20, 15)


def test_strict_ends_with_2_where_there_is_a_warning_unless_its_line_ignores_it(folder: Path, capsys: Any) -> None:
    assert ran(["--strict"], capsys)[0] == 0
    rewrite(folder, "calendars.yaml", 'sat: ["08:00-20:00"]', 'sat: ["20:00-09:00"]')
    code, out = ran(["--strict"], capsys)
    assert code == 2
    assert "is that what was meant? (write 09:00-20:00 for the day) [SLA610]" in out
    assert ran([], capsys)[0] == 0
    rewrite(folder, "calendars.yaml", 'sat: ["20:00-09:00"]', 'sat: ["20:00-09:00"]  # sla: ignore SLA610')
    assert ran(["--strict"], capsys)[0] == 0
    rewrite(folder, "calendars.yaml", "20:00-09:00", "08:00-20:00")
    code, out = ran(["--strict", "--json"], capsys)
    (warning,) = json.loads(out)["warnings"]
    assert (code, warning["code"], warning["message"]) == (2, "SLA690", "this line has no warning SLA610")


def test_files_that_end_in_yml_are_checked_like_the_others(folder: Path, capsys: Any) -> None:
    for file in (folder / "mappings").glob("*.yaml"):
        file.rename(file.with_suffix(".yml"))
    assert ran([], capsys)[0] == 0


def test_a_long_line_is_cut_around_the_place(folder: Path, capsys: Any) -> None:
    padding = "x" * 300
    rewrite(
        folder,
        "policies.yaml",
        "tier: gold}",
        f"tier: gold, source: [{padding}, é日本], tier: silver, owner: {padding}}}",
    )
    with pytest.raises(SystemExit):
        main(["check"])
    lines = capsys.readouterr().err.splitlines()
    assert len(lines[2]) < 130
    assert lines[2].count("...") == 2


@pytest.fixture
def portal_of_40(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("HUBSPOT_TOKEN", TOKEN)
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    with serve(copied_portal(now, tickets=40), token=TOKEN, enforce_limits=False) as running:
        monkeypatch.setenv("HUBSPOT_BASE_URL", running.url)
        yield running


def test_tickets_are_counted_by_policy_and_none_is_a_warning(folder: Path, capsys: Any, portal_of_40: Running) -> None:
    rewrite(folder, "policies.yaml", "when: {pipeline: Onboarding}", "when: {pipeline: Onboarding, owner: '1'}")
    code, out = ran(["--portal", "--json"], capsys)
    body = json.loads(out)
    counts = {count["policy"]: count["tickets"] for count in body["tickets"]["the portal"]["policies"]}
    assert code == 0
    assert counts["onboarding"] == 0
    of_customers = sum(number for policy, number in counts.items() if policy != "billing-team")
    unmatched = sum(group["count"] for group in body["tickets"]["the portal"]["unmatched"])
    assert of_customers + unmatched == 40
    [warning] = [warning for warning in body["warnings"] if warning["message"].startswith("policy 'onboarding'")]
    assert (warning["code"], warning["file"], warning["line"]) == ("SLA624", "policies.yaml", 36)
    assert warning["message"] == "policy 'onboarding' applies to no ticket of the portal"
    assert ran(["--portal", "--strict"], capsys)[0] == 2


def test_a_ticket_whose_value_has_no_target_is_not_counted_as_promised(
    folder: Path, capsys: Any, portal_of_40: Running
) -> None:
    (folder / "mappings/policies.yaml").write_text(
        "policies:\n"
        "  - {id: urgent, calendar: always, targets: {resolution: {URGENT: 4h, default: none}}}\n"
        "  - {id: team, kind: ola, calendar: always, targets: {stage: {Billing: {LOW: 4h, default: none}}}}\n",
        encoding="utf-8",
    )
    portal = portal_of_40.portal
    priorities = [portal.read("tickets", id_).get("hs_ticket_priority") for id_ in portal.ids("tickets")]
    _, out = ran(["--portal", "--json"], capsys)
    found = json.loads(out)["tickets"]["the portal"]
    urgent = priorities.count("URGENT")
    assert found["policies"][0] == {"policy": "urgent", "tickets": urgent, "nothing_promised": 40 - urgent}
    assert found["nothing_promised"] == 40 - urgent
    reasons = {value["reason"]: value["count"] for value in found["without_target"] if value["policy"] == "urgent"}
    assert reasons["no target for priority HIGH"] == priorities.count("HIGH")
    assert sum(reasons.values()) == 40 - urgent
    _, out = ran(["--portal"], capsys)
    assert f"{40 - urgent} match a policy that promises them nothing." in out
    assert f"  {urgent}\tpolicy urgent\tand {40 - urgent} that it promises nothing" in out
    assert "policy urgent, resolution: no target for priority HIGH\tfor example" in out


def test_a_row_about_a_company_that_hubspot_does_not_know_is_named(
    folder: Path, capsys: Any, portal_of_40: Running
) -> None:
    header = "company_id,tier,valid_from,valid_to\n"
    rewrite(folder, "tiers.csv", header, f"{header}99887766,gold,,\n")
    code, out = ran(["--portal", "--json"], capsys)
    about_rows = [warning for warning in json.loads(out)["warnings"] if warning["file"] == "tiers.csv"]
    assert code == 0
    assert [(warning["code"], warning["line"]) for warning in about_rows] == [("SLA625", 2)]
    assert about_rows[0]["message"] == "HubSpot has no company 99887766, so this row applies to no company"
    assert ran(["--json"], capsys)[0] == 0


def test_it_says_when_names_were_not_looked_up(folder: Path, capsys: Any, portal_of_40: Running) -> None:
    _, out = ran([], capsys)
    assert "Not looked up in HubSpot: pipelines, stages, properties, owners, companies." in out
    _, out = ran(["--portal"], capsys)
    assert "ot looked up" not in out


def test_company_ids_that_the_token_may_not_look_up_are_said_to_be_unchecked(
    folder: Path, capsys: Any, portal_of_40: Running
) -> None:
    (folder / "mappings/tiers.yaml").write_text(
        "ranks: [platinum, gold, silver, bronze]\nsources: [{csv: tiers.csv}]\n"
    )
    scopes = ["crm.objects.companies.read"]
    portal_of_40.faults.add("missing_scope", scopes=scopes, path="*/companies/batch/read")
    code, out = ran(["--portal"], capsys)
    assert code == 0
    assert "tiers.csv: its company ids were not looked up, because" in out
    assert "SLA625" not in out


UPTIME = """\
contracts:
  - id: acme
    customer: "5004"
    currency: EUR
    valid_from: 2026-01-01
    objectives: [{id: uptime, measure: {uptime: web}, promised: 99.9%}]
feeds: {web: {csv: outages.csv}}
"""


def test_a_feed_that_is_not_there_is_named_until_it_is(folder: Path, capsys: Any) -> None:
    (folder / "mappings" / "contracts.yaml").write_text(UPTIME, encoding="utf-8")
    for _ in range(2):  # the second time from what was kept
        assert "there is no file outages.csv, so what the feed 'web' measures is not measured" in ran([], capsys)[1]
    (folder / "mappings" / "outages.csv").write_text("from,to\n", encoding="utf-8")
    assert "outages.csv" not in ran([], capsys)[1]
