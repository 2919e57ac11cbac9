"""The charts of a page: SVG whose text keeps its size at any width, in the colours of the page, light, dark or printed.

Places along a chart are shares of its width, so nothing is shrunk on a phone. Each chart is a template in
`templates/charts/` and a line in `CHARTS`; the table below it holds the same figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import floor
from typing import TYPE_CHECKING, Final

from hubspot_sla.language import numbers
from hubspot_sla.render.report.cells import percent
from hubspot_sla.render.report.document import Count, Interval, Share, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from fractions import Fraction

    from jinja2 import Environment

    from hubspot_sla.language.texts import Texts
    from hubspot_sla.render.report.document import Cell, Document, Table

_STEPS: Final = 10
"""The axis of shares over time begins at a whole tenth."""


@dataclass(frozen=True, slots=True)
class Chart:
    """`svg` is markup. `legend` are (class of the sign, text)."""

    svg: str
    legend: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a template is given, and the signs that its legend explains by the titles of columns."""

    values: Mapping[str, object]
    signs: Sequence[tuple[str, str]]


def charts_of(document: Document, environment: Environment, texts: Texts) -> Mapping[str, Chart]:
    """By the key of its table; none of tables without rows."""
    tables = document.tables
    return {
        key: _drawn(tables[key], environment, texts, chart)
        for key, chart in CHARTS.items()
        if key in tables and tables[key].rows
    }


def _drawn(table: Table, environment: Environment, texts: Texts, chart: Callable[[Table, Texts], _Shown]) -> Chart:
    shown = chart(table, texts)
    titles = {column.key: column.title for column in table.columns}
    svg = environment.get_template(f"charts/{table.key}.svg").render(label=table.title, **shown.values)
    return Chart(svg, [(sign, titles[key]) for sign, key in shown.signs])


def _trend(table: Table, texts: Texts) -> _Shown:
    """Shares as a line over what came due as bars, with whole months alike wide."""
    rows = [_named(table, row) for row in table.rows]
    shares = [_share(row.get("attainment")) for row in rows]
    goals = [_share(row.get("goal")) for row in rows]
    lowest = _lowest([share for share in (*shares, *goals) if share is not None])
    judged = [row["judged"].number if isinstance(row["judged"], Count) else 0 for row in rows]
    most = max(judged, default=0)
    closed = [isinstance(cell := row["closed"], Text) and bool(cell.text) for row in rows]
    points: list[dict[str, object]] = [
        {
            "x": _place(number, len(rows)),
            "share": None if share is None else _height(share, lowest),
            "shown": "" if share is None else percent(share, texts),
            "bar": 100 * due / most if most else 0.0,
            "due": numbers.whole(due, texts),
            **_month(row["month"]),
            "closed": is_closed,
        }
        for number, (row, share, due, is_closed) in enumerate(zip(rows, shares, judged, closed, strict=True))
    ]
    for before, point in reversed(list(pairwise(points))):
        point["year"] = "" if point["year"] == before["year"] else point["year"]
    newest_year = max((number for number, point in enumerate(points) if point["year"]), default=0)
    for number, point in enumerate(points):
        point["on_phones"] = (number - newest_year) % 2 == 0
    goal = next((share for share in goals if share is not None), None)
    signs = [("line", "attainment"), ("due", "judged")]
    signs += [("frozen", "closed")] if any(closed) else []
    signs += [("goal", "goal")] if goal is not None else []
    values = {
        "points": points,
        "most": numbers.whole(most, texts) if most else "",
        "lines": _runs(points),
        "width": 100 / len(rows),
        "goal": None if goal is None else _height(goal, lowest),
        "ticks": [
            (_height(share, lowest), numbers.whole_percent(round(100 * share), texts)) for share in _tenths_from(lowest)
        ],
    }
    return _Shown(values, signs)


def _metrics(table: Table, texts: Texts) -> _Shown:
    """A bar for each metric, its interval as a whisker, and the goal as a mark."""
    bars = []
    for row in (_named(table, each) for each in table.rows):
        share, ends, goal = _share(row.get("attainment")), row.get("interval"), _share(row.get("goal"))
        bars.append(
            {
                "name": row["metric"].text if isinstance(row["metric"], Text) else "",
                "shown": percent(share, texts),
                "width": None if share is None else float(100 * share),
                "ends": None
                if not isinstance(ends, Interval) or ends.ends is None
                else [100 * end for end in ends.ends],
                "goal": None if goal is None else float(100 * goal),
            }
        )
    signs = [("bar-sign", "attainment"), ("whisker-sign", "interval")]
    signs += [("goal-mark", "goal")] if any(bar["goal"] is not None for bar in bars) else []
    ticks = [(tick, numbers.whole_percent(tick, texts)) for tick in (0, 50, 100)]
    return _Shown({"bars": bars, "ticks": ticks}, signs)


CHARTS: Final[Mapping[str, Callable[[Table, Texts], _Shown]]] = {"trend": _trend, "metrics": _metrics}
"""By the key of the table that has the same figures."""


def _named(table: Table, row: Sequence[Cell]) -> dict[str, Cell]:
    return {column.key: cell for column, cell in zip(table.columns, row, strict=True)}


def _share(cell: Cell | None) -> Fraction | None:
    return cell.share if isinstance(cell, Share) else None


def _lowest(shares: Sequence[Fraction]) -> float:
    """Where the axis begins: the tenth below the lowest share, at least two tenths below all."""
    return min(floor(min(shares, default=0) * _STEPS) / _STEPS, 1 - 2 / _STEPS)


def _tenths_from(lowest: float) -> list[float]:
    """At most six ticks up to all."""
    tenths = round((1 - lowest) * _STEPS)
    step = 1 if tenths <= 5 else 2
    return [1 - tenth / _STEPS for tenth in range(0, tenths + 1, step)]


def _height(share: Fraction | float, lowest: float) -> float:
    """Percent of the plot from its top."""
    return float(100 * (1 - share) / (1 - lowest))


def _place(number: int, of: int) -> float:
    """The middle of a month, in percent of the width."""
    return 100 * (number + 0.5) / of


def _month(cell: Cell) -> dict[str, str]:
    """`Oct 2026` whole, and in parts for two lines."""
    text = cell.text if isinstance(cell, Text) else ""
    month, _, year = text.rpartition(" ")
    return {"month": text, "month_short": month, "year": year}


def _runs(points: Sequence[Mapping[str, object]]) -> list[list[Mapping[str, object]]]:
    """Months without a share break the line."""
    runs: list[list[Mapping[str, object]]] = [[]]
    for point in points:
        if point["share"] is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if len(run) > 1]
