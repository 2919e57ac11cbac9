"""`sla sandbox`: replaying a log, looking into its database, and reading its log from another process."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import contextmanager

import pytest
import requests

TICKETS = (
    '{"id": "1", "properties": {"subject": "One", "createdate": "2026-01-05T08:00:00Z"}}\n'
    '{"id": "2", "properties": {"subject": "Two", "createdate": "2026-01-06T08:00:00Z"}}\n'
)


def _sla(*arguments):
    code = "import sys; from hubspot_sla.cli.main import main; sys.exit(main())"
    return [sys.executable, "-c", code, *map(str, arguments)]


@contextmanager
def _serving(*arguments):
    """The command in a process of its own, and what it announced."""
    with subprocess.Popen(
        _sla("sandbox", "--port", 0, "--json", *arguments), stdout=subprocess.PIPE, text=True
    ) as process:
        announced = ""
        while not announced.endswith("}\n"):
            line = process.stdout.readline()
            assert line, "it ended without a word"
            announced += line
        try:
            yield json.loads(announced)
        finally:
            process.terminate()


def _headers(announced):
    return {"Authorization": f"Bearer {announced['token']}"}


def test_a_log_is_replayed_from_an_instant_on(tmp_path) -> None:
    (tmp_path / "tickets.jsonl").write_text(TICKETS)
    with _serving("--load", tmp_path, "--replay", "--portal-id", 7, "--now", "2026-01-05T12:00:00Z") as announced:
        assert (announced["tickets"], announced["now"]) == (1, "2026-01-05T12:00:00+00:00")
        account = requests.get(
            f"{announced['url']}/account-info/v3/details", headers=_headers(announced), timeout=5
        ).json()
        assert account["portalId"] == 7
        requests.post(f"{announced['url']}/sandbox/clock", json={"advance_s": 86_400}, timeout=5)
        body = requests.get(f"{announced['url']}/crm/v3/objects/tickets", headers=_headers(announced), timeout=5).json()
        assert [row["id"] for row in body["results"]] == ["1", "2"]


def test_an_invented_portal_may_have_due_instants_of_its_own_sla() -> None:
    with _serving("--tickets", 3, "--native-sla", "--now", "2026-11-23T09:00:00Z") as announced:
        query = {"properties": "hs_time_to_close_sla_at"}
        url = f"{announced['url']}/crm/v3/objects/tickets"
        body = requests.get(url, params=query, headers=_headers(announced), timeout=5).json()
        assert [bool(row["properties"]["hs_time_to_close_sla_at"]) for row in body["results"]] == [True] * 3


def test_the_log_command_tells_what_was_asked_and_kept(tmp_path) -> None:
    file = tmp_path / "portal.db"
    with _serving("--tickets", 3, "--db", file) as announced:
        body = {"properties": {"hs_timestamp": "2026-11-24T09:00:00Z", "hs_task_subject": "Call"}}
        for _ in range(2):
            requests.post(f"{announced['url']}/crm/v3/objects/tasks", json=body, headers=_headers(announced), timeout=5)
        ran = subprocess.run(
            _sla("sandbox", "log", "--url", announced["url"], "--json"), capture_output=True, check=True
        )
        report = json.loads(ran.stdout)
        assert report["kinds"] == {"create": {"201": 2}}
        assert report["writes"] == {"tasks": {"create": 2}}
        plain = subprocess.run(
            _sla("sandbox", "log", "--url", announced["url"]), capture_output=True, text=True, check=True
        )
        assert "create\t201\t2\n" in plain.stdout
        assert "duplicate tasks: 0\n" in plain.stdout
    db = sqlite3.connect(file)
    assert db.execute("SELECT count(*) FROM records_tickets").fetchone() == (3,)
    assert db.execute("SELECT method, status FROM requests").fetchall() == [("POST", 201)] * 2
    db.close()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--replay",), "--replay needs a log"),
        (("--db", "portal.db"), "portal.db exists"),
        (("--now", "9999-12-31T23:59:59Z"), "is no time of a portal"),
        (("--native-sla", "--load", "."), "--native-sla has no rules for a portal from files"),
        (("log", "--url", "http://127.0.0.1:9"), "no sandbox at http://127.0.0.1:9"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(tmp_path, arguments, reason) -> None:
    (tmp_path / "portal.db").write_text("")
    ran = subprocess.run(_sla("sandbox", *arguments), capture_output=True, text=True, cwd=tmp_path, check=False)
    assert ran.returncode == 2
    assert reason in ran.stderr
