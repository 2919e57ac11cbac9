"""`sla browse`: what Datasette shows of a ledger, what it refuses, and what it says where it is not installed."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hubspot_sla.cli import browse
from hubspot_sla.cli.main import main
from hubspot_sla.clock.verdict import Status
from hubspot_sla.flows.inspection.browse.application import application, metadata_of
from hubspot_sla.ledger import names
from hubspot_sla.ledger.database import open_for_reading, open_for_writing
from hubspot_sla.ledger.names import Named
from hubspot_sla.measure.outcome import Attribution, Excluded, PausedBy
from hubspot_sla.measure.whose_time import Holder, HolderTime
from reporting.ledgers import Row, in_file

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

HOSTILE = "<script>alert(1)</script> שלום 🚀 =cmd|"
PAUSED = Attribution((PausedBy("CRM_UI", 3_600_000, 3_600_000, met_only=True),), met_by_pauses=True)
ROWS = [
    Row("1", Status.BREACHED, "2026-10-30T10:00:00+00:00", who={"company_id": "51"}),
    Row("2", Status.MET, "2026-10-05T10:00:00+00:00", "2026-10-04T10:00:00+00:00", attribution=PAUSED),
    Row(
        "3",
        Status.MISSED,
        "2026-10-06T10:00:00+00:00",
        "2026-10-06T12:00:00+00:00",
        holders=(HolderTime(Holder.QUEUE, "7", late=True, ms=3_600_000),),
    ),
    Row("4", Status.RUNNING, "2026-12-01T10:00:00+00:00"),
    Row("5", Status.WAIVED, "2026-10-07T10:00:00+00:00", excluded=Excluded.WAIVED),
]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = in_file(tmp_path_factory.mktemp("browse") / "of a portal.db", ROWS)
    with open_for_writing(path) as opened, opened.transaction() as db:
        names.remember(db, Named.COMPANY, {"51": HOSTILE}, 0)
    return path


class Browser:
    """Asks the application without a socket."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self._loop = asyncio.new_event_loop()
        self.served = application(path, db)
        self._loop.run_until_complete(self.served.invoke_startup())

    def get(self, path: str, **headers: str) -> Any:
        return self._loop.run_until_complete(self.served.client.get(path, headers=headers))

    def rows(self, path: str) -> list[dict[str, Any]]:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()
        return rows

    def close(self) -> None:
        for database in self.served.databases.values():
            database.close()
        self.served.executor.shutdown()
        self._loop.close()


@pytest.fixture(scope="module")
def browser(ledger: Path) -> Iterator[Browser]:
    with open_for_reading(ledger) as opened:
        made = Browser(ledger, opened.db)
        yield made
        made.close()


def test_every_query_and_every_chart_answers(browser: Browser, ledger: Path) -> None:
    with open_for_reading(ledger) as opened:
        metadata = metadata_of(opened.db)
    found = {}
    for name, query in metadata["databases"]["ledger"]["queries"].items():
        asked = "&month=2026-10" if "params" in query else ""
        found[name] = [row.get("record_id") for row in browser.rows(f"/ledger/{name}.json?_shape=array{asked}")]
    assert found | {name: len(rows) for name, rows in found.items() if rows[:1] == [None]} == {
        "late_now": ["1"],
        "due_next": ["4"],
        "attainment_by_month": 1,
        "broken_in": ["1", "3"],
        "kept_only_by_pauses": ["2"],
        "pauses_by_author": 1,
        "excluded_by_cause": 1,
        "where_late_time_went": 1,
    }
    (month,) = browser.rows("/ledger/attainment_by_month.json?_shape=array")
    assert month == {"month": "2026-10", "metric": "resolution", "judged": 3, "met": 1, "attainment": 0.3333}
    charts = metadata["plugins"]["datasette-dashboards"]["service-levels"]["charts"]
    for chart in charts.values():
        assert browser.get(f"/ledger.json?_shape=array&sql={urllib.request.quote(chart['query'])}").json()
    assert "vega" in browser.get("/-/dashboards/service-levels").text


def test_every_view_is_shown_and_no_table(browser: Browser) -> None:
    told = browser.get("/ledger.json").json()
    assert all(table["hidden"] for table in told["tables"])
    views = {view["name"] for view in told["views"]}
    assert {"outcomes_named", "people", "customers", "pauses", "rungs_reached", "closed_periods"} <= views
    for view in views:
        assert browser.get(f"/ledger/{view}").status_code == 200


def test_records_are_links_to_hubspot_and_strangers_write_no_markup(browser: Browser) -> None:
    page = browser.get("/ledger/late_now").text
    assert '<a href="https://app.hubspot.com/contacts/145000001/record/0-5/1" rel="noreferrer">1</a>' in page
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; שלום 🚀" in page


def test_nothing_can_be_changed(browser: Browser) -> None:
    for sql, why in (
        ("delete from outcomes", "must be a SELECT"),
        ("with one as (select 1) delete from outcomes", "readonly database"),
    ):
        answer = browser.get(f"/ledger.json?sql={urllib.request.quote(sql)}")
        assert (answer.status_code, why in answer.text) == (400, True), answer.text
    assert browser.get("/ledger.db").status_code == 403


def test_a_request_that_names_another_host_is_refused(browser: Browser) -> None:
    for host, status in (("evil.example", 403), ("127.0.0.1.evil.example:8766", 403), ("localhost:8766", 200)):
        assert browser.get("/", host=host).status_code == status


def test_an_empty_ledger_is_shown(tmp_path: Path) -> None:
    with open_for_writing(tmp_path / "ledger.db") as opened:
        empty = Browser(tmp_path / "ledger.db", opened.db)
        assert empty.rows("/ledger/late_now.json?_shape=array") == []
        assert empty.get("/-/dashboards/service-levels").status_code == 200
        empty.close()


def test_the_command_serves_until_it_is_interrupted(ledger: Path) -> None:
    command = [Path(sys.executable).with_name("sla"), "browse", "--port", "0", "--json", "--ledger", str(ledger)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ledger.parent) as process:
        assert process.stdout is not None
        told = ""
        while "}" not in told:
            told += process.stdout.readline().decode()
        address = json.loads(told)["url"]
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{address}ledger/late_now.json?_shape=array") as answer:  # noqa: S310
            assert json.load(answer)[0]["record_id"] == "1"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert b"Traceback" not in err


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(browse, "PACKAGES", ("datasette_that_is_not_installed",))
    with pytest.raises(SystemExit) as ended:
        main(["browse"])
    assert ended.value.code == 2
    assert "pip install 'hubspot-sla[browse]'" in capsys.readouterr().err


def test_without_a_ledger_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["browse", "--ledger", str(tmp_path / "nowhere.db")])
    assert ended.value.code == 2
    assert "there is no ledger at" in capsys.readouterr().err
