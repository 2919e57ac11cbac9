"""sla suggest: a target that is pasted and simulated attains what was asked, and the step below it does not."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cli.test_evaluate import NOW, mappings, ticket
from cli.test_simulate import Simulation
from hubspot_sla.cli.main import main
from hubspot_sla.measure.suggestion import step_down

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["mappings"]
OLD_TARGETS = "resolution: {HIGH: 4h, default: 8h}"
COUNT = 120


def tickets(seed: int, count: int = COUNT) -> list[dict[str, Any]]:
    """Created within a week; closed after up to two days, some at night, after a wait, or not yet."""
    chance = random.Random(seed)  # noqa: S311 - tickets, no secrets
    return [row(str(number), chance) for number in range(1, count + 1)]


def row(id_: str, chance: random.Random) -> dict[str, Any]:
    created = datetime(2026, 2, 23, 9, tzinfo=UTC) + timedelta(minutes=chance.randrange(0, 5 * 24 * 60))
    moves = [(created, "1")]
    if chance.random() < 0.3:
        waits = created + timedelta(minutes=chance.randrange(1, 400))
        moves += [(waits, "2"), (waits + timedelta(minutes=chance.randrange(1, 900)), "1")]
    if chance.random() < 0.98:
        moves.append((moves[-1][0] + timedelta(minutes=chance.randrange(1, 48 * 60)), "4"))
    stages = [(at.isoformat(), stage) for at, stage in moves]
    made = ticket(id_, stages, createdate=created.isoformat(), hs_first_agent_message_sent_at=None)
    made["propertiesWithHistory"]["hs_pipeline"][0]["timestamp"] = created.isoformat()
    return made


class Suggesting(Simulation):
    """Both commands over the same tickets."""

    def suggest(self, *arguments: str) -> tuple[int, str, str]:
        paths = [str(self.folder / "tickets.jsonl"), "--mappings", str(self.folder / "mappings"), "--now", NOW]
        with pytest.raises(SystemExit) as ended:
            main(["suggest", *paths, *arguments])
        told = self.capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, told.out, told.err

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self.suggest("--json", *arguments)[1])["tables"]["suggestions"]
        return rows

    def attained(self, target_s: float) -> float:
        """What the simulation says of this target of a resolution."""
        text = (self.folder / "mappings/policies.yaml").read_text("utf-8")
        pasted = text.replace(OLD_TARGETS, f"resolution: {int(target_s)}s")
        (self.new / "policies.yaml").write_text(pasted, encoding="utf-8")
        (said,) = self.json("--fail-if", "attainment(rest, resolution) < 0%")["conditions"]
        value = said["value"]
        assert isinstance(value, float)
        return value


@pytest.fixture
def both(tmp_path: Path, mappings: Path, capsys: pytest.CaptureFixture[str]) -> Suggesting:
    assert mappings.parent == tmp_path
    made = Suggesting(tmp_path, capsys)
    made.write(tickets(1))
    return made


def test_a_suggested_target_attains_the_share_and_the_step_below_does_not(both: Suggesting) -> None:
    rows = [row for row in both.rows("--attain", "50,75", "--where", "metric: resolution") if row["policy"] == "rest"]
    assert [row["attain"] for row in rows] == [0.5, 0.75]
    for row in rows:
        assert both.attained(row["target_s"]) == pytest.approx(row["attained"], abs=1e-6)
        assert row["attained"] >= row["attain"] > both.attained(step_down(int(row["target_s"] * 1000)) / 1000)
        assert row["low_s"] <= row["target_s"]
        assert row["low_s"] < row["high_s"]


def test_what_rests_on_too_little_is_refused_with_the_reason(both: Suggesting) -> None:
    (few,) = both.rows("--attain", "99", "--where", "metric: resolution", "--by", "")
    assert "customer" not in few, "no word is asked for"
    assert (few["target"], few["target_s"]) == ("\u2013", None)
    assert "too small for an upper end" in few["why_not"]
    both.write(tickets(1, 10))
    (none,) = both.rows("--attain", "50", "--where", "metric: resolution", "--by", "")
    assert none["why_not"] == "n = 10, fewer than 20"


def test_the_yaml_is_a_whole_copy_of_the_policy_for_the_tickets_of_the_group(both: Suggesting) -> None:
    _, text, _ = both.suggest("--attain", "75", "--by", "pipeline", "--where", "metric: resolution", "--format", "yaml")
    first, second = text.split("  - id: ")[1:]
    assert first.startswith("gold-Support\n    when: {tier: gold, pipeline: Support}\n"), "gold still comes first"
    entry = f"  - id: {second}".splitlines()
    assert entry[:5] == [
        "  - id: rest-Support",
        "    when: {pipeline: Support}",
        "    calendar: office",
        "    targets:",
        "      first_response: 1h",
    ]
    assert entry[5].startswith("      resolution: ")
    assert "  # n = " in entry[5]
    assert entry[6:] == ["      stage: {Experts: 2h}", "    at_risk: {resolution: 75%}"]
    asked = ("--attain", "75", "--by", "pipeline", "--where", "metric: resolution", "--out")
    assert both.suggest(*asked, str(both.folder / "targets.yml"))[0] == 0
    assert (both.folder / "targets.yml").read_text("utf-8") == text
    assert both.suggest(*asked, str(both.folder / "targets.txt"))[0] == 2
    both.edit("policies.yaml", "policies:\n", f"policies:\n{text}")
    assert both("--fail-if", "attainment(resolution) < 75%")[0] == 0


def test_the_yaml_names_each_stage_once_with_its_visits_and_their_total(both: Suggesting) -> None:
    policies = both.folder / "mappings/policies.yaml"
    stages = 'stage: {"1": {each: 9h, total: 20h}, "2": 9h}'
    policies.write_text(policies.read_text("utf-8").replace("stage: {Experts: 2h}", stages), encoding="utf-8")
    where = "metric: [stage, stage_total]"
    _, text, _ = both.suggest("--attain", "75", "--by", "pipeline", "--where", where, "--format", "yaml")
    assert text.count("stage:") == 1
    assert '"1": {each: ' in text
    (both.new / "policies.yaml").write_text(f"policies:\n{text}", encoding="utf-8")
    assert both("--fail-if", "attainment(stage_total) < 75%")[0] == 0


def test_which_records_count_is_said(both: Suggesting) -> None:
    asked = ("--attain", "50", "--since", "2025-01-01T00:00:00Z", "--where", "metric: resolution", "--format")
    assert both.suggest(*asked, "yaml")[1].splitlines()[:2] == [
        f"# To attain 50 %, from the records as of {NOW}, created since 2025-01-01T00:00:00Z:",
        "# Only cycles count for which this holds, which is no condition of these policies: metric: resolution",
    ]
    page = both.suggest(*asked, "html")[1]
    assert "2025-01-01T00:00:00Z" in page
    assert "metric: resolution" in page


def test_where_no_promise_has_begun_the_yaml_says_so(both: Suggesting) -> None:
    both.write([])
    _, text, _ = both.suggest("--attain", "50", "--format", "yaml")
    assert text == "# No promise has begun, so nothing can be suggested.\n"


def test_a_share_that_is_named_twice_counts_once(both: Suggesting) -> None:
    rows = both.rows("--attain", "50,50.0%", "--where", "metric: resolution", "--by", "metric")
    assert [row["attain"] for row in rows] == [0.5]


@pytest.mark.parametrize("share", ["0", "100", "110", "x", ""])
def test_a_share_is_between_none_and_all(both: Suggesting, share: str) -> None:
    code, _, err = both.suggest("--attain", share)
    assert code == 2
    assert "is no share" in err


CONTRACT = """\
contracts:
  - id: acme
    customer: "9001"
    currency: EUR
    valid_from: 2025-08-01
    fees: {support: 1000}
    objectives:
      - id: resolution
        measure: {attainment: resolution}
        promised: 95%
        credit: {bands: [{below: 95%, pays: 10%}]}
