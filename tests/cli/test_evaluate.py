"""sla evaluate: tickets from a file, one verdict a line, whatever a line may hold."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hubspot_sla.cli.main import main

INCIDENTS = Path(__file__).parents[3] / "shared/data/incidents/incidents.jsonl.gz"
NOW = "2026-03-06T12:00:00Z"
PORTAL = """\
pipelines:
  Support:
    "1": open
    "2": {role: waiting}
    "4": closed
    experts: {role: open, team: Experts}
"""
CALENDARS = """\
calendars:
  office:
    timezone: Etc/UTC
    hours: {mon: "09:00-17:00", tue: "09:00-17:00", wed: "09:00-17:00", thu: "09:00-17:00", fri: "09:00-17:00"}
    business_day: 8h
"""
TIERS = """\
ranks: [gold, silver]
sources:
  - company_property: customer_tier
  - contact_property: vip
"""
POLICIES = """\
policies:
  - id: gold
    when: {tier: gold}
    calendar: always
    targets: {resolution: 1h}
  - id: rest
    when: {pipeline: Support}
    calendar: office
    targets: {first_response: 1h, resolution: {HIGH: 4h, default: 8h}, stage: {Experts: 2h}}
    at_risk: {resolution: 75%}
  - id: experts
    kind: ola
    when: {stage: experts}
    calendar: office
    targets: {resolution: 6h}
"""
CREATED = "2026-03-02T09:00:00Z"  # a Monday


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    folder = tmp_path / "mappings"
    folder.mkdir()
    files = {"portal": PORTAL, "calendars": CALENDARS, "tiers": TIERS, "policies": POLICIES}
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def ticket(id_: str = "1", stages: list[tuple[str, str]] | None = None, **properties: object) -> dict[str, Any]:
    """Stages as (instant, stage), in any order; properties beside them."""
    moves = [(CREATED, "1"), ("2026-03-02T16:00:00Z", "4")] if stages is None else stages
    return {
        "id": id_,
        "properties": {
            "createdate": CREATED,
            "hs_pipeline": "Support",
            "hs_pipeline_stage": moves[-1][1] if moves else None,
            "hs_first_agent_message_sent_at": "2026-03-02T09:30:00Z",
            **properties,
        },
        "propertiesWithHistory": {
            "hs_pipeline": [{"value": "Support", "timestamp": CREATED, "sourceType": "API"}],
            "hs_pipeline_stage": [{"value": stage, "timestamp": at, "sourceType": "API"} for at, stage in moves],
        },
        "updatedAt": NOW,
    }


class Evaluation:
    """What came of one run."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def evaluate(mappings: Path, tmp_path: Path, capfdbinary: Any) -> Any:
    """Run on these lines, objects or raw; `*more` are further options."""

    def run(*lines: object, more: tuple[str, ...] = ("--json",), now: str = NOW) -> Evaluation:
        file = tmp_path / "tickets.jsonl"
        raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        file.write_bytes(b"\n".join(raw))
        return invoked(["evaluate", str(file), "--mappings", str(mappings), "--now", now, *more], capfdbinary)

    return run


def invoked(arguments: list[str], capfd: Any) -> Evaluation:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    told = capfd.readouterr()
    return Evaluation(int(ended.value.code or 0), told.out.decode(), told.err.decode())


def test_one_object_a_line_says_everything(evaluate: Any) -> None:
    done = evaluate(ticket())
    assert (done.code, done.err) == (0, "")
    (line,) = done.lines
    assert (line["id"], line["now"], line["status"]) == ("1", NOW, "met")
    assert line["tier"] == {
        "tier": None,
        "source": "none",
        "why": "the ticket has no company; the ticket has no contact",
    }
    assert line["policies"] == {"sla": "rest", "ola": None}
    assert line["rejected"]["sla"] == [{"policy": "gold", "why": "tier is not set, not gold"}]
    resolution = line["metrics"]["resolution"]
    assert {name: resolution[name] for name in ("status", "policy", "target", "calendar")} == {
        "status": "met",
        "policy": "rest",
        "target": "8h",
        "calendar": "office",
    }
    assert (resolution["started_at"], resolution["due_at"]) == (CREATED, "2026-03-02T17:00:00Z")
    assert resolution["stopped_at"] == "2026-03-02T16:00:00Z"
    assert (resolution["elapsed_s"], resolution["paused_s"], resolution["late_by_s"]) == (7 * 3600, 0, 0)
    assert resolution["segments"][0]["state"] == "running"
    assert len(resolution["cycles"]) == 1
    assert line["reasons"][-1].startswith("Tier: ")


