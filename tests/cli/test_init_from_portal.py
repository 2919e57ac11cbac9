"""sla init --from-portal on portals that lack something: it says what, and the files pass the check all the same.

What it infers where nothing is lacking is in tests/proofs/test_inferred_policies.py.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from hubspot_sandbox.native_sla import Goals
from hubspot_sandbox.object_types import TICKETS
from hubspot_sandbox.pipelines import Pipeline, Stage
from hubspot_sandbox.seed import seeded_portal
from hubspot_sandbox.server import serve
from hubspot_sla.cli.main import main
from hubspot_sla.policy.loader import load, read_texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hubspot_sandbox.portal import Portal

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
TOKEN = "pat-eu1-00000000-1111-2222-3333-44445555abcd"
FILES = ("portal.yaml", "calendars.yaml", "tiers.yaml", "escalations.yaml", "policies.yaml")


@contextmanager
def served(portal: Portal, patch: pytest.MonkeyPatch, scopes: list[str] | None = None) -> Iterator[None]:
    with serve(portal, token=TOKEN, enforce_limits=False, scopes=scopes) as running:
        for name, value in {"HUBSPOT_TOKEN": TOKEN, "HUBSPOT_BASE_URL": running.url, "SLA_CLOCK": "hubspot"}.items():
            patch.setenv(name, value)
        yield


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ran(capsys: Any, *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(str(ended.value.code)), capsys.readouterr().out


def texts_of(folder: Path) -> dict[str, str]:
    return {name: (folder / "mappings" / name).read_text(encoding="utf-8") for name in FILES}


def test_without_native_due_instants_the_rest_is_written_and_one_example_promises_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    with served(seeded_portal(NOW, tickets=30), monkeypatch):
        code, out = ran(capsys, "init", "--from-portal")
        assert code == 0
        assert "None of the 30 tickets of the last 90 days has a due instant of HubSpot's own SLA." in out
        code, out = ran(capsys, "check", "--portal")
    assert code == 0, out
    texts = texts_of(folder)
    assert "valid_from: 2099-01-01" in texts["policies.yaml"]
    assert 'Waiting on contact: waiting             # its label says "Waiting"' in texts["portal.yaml"]
    assert "Waiting on us: open                     # by its label it waits for us" in texts["portal.yaml"]
    assert "# Company property customer_tier: its name has" in texts["tiers.yaml"]
    assert "ranks: [platinum, gold, silver, bronze]" in texts["tiers.yaml"]
    assert "# berlin: the working hours in the profiles of 8 users." in texts["calendars.yaml"]
    assert 'mon-fri: ["09:00-17:30"]' in texts["calendars.yaml"]
    assert "tobias.brandt@support.example: mara.lindqvist@support.example" in texts["escalations.yaml"]
    assert "# Team Billing: no lead, no job title says so." in texts["escalations.yaml"]
    assert {path.name for path in (folder / "mappings").glob("*.*")} == set(FILES), "no examples beside them"
    assert (folder / "mappings/schema/policies.json").is_file()
    assert (folder / "jobs/sync.py").is_file()


def test_a_portal_without_tickets_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    with served(seeded_portal(NOW, tickets=0), monkeypatch):
        code, out = ran(capsys, "init", "new", "--from-portal", "--days", "30", "--json")
        assert code == 0
        report = json.loads(out)
        assert report["written"] == [f"mappings/{name}" for name in FILES]
        assert report["inferred"]["remarks"] == [
            "No ticket was created in the last 30 days, so nothing can be inferred."
        ]
        code, out = ran(capsys, "check", "--portal", "--mappings", "new/mappings")
    assert code == 0, out


def test_what_a_scope_refuses_is_a_comment_and_the_rest_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    portal = seeded_portal(NOW, tickets=0)
    with served(portal, monkeypatch, ["tickets"]):
        code, out = ran(capsys, "init", "--from-portal")
    assert code == 0, out
    texts = texts_of(folder)
    assert "# Owners and their teams were not read: the token may not do this" in texts["escalations.yaml"]
    assert "crm.objects.users.read" in texts["calendars.yaml"]
    assert "# The properties of companies were not read: " in texts["tiers.yaml"]
    assert texts["tiers.yaml"].count("sources: []") == 1
    with served(portal, monkeypatch):
        code, out = ran(capsys, "check", "--portal")
    assert code == 0, out


def test_without_the_scope_for_tickets_nothing_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    with served(seeded_portal(NOW, tickets=0), monkeypatch, ["crm.objects.owners.read"]):
        code, _ = ran(capsys, "init", "--from-portal", "--json")
    assert (code, list(folder.iterdir())) == (3, [])


@pytest.mark.parametrize("name", ["policies.yaml", "tiers.yml"])
def test_a_folder_that_has_mappings_is_left_as_it_is(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("HUBSPOT_TOKEN", TOKEN)
    monkeypatch.setenv("HUBSPOT_BASE_URL", "http://127.0.0.1:9")
    (folder / "mappings").mkdir()
    (folder / "mappings" / name).write_text("mine", encoding="utf-8")
    code, out = ran(capsys, "init", "--from-portal", "--json")
    error = json.loads(out)["error"]
    assert code == 2
    assert f"mappings has {name} already, and nothing is overwritten" in error["message"]
    assert [path.name for path in (folder / "mappings").iterdir()] == [name]
    assert (folder / "mappings" / name).read_text(encoding="utf-8") == "mine"


def test_days_without_a_portal_are_wrong_usage(folder: Path, capsys: Any) -> None:
    code, out = ran(capsys, "init", "--days", "30", "--json")
    assert (code, list(folder.iterdir())) == (2, [])
    assert "--days is for --from-portal" in json.loads(out)["error"]["message"]


def test_other_files_of_the_folder_stay(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    (folder / ".env.example").write_text("mine", encoding="utf-8")
    with served(seeded_portal(NOW, tickets=0), monkeypatch):
        code, out = ran(capsys, "init", "--from-portal")
    assert (code, (folder / ".env.example").read_text(encoding="utf-8")) == (0, "mine")
    assert "kept     .env.example" in out


def test_a_portal_without_a_pipeline_has_nothing_to_start_from(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    portal = seeded_portal(NOW, tickets=0)
    portal.set_pipelines([])
    with served(portal, monkeypatch):
        code, out = ran(capsys, "init", "--from-portal", "--json")
    assert (code, list(folder.iterdir())) == (2, [])
    assert "no ticket pipeline with stages" in json.loads(out)["error"]["message"]


def test_labels_that_cannot_stand_in_a_file_are_named_by_id(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    portal = seeded_portal(NOW, tickets=0)
    stages = (Stage("91", "Twice"), Stage("92", "Twice"), Stage("93", "on"), Stage("94", "93"), Stage("95", "A: b # c"))
    odd = Pipeline("0", "New\nlines: yes", (*stages, Stage("96", " spaced "), Stage("97", "Zu", closed=True)))
    portal.set_pipelines([odd, Pipeline("7", "Empty", ())])
    with served(portal, monkeypatch):
        assert ran(capsys, "init", "--from-portal")[0] == 0
        code, out = ran(capsys, "check", "--portal")
    assert code == 0, out
    text = texts_of(folder)["portal.yaml"]
    assert '  "0":\n' in text
    assert "\nlines: yes" not in text
    assert "# Pipeline Empty has no stages, so it is left out." in text
    rules = load(read_texts(folder / "mappings")).portal.stages["0"]
    assert list(rules) == ["91", "92", "on", "94", "A: b # c", "96", "Zu"]


def test_impossible_due_instants_are_named_and_the_others_count(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    portal = seeded_portal(NOW - timedelta(days=20), tickets=0)
    portal.clock.freeze()
    portal.set_native_sla(Goals(first_response=60))
    tickets = []
    for number in range(30):
        portal.clock.advance(timedelta(hours=5, minutes=7))
        values = {"subject": str(number), "hs_pipeline_stage": "1", "hs_ticket_priority": "HIGH"}
        tickets.append(portal.create("tickets", values))
    portal.clock.set(NOW)
    portal.catch_up()
    portal.set_native_sla(None)
    impossible = tickets[3]
    overwritten = {"hs_time_to_first_response_sla_at": "9998-01-01T00:00:00Z"}
    portal.calculate(TICKETS, portal.record(TICKETS, impossible), overwritten, portal.clock.now_ms())
    with served(portal, monkeypatch):
        code, out = ran(capsys, "init", "--from-portal")
        assert code == 0
        checked, said = ran(capsys, "check", "--portal")
    assert checked == 0, said
    assert f"years after it, for tickets {impossible}." in out
    text = texts_of(folder)["policies.yaml"]
    assert "HIGH: 1h" in text
    assert "calendar: always" in text
