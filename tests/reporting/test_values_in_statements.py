"""Contracts over a feed of values, from its file to the statement, the seal, the claim and the expected credit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubspot_sla.contract.statement import State
from hubspot_sla.errors import NotYetPossible
from hubspot_sla.flows.inspection.expected_credits import ExpectedCredits
from hubspot_sla.flows.reporting.contracts.claim_evidence import proofs_of
from hubspot_sla.flows.reporting.contracts.statement import Asked, drawn_window
from hubspot_sla.flows.reporting.report import mappings_of
from reporting.ledgers import at
from reporting.test_closed_contracts import close, drawn, kept
from reporting.test_contract_statements import NOW, reading

if TYPE_CHECKING:
    from pathlib import Path

    from hubspot_sla.ledger.database import Ledger

CONTRACT = """\
contracts:
  - id: acme
    customer: "9001"
    currency: EUR
    timezone: Europe/Berlin
    valid_from: 2026-10-01
    fees: {line: 1000}
    objectives:
      - id: latency
        measure: {mean_value: probe, better: lower, unit: ms}
        promised: 45
        credit: {bands: [{above: 45, pays: 10%}]}
    claim: {closes: {days: 30}}
feeds: {probe: {csv: probe.csv}}
"""
ROWS = "at,value\n2026-10-05T10:00:00Z,44.5\n2026-10-06T10:00:00Z,47\n2026-11-01T00:00:00Z,90\n"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    (tmp_path / "probe.csv").write_text(ROWS, encoding="utf-8")
    return kept(tmp_path, [], CONTRACT)


def texts_of(document: Any, table: str) -> list[list[str]]:
    return [[getattr(cell, "text", "") for cell in row] for row in document.tables[table].rows]


def test_a_statement_says_the_mean_its_unit_how_many_values_there_were_and_which_were_beyond(
    ledger: Ledger, tmp_path: Path
) -> None:
    document = drawn(ledger, tmp_path)
    (line,) = document.tables["objectives"].rows
    assert [cell.text for cell in line[2:5]] == ["≤ 45 ms", "45.75 ms", "183/4"]
    assert line[6].number == 2
    (row,) = texts_of(document, "records-latency")
    assert row[2] == "47 ms"
    assert str(document.tables["objectives"].rows[0][-1].amount) == "100.00"


def test_what_was_sealed_stays_and_a_sealed_value_that_is_corrected_is_named(ledger: Ledger, tmp_path: Path) -> None:
    close(ledger, tmp_path)
    before = texts_of(drawn(ledger, tmp_path), "objectives")
    (tmp_path / "probe.csv").write_text(ROWS.replace(",47\n", ",45\n"), encoding="utf-8")
    assert texts_of(drawn(ledger, tmp_path), "objectives") == before
    with pytest.raises(NotYetPossible, match="lacks 1 row that were sealed with 2026-10"):
        close(ledger, tmp_path, "2026-11", now=at("2026-12-10"))


def test_a_claim_proofs_of_the_values_beyond_what_is_promised(ledger: Ledger, tmp_path: Path) -> None:
    asked = Asked("acme", "2026-10", reading(tmp_path), at("2026-11-15"))
    found = drawn_window(ledger.db, mappings_of(ledger.db), asked)
    assert [proof.what for proof in proofs_of(ledger.db, found, "latency")] == ["47 ms"]


def test_nothing_further_is_taken_to_be_read_until_the_window_ends(ledger: Ledger, tmp_path: Path) -> None:
    mappings = mappings_of(ledger.db)
    asked = Asked("acme", "2026-10", reading(tmp_path), at("2026-10-20"))
    expected = ExpectedCredits(ledger.db, mappings).of(drawn_window(ledger.db, mappings, asked))
    assert expected is not None
    assert (str(expected.mean), expected.carried) == ("100.00", ("latency",))


@pytest.mark.parametrize("measure", ["{uptime: probe}", "{requests: probe}"])
def test_a_feed_of_another_form_is_named_and_measures_nothing(tmp_path: Path, measure: str) -> None:
    """Else values would be taken for a time in which nothing was down."""
    (tmp_path / "probe.csv").write_text(ROWS, encoding="utf-8")
    text = CONTRACT.replace("{mean_value: probe, better: lower, unit: ms}", measure)
    ledger = kept(tmp_path, [], text.replace("promised: 45", "promised: 99%").replace("above: 45", "below: 99%"))
    found = drawn_window(ledger.db, mappings_of(ledger.db), Asked("acme", "2026-10", reading(tmp_path), at(NOW)))
    assert [line.state for line in found.settled.statement.lines] == [State.NOT_MEASURED]
    what = measure[1:].split(":")[0].replace("uptime", "outages")
    with pytest.raises(NotYetPossible, match=f"the feed probe is one of values, and latency measures {what}"):
        close(ledger, tmp_path)
