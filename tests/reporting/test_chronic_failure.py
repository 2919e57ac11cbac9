"""Chronic failure counted by hand over the end of a year, with windows that are open and windows that are closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sla.clock.verdict import Status
from hubspot_sla.contract.chronic import standings
from hubspot_sla.contract.states import held_rights
from hubspot_sla.flows.reporting.contracts.statement import drawn_windows
from hubspot_sla.flows.reporting.report import mappings_of
from reporting.ledgers import Row, at
from reporting.test_closed_contracts import close, kept
from reporting.test_contract_statements import CONTRACT, promise, reading

if TYPE_CHECKING:
    from pathlib import Path

    from hubspot_sla.flows.reporting.contracts.history import Settled
    from hubspot_sla.ledger.database import Ledger

NOW = "2027-05-10"
THREE_OF_SIX = "{action: terminate, objective: resolution, misses: 3, of: 6}"
HALF_A_FEE = "{action: damages, credits: {over: 30%, base: {fees: support, for: year}}, last_months: 6}"
MONTHS = CONTRACT.partition("      - id: uptime")[0] + f"    rights: [{THREE_OF_SIX}, {HALF_A_FEE}]\n"
QUARTERS = MONTHS.replace("        promised: 95%\n", "        promised: 95%\n        window: quarter\n").replace(
    "misses: 3, of: 6", "misses: 2, of: 3"
)
MISSED = ("2026-10-05", "2026-12-20", "2027-01-01T00:30:00+01:00")
"""The last one is still of the old year in UTC."""


def rows() -> list[Row]:
    met = [promise(n, Status.MET, day=f"{2026 + n // 12}-{n % 12 + 1:02}-15") for n in range(8, 16)]
    missed = []
    for number, day in enumerate(MISSED):
        due = day if "T" in day else f"{day}T08:00:00+00:00"
        missed.append(Row(str(100 + number), Status.MISSED, due=due, stopped=due, who={"company_id": "9001"}))
    return [*met, *missed]


def through(ledger: Ledger, folder: Path) -> list[Settled]:
    return [each.settled for each in drawn_windows(ledger.db, mappings_of(ledger.db), "acme", reading(folder), at(NOW))]


def reached(ledger: Ledger, folder: Path, right: int) -> dict[str, tuple[int, bool]]:
    """By window how much of a right is reached, and whether it holds."""
    every = through(ledger, folder)
    found = {}
    for number, settled in enumerate(every, 1):
        standing = standings(settled.terms, [each.statement for each in every[:number]])[right]
        found[settled.statement.window.name] = int(standing.reached), standing.holds
    return found


@pytest.mark.parametrize("closed", [(), ("2026-12", "2027-01", "2027-02")])
def test_three_misses_of_the_last_six_months_are_counted_over_the_end_of_a_year(
    tmp_path: Path, closed: tuple[str, ...]
) -> None:
    """October leaves the last six months with April; May still has December and January."""
    ledger = kept(tmp_path, rows(), MONTHS)
    for period in closed:
        close(ledger, tmp_path, period, now=at("2027-04-05"))
    assert reached(ledger, tmp_path, 0) == {
        "2026-09": (0, False),
        "2026-10": (1, False),
        "2026-11": (1, False),
        "2026-12": (2, False),
        "2027-01": (3, True),
        "2027-02": (3, True),
        "2027-03": (3, True),
        "2027-04": (2, False),
        "2027-05": (2, False),
    }
    ended = [each.statement for each in through(ledger, tmp_path)]
    (held,) = [
        each for each in held_rights(through(ledger, tmp_path)[6].terms, ended[:7]) if each.subject == "resolution"
    ]
    assert held.since.window.name == "2027-01"


def test_credits_of_the_last_six_months_are_summed_over_the_end_of_a_year(tmp_path: Path) -> None:
    """999.99 a month, and a tenth of it for each missed one, a repeat twice: 100 for October, 100 for December and 200
    for January, whose miss follows December's. A third of a year's fee is far away."""
    owed = reached(kept(tmp_path, rows(), MONTHS), tmp_path, 1)
    assert owed["2027-01"] == (400, False)
    assert owed["2027-03"] == (400, False)
    assert owed["2027-04"] == (300, False)
    small = MONTHS.replace("over: 30%", "over: 3%")
    over = reached(kept(tmp_path, rows(), small), tmp_path, 1)
    assert [name for name, (_, holds) in over.items() if holds] == ["2027-01", "2027-02", "2027-03"]


def test_a_right_by_an_objective_of_quarters_counts_its_quarters(tmp_path: Path) -> None:
    """The fourth quarter of 2026 and the first of 2027 are missed: two of the last three, of which the second and third
    of 2027 are kept then."""
    found = reached(kept(tmp_path, rows(), QUARTERS), tmp_path, 0)
    assert found["2026-12"] == (1, False)
    assert found["2027-02"] == (1, False)
    assert found["2027-03"] == (2, True)
    assert found["2027-05"] == (2, True)
