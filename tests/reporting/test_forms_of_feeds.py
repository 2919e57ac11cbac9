"""Feeds of outages, of requests and of values: an objective that asks another form than its feed holds is not measured,
and takes nothing from the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sla.contract.statement import State
from hubspot_sla.errors import NotYetPossible
from hubspot_sla.flows.reporting.contracts.statement import Asked, drawn_window, drawn_windows
from hubspot_sla.flows.reporting.report import mappings_of
from hubspot_sla.ledger import state
from reporting.ledgers import at
from reporting.test_closed_contracts import close, drawn, kept
from reporting.test_contract_statements import NOW, reading
from reporting.test_values_in_statements import CONTRACT, ROWS

if TYPE_CHECKING:
    from pathlib import Path

    from hubspot_sla.flows.reporting.contracts.statement import Drawn
    from hubspot_sla.ledger.database import Ledger

TWO = CONTRACT.replace("    claim:", "      - {id: reachable, measure: {uptime: probe}, promised: 99%}\n    claim:")
LATENCY = "measure: {mean_value: probe, better: lower, unit: ms}\n        promised: 45"
EARLIER = (
    CONTRACT.replace(LATENCY, "measure: {uptime: probe}\n        promised: 99%")
    .replace("above: 45", "below: 99%")
    .replace("2026-10-01", "2026-09-01\n    valid_to: 2026-10-01")
)
AMENDED = EARLIER.partition("feeds:")[0] + CONTRACT.partition("contracts:\n")[2].replace(
    "id: acme", "id: acme\n    version: 2"
)
SAID = "the feed probe is one of values, and reachable measures outages: it is not measured"


def ledger_of(folder: Path, contract: str, rows: str = ROWS) -> Ledger:
    (folder / "probe.csv").write_text(rows, encoding="utf-8")
    return kept(folder, [], contract)


def october(ledger: Ledger, folder: Path) -> Drawn:
    return drawn_window(ledger.db, mappings_of(ledger.db), Asked("acme", "2026-10", reading(folder), at(NOW)))


def states(found: Drawn) -> dict[str, State]:
    return {line.objective: line.state for line in found.settled.statement.lines}


def test_an_objective_that_asks_another_form_is_named_and_the_others_keep_their_figures(tmp_path: Path) -> None:
    found = october(ledger_of(tmp_path, TWO), tmp_path)
    assert states(found) == {"latency": State.MISSED, "reachable": State.NOT_MEASURED}
    assert found.notes == (SAID,)


def test_a_version_that_has_ended_takes_nothing_from_the_one_in_force(tmp_path: Path) -> None:
    """Its own windows are not measured."""
    ledger = ledger_of(tmp_path, AMENDED)
    assert states(october(ledger, tmp_path)) == {"latency": State.MISSED}
    every = drawn_windows(ledger.db, mappings_of(ledger.db), "acme", reading(tmp_path), at(NOW))
    assert [states(each)["latency"] for each in every[:2]] == [State.NOT_MEASURED, State.MISSED]


def test_what_an_ended_version_asks_for_does_not_keep_later_windows_open(tmp_path: Path) -> None:
    """Neither in another form, nor of a feed that is gone with it."""
    gone = AMENDED.replace("{uptime: probe}", "{uptime: former}", 1).replace(
        "feeds: {", "feeds: {former: {csv: former.csv}, "
    )
    ledger = ledger_of(tmp_path, gone)
    with pytest.raises(NotYetPossible, match=r"former\.csv cannot be read"):
        close(ledger, tmp_path, "2026-09")
    close(ledger, tmp_path, "2026-09", with_unknown=True)
    assert not close(ledger, tmp_path).notes


def test_what_an_ended_version_counts_of_promises_asks_for_no_sync_when_a_feed_alone_is_measured(
    tmp_path: Path,
) -> None:
    promised = AMENDED.replace("{uptime: probe}", "{attainment: resolution}", 1)
    ledger = ledger_of(tmp_path, promised)
    close(ledger, tmp_path, "2026-09")
    with ledger.transaction() as db:
        state.write(db, state.of("tickets", state.LISTING), "unfinished")
    assert close(ledger, tmp_path).edition == 1


def test_a_window_is_closed_without_an_objective_that_asks_another_form_and_stays_so(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, TWO, ROWS.replace("2026-10", "2026-11"))
    with pytest.raises(NotYetPossible, match=SAID):
        close(ledger, tmp_path)
    close(ledger, tmp_path, with_unknown=True)
    results = [row[8].text for row in drawn(ledger, tmp_path).tables["objectives"].rows]
    assert results == ["not measured", "not measured"]


@pytest.mark.parametrize("header", ["at,value", "from,to,requests,failed"])
def test_a_header_without_rows_says_what_a_feed_is_of(tmp_path: Path, header: str) -> None:
    found = october(ledger_of(tmp_path, TWO, header + "\n"), tmp_path)
    assert states(found)["reachable"] is State.NOT_MEASURED
    assert any("reachable measures outages: it is not measured" in note for note in found.notes)


@pytest.mark.parametrize("header", ["from,to", "from,to,kind,announced,key,affected"])
def test_outages_without_any_row_are_said_because_nothing_counts_as_down_then(tmp_path: Path, header: str) -> None:
    only_up = TWO.replace(LATENCY, "measure: {outages: probe}\n        promised: 3").replace("above: 45", "above: 3")
    ledger = ledger_of(tmp_path, only_up, header + "\n")
    found = october(ledger, tmp_path)
    assert states(found) == {"latency": State.KEPT, "reachable": State.KEPT}
    assert (found.notes, found.remarks) == ((), ("the feed probe has no rows: nothing counts as down",))
    assert "The feed probe has no rows: nothing counts as down" in drawn(ledger, tmp_path).notes
    close(ledger, tmp_path)
    (tmp_path / "probe.csv").write_text("from,to\n2026-09-01T00:00:00Z,2026-09-01T01:00:00Z\n", encoding="utf-8")
    assert october(ledger, tmp_path).remarks == ()
