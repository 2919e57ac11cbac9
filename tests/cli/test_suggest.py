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
    assert (few["target"], few["target_s"]) == ("\u2013", None)
    assert "too small for an upper end" in few["why_not"]
    both.write(tickets(1, 10))
    (none,) = both.rows("--attain", "50", "--where", "metric: resolution", "--by", "")
    assert none["why_not"] == "n = 10, fewer than 20"


def test_the_yaml_can_be_pasted(both: Suggesting) -> None:
    _, text, _ = both.suggest("--attain", "75", "--by", "pipeline", "--where", "metric: resolution", "--format", "yaml")
    assert 'when: {pipeline: "Support"}' in text
    (both.new / "policies.yaml").write_text(f"policies:\n{text}", encoding="utf-8")
    assert both("--fail-if", "attainment(resolution) < 75%")[0] == 0


@pytest.mark.parametrize("share", ["0", "100", "110", "x", ""])
def test_a_share_is_between_none_and_all(both: Suggesting, share: str) -> None:
    code, _, err = both.suggest("--attain", share)
    assert code == 2
    assert "is no share" in err