def test_a_late_ticket_says_by_how_much_and_which_time_was_paused(evaluate: Any) -> None:
    stages = [
        (CREATED, "1"),
        ("2026-03-02T10:00:00Z", "2"),
        ("2026-03-02T11:00:00Z", "1"),
        ("2026-03-03T12:00:00Z", "4"),
    ]
    resolution = evaluate(ticket(stages=stages)).lines[0]["metrics"]["resolution"]
    assert (resolution["status"], resolution["due_at"]) == ("missed", "2026-03-03T10:00:00Z")
    assert (resolution["paused_s"], resolution["late_by_s"], resolution["elapsed_s"]) == (3600, 2 * 3600, 10 * 3600)


def test_agreements_behind_the_promise_stand_beside_it(evaluate: Any) -> None:
    stages = [(CREATED, "1"), ("2026-03-02T10:00:00Z", "experts"), ("2026-03-02T14:00:00Z", "4")]
    line = evaluate(ticket(stages=stages), now="2026-03-02T13:00:00Z").lines[0]
    assert line["status"] == "unknown"  # the closing lies in the future
    line = evaluate(ticket(stages=stages[:2]), now="2026-03-02T13:00:00Z").lines[0]
    assert line["policies"] == {"sla": "rest", "ola": "experts"}
    assert line["metrics"]["stage:Experts"]["status"] == "breached"
    assert line["metrics"]["ola:resolution"]["status"] == "running"


def test_tiers_are_read_from_the_row_or_from_files_of_companies_and_contacts(evaluate: Any, tmp_path: Path) -> None:
    inline = ticket("1") | {
        "associations": {"companies": {"results": [{"id": "7", "properties": {"customer_tier": "gold"}}]}}
    }
    by_company = ticket("2") | {"associations": {"companies": {"results": [{"id": 8, "type": "ticket_to_company"}]}}}
    by_contact = ticket("3") | {"associations": {"contacts": {"results": [{"toObjectId": 9}]}}}
    companies, contacts = tmp_path / "companies.json", tmp_path / "contacts.jsonl"
    history = [{"value": "gold", "timestamp": "2026-03-05T00:00:00Z"}, {"value": "silver", "timestamp": "2026-01-01"}]
    told = {"id": "8", "properties": {"customer_tier": "gold"}, "propertiesWithHistory": {"customer_tier": history}}
    companies.write_text(json.dumps({"results": [told]}), encoding="utf-8")
    contacts.write_text(json.dumps({"id": "9", "properties": {"vip": "gold"}}) + "\n", encoding="utf-8")
    more = ("--json", "--companies", str(companies), "--contacts", str(contacts))
    found = [line["tier"]["tier"] for line in evaluate(inline, by_company, by_contact, more=more).lines]
    assert found == ["gold", "silver", "gold"]


BAD = [
    (b"{", "this is not JSON"),
    (b"[]", "a ticket is a JSON object, not a list"),
    (b'"x"', "a ticket is a JSON object, not text"),
    (b"{}", "'id' should be a string, not None"),
    (b'{"id": "5", "properties": []}', "'properties' should be an object, not []"),
    (b'{"id": "5", "properties": {"a": {}}}', "property 'a' holds an object, not a value"),
    (b'{"id": "5", "propertiesWithHistory": {"hs_pipeline_stage": [{"value": "1"}]}}', "has no timestamp"),
    (
        b'{"id": "5", "propertiesWithHistory": {"hs_pipeline_stage": [{"value": "1", "timestamp": "soon"}]}}',
        "the timestamp of version 1 of hs_pipeline_stage is 'soon', which is no instant",
    ),
    (b'{"id": "5", "associations": {"companies": {"results": "x"}}}', "'results' should be a list of objects"),
    (b"\xff\xfe", "this is not JSON"),
]


@pytest.mark.parametrize(("bad", "reason"), BAD)
def test_a_bad_row_is_quarantined_with_its_line_and_the_others_are_judged(
    bad: bytes, reason: str, evaluate: Any
) -> None:
    done = evaluate(ticket("1"), b"", bad, ticket("2"))
    assert done.code == 1
    assert [line.get("id") for line in done.lines if "quarantined" not in line] == ["1", "2"]
    (told,) = [line for line in done.lines if "quarantined" in line]
    assert told["line"] == 3
    assert reason in told["quarantined"]
    assert reason in done.err


ODD = [
    (ticket(createdate=None), "unknown", "the ticket has no creation time"),
    (ticket(createdate=""), "unknown", "the ticket has no creation time"),
    (ticket(createdate="yesterday"), "unknown", "createdate holds 'yesterday', which is no instant"),
    (ticket(stages=[]), "unknown", "the ticket has no stage"),
    (ticket(stages=[("2026-03-03T09:00:00Z", "1")]), "unknown", "the stage history begins after"),
    (ticket(stages=[(CREATED, "9")]), "unknown", "portal.yaml does not know the stage 9"),
    (ticket(createdate="2026-04-01T00:00:00Z", stages=[("2026-04-01T00:00:00Z", "1")]), "unknown", "future"),
]


