"""What contracts would owe under other mappings: worked by hand over a file, and the conditions of --fail-if on it.

Of the five tickets of Acme the third is late; with a target of 3 h the second and the fourth are late too.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

from cli.test_evaluate import mappings
from cli.test_simulate import ROWS, Simulation

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["mappings"]

CONTRACTS = """\
contracts:
  - id: acme
    customer: "9001"
    currency: EUR
    valid_from: 2026-02-01
    fees: {support: 1000}
    objectives:
      - id: resolution
        measure: {attainment: resolution}
        promised: 95%
        credit: {bands: [{below: 95%, at_least: 60%, pays: 5%}, {below: 60%, pays: 10%}]}
  - id: globex
    customer: "9002"
    currency: USD
    valid_from: 2026-02-01
    fees: {support: 500}
    objectives:
      - id: uptime
        measure: {uptime: web}
        promised: 99.9%
        credit: {bands: [{below: 99.9%, pays: 10%}]}
feeds: {web: {csv: web.csv}}
"""
OUTAGE = "from,to,kind,announced\n2026-03-02T10:00:00Z,2026-03-03T10:00:00Z,,\n"
COMPANY = {"companies": {"results": [{"id": 9001, "type": "ticket_to_company"}]}}
HIGH = "policies.yaml", "HIGH: 4h", "HIGH: 3h"


@pytest.fixture
def simulate(tmp_path: Path, mappings: Path, capsys: pytest.CaptureFixture[str]) -> Simulation:
    (mappings / "contracts.yaml").write_text(CONTRACTS, encoding="utf-8")
    (mappings / "web.csv").write_text(OUTAGE, encoding="utf-8")
    simulation = Simulation(tmp_path, capsys)
    simulation.write([row | {"associations": COMPANY} for row in ROWS])
    return simulation


def payable(simulate: Simulation) -> dict[str, tuple[str, str | None, str | None, str]]:
    rows = simulate.json()["tables"]["credits"]
    return {
        row["contract"]: (row["currency"], row["payable_before"], row["payable_after"], row["change"]) for row in rows
    }


def test_the_mappings_themselves_change_no_credit(simulate: Simulation) -> None:
    assert payable(simulate) == {
        "acme": ("EUR", "50.00", "50.00", "0.00"),
        "globex": ("USD", "50.00", "50.00", "0.00"),
    }


def test_shorter_targets_cost_what_the_bands_say_and_currencies_are_never_summed(simulate: Simulation) -> None:
    simulate.edit(*HIGH)
    assert payable(simulate)["acme"] == ("EUR", "50.00", "100.00", "50.00")
    totals = simulate.json()["tables"]["credit_totals"]
    assert [(row["currency"], row["payable_before"], row["payable_after"]) for row in totals] == [
        ("EUR", "50.00", "100.00"),
        ("USD", "50.00", "50.00"),
    ]


def test_a_contract_edited_is_settled_by_the_terms_of_each_side(simulate: Simulation) -> None:
    simulate.edit("contracts.yaml", "support: 1000", "support: 2000")
    simulate.edit("contracts.yaml", "currency: USD", "currency: EUR")
    rows = simulate.json()["tables"]["credits"]
    found = [(row["contract"], row["currency"], row["payable_before"], row["payable_after"]) for row in rows]
    assert found == [
        ("acme", "EUR", "50.00", "100.00"),
        ("globex", "USD", "50.00", None),
        ("globex", "EUR", None, "50.00"),
    ]


def test_without_contracts_nothing_is_said_of_credits(simulate: Simulation) -> None:
    for folder in ("mappings", "new"):
        (simulate.folder / folder / "contracts.yaml").unlink()
    assert "credits" not in simulate.json()["tables"]


@pytest.mark.parametrize(
    ("condition", "code", "answer"),
    [
        ("credits(acme) > 99.99 EUR", 1, {"value": "100.00", "n": 5, "held": True}),
        ("credits(9001) > 100 EUR", 0, {"value": "100.00", "n": 5, "held": False}),
        ("credits_change(acme) > 0 EUR", 1, {"value": "50.00", "n": 5, "held": True}),
        ("credits(acme) > 10 USD", 2, {"value": None, "held": None}),
        ("credits() > 10 EUR", 2, {"value": None, "held": None}),
        ("credits(acne) > 10 EUR", 2, {"value": None, "n": 0, "held": None}),
    ],
    ids=["above", "exactly", "change", "another currency", "two currencies", "nobody"],
)
def test_a_condition_on_money_ends_with_its_exit_code(
    simulate: Simulation, condition: str, code: int, answer: dict[str, Any]
) -> None:
    simulate.edit(*HIGH)
    ended, _, _ = simulate("--fail-if", condition, "--format", "markdown")
    assert ended == code
    (found,) = simulate.json("--fail-if", condition)["conditions"]
    assert found.items() >= answer.items()


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("credits(acme) > 1000", "credits is compared with money: 1000 EUR"),
        ("credits(acme) > 10%", "credits is compared with money: 1000 EUR"),
        ("broken(gold) > 10 EUR", "broken is compared with a number"),
        ("credits(acme, globex) > 10 EUR", "one contract or party, or of all"),
    ],
)
def test_a_condition_on_money_that_makes_no_sense_is_refused(simulate: Simulation, condition: str, says: str) -> None:
    code, _, err = simulate("--fail-if", condition)
    assert (code, says in err) == (2, True)


def test_a_feed_that_cannot_be_read_is_named_and_its_condition_cannot_be_answered(simulate: Simulation) -> None:
    (simulate.new / "web.csv").unlink()
    code, _, err = simulate("--fail-if", "credits(globex) > 10 USD")
    assert (code, "web.csv cannot be read" in err) == (2, True)
    (found,) = simulate.json("--fail-if", "credits(globex) > 10 USD")["conditions"]
    assert "the credits are not whole: web.csv cannot be read" in found["why_not"]


def test_every_form_shows_the_credits(simulate: Simulation) -> None:
    simulate.edit(*HIGH)
    _, out, _ = simulate("--format", "csv", "--table", "credits")
    assert [row["payable_after"] for row in csv.DictReader(io.StringIO(out))] == ["100.00", "50.00"]
    for form in ("terminal", "markdown", "html"):
        _, out, _ = simulate("--format", form)
        assert "globex" in out
        assert "100.00" in out
