"""A portal from files, and what is said about files that make none."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hubspot_sandbox.load import LoadError, load_portal
from hubspot_sandbox.server import serve
from proof import SCALE
from proofs.logs import every_twelfth

INCIDENTS = Path(__file__).parents[3] / "shared/data/incidents"
PIPELINES = {
    "results": [
        {
            "id": "9",
            "label": "Work",
            "stages": [
                {"id": "91", "label": "New", "metadata": {"ticketState": "OPEN"}},
                {"id": "92", "label": "Done", "metadata": {"ticketState": "CLOSED"}},
            ],
        }
    ]
}
TICKET = {
    "id": "45",
    "properties": {
        "subject": "Printer",
        "createdate": "2026-01-05T08:00:00Z",
        "hs_pipeline": "9",
        "hs_pipeline_stage": "91",
        "shoe_size": "44",
    },
    "propertiesWithHistory": {
        "hs_pipeline_stage": [
            {"value": "91", "timestamp": "2026-01-07T08:00:00Z", "sourceType": "CRM_UI"},
            {"value": "92", "timestamp": "2026-01-06T08:00:00Z", "sourceType": "API", "sourceId": "x"},
            {"value": "91", "timestamp": "2026-01-05T08:00:00Z", "sourceType": "CRM_UI"},
        ]
    },
    "associations": {"companies": {"results": [{"id": "3", "type": "ticket_to_company"}]}},
}


def _line(**changes: object) -> str:
    return json.dumps({**TICKET, **changes}) + "\n"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "pipelines.json").write_text(json.dumps(PIPELINES))
    (tmp_path / "companies.json").write_text('{"results": [{"id": "3", "properties": {"name": "Three"}}]}')
    (tmp_path / "tickets.jsonl").write_text(_line())
    return tmp_path


def test_a_ticket_is_served_as_the_file_says_it(directory, talk) -> None:
    with serve(directory, token="t", enforce_limits=False) as running:
        row = (
            talk(running, "t")
            .get(
                "/crm/v3/objects/tickets/45",
                properties="subject,shoe_size",
                propertiesWithHistory="hs_pipeline_stage",
                associations="companies",
            )
            .json()
        )
    assert row["properties"]["shoe_size"] == "44"
    assert row["propertiesWithHistory"] == TICKET["propertiesWithHistory"]
    assert row["associations"]["companies"]["results"][0] == {"id": "3", "type": "ticket_to_company"}
    assert (row["createdAt"], row["updatedAt"]) == ("2026-01-05T08:00:00Z", "2026-01-07T08:00:00Z")


def test_what_hubspot_would_have_calculated_is_there(directory) -> None:
    row = load_portal(directory).read("tickets", "45")
    assert row["hs_is_closed"] == "false"
    assert row["hs_last_closed_date"] == "2026-01-06T08:00:00Z"
    assert row["hs_ticket_reopened_at"] == "2026-01-07T08:00:00Z"
    assert row["hs_primary_company_name"] == "Three"
    assert "closed_date" not in row


def test_now_is_a_day_after_the_newest_change_unless_it_is_given(directory) -> None:
    portal = load_portal(directory)
    assert portal.clock.now().date() == datetime(2026, 1, 8, tzinfo=UTC).date()
    given = datetime(2026, 2, 1, tzinfo=UTC)
    assert load_portal(directory, given).clock.now().date() == given.date()


def test_packed_and_plain_files_are_read_and_the_rest_is_optional(tmp_path) -> None:
    (tmp_path / "a.jsonl").write_text(_line(id="1") + "\n" + _line(id="2"))
    with gzip.open(tmp_path / "b.jsonl.gz", "wt") as packed:
        packed.write(_line(id=3, archived=True))
    portal = load_portal(tmp_path)
    assert portal.ids("tickets") == ["1", "2"]
    assert portal.pipelines == {}


def test_a_ticket_without_a_creation_time_is_served_without_one(directory, talk) -> None:
    (directory / "tickets.jsonl").write_text(_line(properties={"subject": "Timeless"}, propertiesWithHistory={}))
    with serve(directory, token="t", enforce_limits=False) as running:
        row = talk(running, "t").post("/crm/v3/objects/tickets/search", {}).json()["results"][0]
    assert row["properties"]["createdate"] is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{not json}\n", "unexpected"),
        ('{"properties": {}}\n', "id: Field required"),
        (_line(id="abc"), "id: "),
        (_line(createdAt="yesterday"), "createdAt: "),
        (_line(propertiesWithHistory={"subject": [{"value": "x"}]}), "timestamp: Field required"),
        ("[]\n", "valid dictionary"),
    ],
)
def test_a_malformed_line_is_named_with_its_file_and_number(directory, line, reason) -> None:
    (directory / "tickets.jsonl").write_text(_line() + line)
    with pytest.raises(LoadError) as raised:
        load_portal(directory)
    assert str(raised.value).startswith(f"{directory / 'tickets.jsonl'}:2: ")
    assert reason in str(raised.value)


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"results": [{"label": "no id"}]}'])
def test_a_malformed_answer_is_named_with_its_file(directory, content) -> None:
    (directory / "pipelines.json").write_text(content)
    with pytest.raises(LoadError, match=r"pipelines\.json: "):
        load_portal(directory)


def test_a_file_that_is_not_packed_as_it_says_is_named(directory) -> None:
    (directory / "broken.jsonl.gz").write_bytes(b"not gzip")
    with pytest.raises(LoadError, match=r"broken\.jsonl\.gz"):
        load_portal(directory)


@pytest.mark.parametrize("files", [(), ("notes.txt", "portal.yaml")])
def test_a_directory_without_a_portal_in_it_is_refused(tmp_path, files) -> None:
    for name in files:
        (tmp_path / name).write_text("x")
    with pytest.raises(LoadError, match="holds no portal"):
        load_portal(tmp_path)


def test_a_directory_that_is_none_is_named(tmp_path) -> None:
    with pytest.raises(LoadError, match="is not a directory"):
        load_portal(tmp_path / "nowhere")


@pytest.mark.skipif(not INCIDENTS.is_dir(), reason=f"needs the incident log in {INCIDENTS}")
def test_a_year_of_incidents_is_served_whole(talk, tmp_path: Path) -> None:
    """Of every twelfth one; `make replay` serves them all."""
    log, tickets = (INCIDENTS, 24_918) if SCALE > 1 else (every_twelfth(INCIDENTS, tmp_path / "log"), 2_077)
    with serve(log, token="t", enforce_limits=False) as running:
        http = talk(running, "t")
        body = http.post("/crm/objects/2026-09/tickets/search", {"limit": 1}).json()
        assert body["total"] == tickets
        body = http.get("/crm/v3/objects/tickets/47", propertiesWithHistory="hs_pipeline_stage").json()
        stages = [row["value"] for row in body["propertiesWithHistory"]["hs_pipeline_stage"]]
        assert stages == ["1008", "1007", "1003", "1002", "1001"]
        assert len(http.get("/crm/v3/owners", limit=500).json()["results"]) > 100