@pytest.mark.parametrize(("row", "status", "reason"), ODD, ids=[case[2] for case in ODD])
def test_facts_that_are_missing_or_impossible_are_unknown_with_the_reason(
    row: dict[str, Any], status: str, reason: str, evaluate: Any
) -> None:
    done = evaluate(row)
    assert done.code == 0
    resolution = done.lines[0]["metrics"]["resolution"]
    assert resolution["status"] == status
    assert reason in resolution["reason"]


def verdict(done: Evaluation) -> object:
    return {key: value for key, value in done.lines[0]["metrics"]["resolution"].items() if key != "segments"}


def test_the_order_in_which_facts_are_told_makes_no_difference(evaluate: Any) -> None:
    row = ticket(stages=[(CREATED, "1"), ("2026-03-02T10:00:00Z", "2"), ("2026-03-02T16:00:00Z", "4")])
    turned = json.loads(json.dumps(row))
    turned["propertiesWithHistory"]["hs_pipeline_stage"].reverse()
    assert verdict(evaluate(row)) == verdict(evaluate(turned))


def test_epoch_milliseconds_iso_and_numbers_may_stand_side_by_side(evaluate: Any) -> None:
    row = ticket(createdate="1772442000000", hs_ticket_priority="HIGH", impact=3, vip=True)
    row["propertiesWithHistory"]["hs_pipeline_stage"][0]["timestamp"] = 1772442000000
    row["propertiesWithHistory"]["hs_pipeline_stage"][1]["timestamp"] = "2026-03-02T17:00:00+01:00"
    row["id"] = 12
    line = evaluate(row).lines[0]
    assert line["id"] == "12"
    assert line["metrics"]["resolution"]["started_at"] == CREATED
    assert line["metrics"]["resolution"]["stopped_at"] == "2026-03-02T16:00:00Z"


def test_gzip_and_standard_input_are_read_as_they_come(
    mappings: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: Any
) -> None:
    packed = gzip.compress(json.dumps(ticket()).encode())
    for content in (packed, b"\xef\xbb\xbf" + json.dumps(ticket()).encode()):
        reader = io.TextIOWrapper(io.BufferedReader(io.BytesIO(content)))  # type: ignore[arg-type]
        monkeypatch.setattr(sys, "stdin", reader)
        done = invoked(["evaluate", "-", "--mappings", str(mappings), "--now", NOW, "--json"], capfdbinary)
        assert (done.code, done.lines[0]["status"]) == (0, "met")


def test_a_gzip_file_that_is_cut_short_gives_what_it_holds_and_says_so(
    mappings: Path, tmp_path: Path, capfdbinary: Any
) -> None:
    file = tmp_path / "cut.jsonl.gz"
    lines = "\n".join(json.dumps(ticket(str(number), note=str(number) * 50)) for number in range(300))
    file.write_bytes(gzip.compress(lines.encode())[:-300])
    done = invoked(["evaluate", str(file), "--mappings", str(mappings), "--now", NOW, "--json"], capfdbinary)
    assert done.code == 1
    assert len(done.lines) > 10
    assert "the file ends here, in the middle" in done.lines[-1]["quarantined"]


def test_labels_are_looked_up_in_the_pipelines_beside_the_file(evaluate: Any, tmp_path: Path) -> None:
    stages = [
        {"id": number, "label": label, "metadata": {"ticketState": state}}
        for number, label, state in (
            ("11", "1", "OPEN"),
            ("12", "2", "OPEN"),
            ("14", "4", "CLOSED"),
            ("15", "experts", "OPEN"),
        )
    ]
    body = {"results": [{"id": "10", "label": "Support", "stages": stages}]}
    row = ticket(stages=[(CREATED, "11"), ("2026-03-02T16:00:00Z", "14")])
    row["properties"]["hs_pipeline"] = row["propertiesWithHistory"]["hs_pipeline"][0]["value"] = "10"
    assert evaluate(row).lines[0]["status"] != "met"
    (tmp_path / "pipelines.json").write_text(json.dumps(body), encoding="utf-8")
    line = evaluate(row).lines[0]
    assert (line["status"], line["pipeline"]) == ("met", "Support")


