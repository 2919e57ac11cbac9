"""How good the forecast was, as people read it: of promises that ran, and apart from them of paused ones."""

from __future__ import annotations

from datetime import UTC

from hubspot_sla.flows.inspection.backtest import Backtest, Tried
from hubspot_sla.flows.inspection.backtest_tables import backtest_tables
from hubspot_sla.language.texts import texts_of
from hubspot_sla.measure.calibration import Prediction, reliability
from hubspot_sla.measure.periods import month
from hubspot_sla.render.report.as_json import rows


def test_each_has_its_bins_and_names_those_that_fail() -> None:
    made = [Prediction(place / 100, 0.5, place >= 90) for place in range(100)]
    ran = Tried(100, reliability(made), 0.25, 0.5, undecided=3, without_history=1)
    found = backtest_tables(Backtest([month(2026, 10, UTC)], ran, Tried(4, (), 0, 0, 2, 1)), texts_of("en"))
    assert [table.key for table in found] == ["backtest", "backtest_paused"]
    assert [row["inside"] for row in rows(found[0])] == [*["yes"] * 3, *["no"] * 6, "yes"]
    assert "Outside their 95% interval: 30.0%–39.0%, 40.0%–49.0%" in found[0].note
    assert found[1].rows == []
    assert found[1].empty == "4 can be tried out, and 10 are needed. Not decided yet: 2; like nothing before: 1."