"""
COMPANY = {"companies": {"results": [{"id": 9001, "type": "ticket_to_company"}]}}


def of_months(months: int) -> list[dict[str, Any]]:
    """On the third Tuesday or so of each month up to February 2026 ten tickets, closed after one to ten minutes, in
    every second month one of them after seven hours."""
    made = []
    for month in range(months):
        year, number = divmod(2026 * 12 + 1 - month, 12)
        created = datetime(year, number + 1, 18, 9, tzinfo=UTC)
        for minutes in range(1, 11):
            slow = minutes == 10 and month % 2
            closed = created + timedelta(minutes=420 if slow else minutes)
            stages = [(created.isoformat(), "1"), (closed.isoformat(), "4")]
            one = ticket(f"{month}{minutes:02}", stages, createdate=created.isoformat())
            one["propertiesWithHistory"]["hs_pipeline"][0]["timestamp"] = created.isoformat()
            made.append(one | {"associations": COMPANY})
    return made


def priced(both: Suggesting, months: int, contract: str = CONTRACT) -> list[dict[str, Any]]:
    (both.folder / "mappings" / "contracts.yaml").write_text(contract, encoding="utf-8")
    calendars = both.folder / "mappings" / "calendars.yaml"
    calendars.write_text(calendars.read_text("utf-8").replace('fri: "09:00-17:00"', ALL_DAYS), encoding="utf-8")
    both.write(of_months(months))
    _, out, _ = both.suggest("--json", "--attain", "92", "--where", "metric: resolution")
    rows: list[dict[str, Any]] = json.loads(out)["tables"].get("prices", [])
    return rows


ALL_DAYS = 'fri: "09:00-17:00", sat: "09:00-17:00", sun: "09:00-17:00"'


def test_a_target_has_its_price_in_credits_by_contract(both: Suggesting) -> None:
    """Ten minutes keep all of ten, or nine of ten, in turn: of six months three cost 100 each."""
    (row,) = priced(both, 6)
    assert (row["target"], row["contract"], row["currency"]) == ("10m", "acme", "EUR")
    assert (row["windows"], row["promises"], row["mean"]) == (6, 60, "50.00")
    assert row["low"] == "0.00"
    assert float(row["high"]) == pytest.approx(50 + 2.571 * (3000 / 6) ** 0.5, abs=0.01)
    _, out, _ = both.suggest("--format", "csv", "--table", "prices", "--attain", "92", "--where", "metric: resolution")
    assert "50.00" in out


def test_of_few_windows_no_price_is_said(both: Suggesting) -> None:
    (row,) = priced(both, 5)
    assert (row["mean"], row["why_not"]) == (None, "n = 5 windows that are over, fewer than 6")


def test_where_a_fee_is_not_known_no_price_is_said(both: Suggesting) -> None:
    fees = "fees: {support: {amounts: {2025-09: 1000, 2025-10: 1000, 2025-12: 1000, 2026-01: 1000, 2026-02: 1000}}}"
    (row,) = priced(both, 6, CONTRACT.replace("fees: {support: 1000}", fees))
    assert row["mean"] is None
    assert "2025-11" in row["why_not"]


def test_without_contracts_no_price_is_said(both: Suggesting) -> None:
    both.write(tickets(3))
    assert "prices" not in json.loads(both.suggest("--json")[1])["tables"]