def test_people_see_a_line_a_ticket_and_the_counts(evaluate: Any) -> None:
    done = evaluate(ticket("1"), b"{", ticket("2", stages=[(CREATED, "1"), ("2026-03-04T16:00:00Z", "4")]), more=())
    lines = done.out.splitlines()
    assert lines[0].startswith("1\tmet\trest\t")
    assert "2 tickets, 1 quarantined" in lines
    assert any(line.startswith("resolution\t") and line.endswith("50.0% of 2") for line in lines)
    assert done.err.startswith("line 2: this is not JSON")
    summary = evaluate(ticket("1"), more=("--json", "--summary"))
    assert json.loads(summary.out)["metrics"]["resolution"] == {"met": 1}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.jsonl"], "nowhere.jsonl cannot be read: No such file"),
        (["-", "--now", "soon"], "--now 'soon' is no instant"),
        (["-", "--companies", "nowhere.json"], "nowhere.json cannot be read"),
    ],
)
def test_wrong_usage_is_said_and_ends_with_2(
    arguments: list[str], message: str, mappings: Path, capfdbinary: Any
) -> None:
    done = invoked(["evaluate", *arguments, "--mappings", str(mappings)], capfdbinary)
    assert done.code == 2
    assert message in done.err


def test_memory_does_not_grow_with_the_file(mappings: Path, tmp_path: Path) -> None:
    sizes = [self_measured(mappings, tmp_path, tickets) for tickets in (20, 1000)]
    assert sizes[1] < sizes[0] + 20_000


def self_measured(mappings: Path, tmp_path: Path, tickets: int) -> int:
    """Peak memory in KiB of a run in a process of its own; each row carries 80 kB, so 1,000 are 80 MB."""
    file = tmp_path / f"{tickets}.jsonl.gz"
    with gzip.open(file, "wt", compresslevel=1) as stream:
        for number in range(tickets):
            stream.write(json.dumps(ticket(str(number), content="x" * 80_000)) + "\n")
    script = (
        "import resource, sys\nfrom hubspot_sla.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    command = [sys.executable, "-c", script, "evaluate", str(file), "--mappings", str(mappings), "--now", NOW, "--json"]
    ran = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    return int(ran.stderr.split()[-1])


@pytest.mark.skipif(not INCIDENTS.exists(), reason="needs the incident log in ../shared/data")
def test_the_incident_log_is_judged_whole(tmp_path: Path, capfdbinary: Any) -> None:
    folder = tmp_path / "mappings"
    folder.mkdir()
    source = Path(__file__).parents[2] / "docs/tutorial/walkthrough/mappings"
    for path in (*source.glob("*.yaml"), INCIDENTS.parent / "tiers.csv"):
        (folder / path.name).write_bytes(path.read_bytes())
    lines = tmp_path / "part.jsonl"
    with gzip.open(INCIDENTS, "rb") as stream:
        lines.write_bytes(b"".join(line for line, _ in zip(stream, range(500), strict=False)))
    pipelines = str(INCIDENTS.parent / "pipelines.json")
    arguments = ["evaluate", str(lines), "--mappings", str(folder), "--now", "2017-03-01", "--pipelines", pipelines]
    done = invoked([*arguments, "--json"], capfdbinary)
    assert (done.code, len(done.lines)) == (0, 500)
    assert {line["status"] for line in done.lines} == {"met", "missed"}


def test_a_closed_ticket_of_which_nothing_says_since_when_is_unknown_and_not_closed_at_once(evaluate: Any) -> None:
    properties = {"createdate": CREATED, "hs_pipeline": "Support", "hs_pipeline_stage": "4"}
    resolution = evaluate({"id": "1", "properties": properties}).lines[0]["metrics"]["resolution"]
    assert resolution["status"] == "unknown"
    assert "begins after" in resolution["reason"]


@pytest.mark.parametrize(
    "now", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "2199-01-01", "0001-01-01", "99999999999999"]
)
def test_an_instant_that_no_calendar_answers_for_is_refused_before_any_row(evaluate: Any, now: str) -> None:
    done = evaluate(ticket(), now=now)
    assert done.code == 2
    assert "is outside the years 1901 to 2198" in done.out


FAR = "9999-12-31T23:59:59Z"
FAR_AWAY = {
    "created": ticket("2", createdate=FAR),
    "moved": ticket("2", [(CREATED, "1"), (FAR, "2")]),
    "answered": ticket("2", hs_first_agent_message_sent_at=FAR, hs_last_message_received_at=FAR),
    "changed": ticket("2") | {"updatedAt": FAR},
}


@pytest.mark.parametrize("row", FAR_AWAY.values(), ids=FAR_AWAY)
@pytest.mark.parametrize("now", [NOW, "2198-12-31T23:59:59Z"])
def test_a_row_of_the_year_9999_takes_no_other_with_it(evaluate: Any, row: dict[str, Any], now: str) -> None:
    done = evaluate(ticket("1"), row, ticket("3"), now=now)
    assert done.code in (0, 1)
    assert [line["id"] for line in done.lines if "status" in line and line["id"] != "2"] == ["1", "3"]
