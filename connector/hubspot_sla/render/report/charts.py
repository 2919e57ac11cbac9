"""The charts of a page, from Vega-Lite specifications in `charts/`, drawn where the extra `report` is installed.

Without it the page is the same but for them: each has its figures in a table.
"""

from __future__ import annotations

import json
import re
from importlib import import_module, resources
from typing import TYPE_CHECKING, Any, Final

from hubspot_sla.render.report.cells import raw

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.render.report.document import Document, Table

CHARTS: Final = ("trend", "metrics")
"""Tables that have a specification of the same name."""
_FONT: Final = "sans-serif"


def charts_of(document: Document) -> Mapping[str, str]:
    """SVG by the key of its table; none without the extra, and none of tables without rows."""
    drawing = _drawing()
    if drawing is None:
        return {}
    tables = document.tables
    return {key: _drawn(drawing, tables[key]) for key in CHARTS if key in tables and tables[key].rows}


def _drawing() -> Any:
    try:
        return import_module("vl_convert")
    except ImportError:
        return None


def _drawn(drawing: Any, table: Table) -> str:
    specification = json.loads((resources.files(__package__) / "charts" / f"{table.key}.json").read_text("utf-8"))
    specification["data"] = {
        "values": [
            {"place": place} | {column.key: raw(cell) for column, cell in zip(table.columns, row, strict=True)}
            for place, row in enumerate(table.rows)
        ]
    }
    titles = {column.key: column.title for column in table.columns}
    _drop_layers_without_data(specification, titles)
    _put_titles(specification, titles)
    svg: str = drawing.vegalite_to_svg(json.dumps(specification), vl_version="5.20")
    return _labelled(svg, table.title)


def _drop_layers_without_data(specification: dict[str, Any], columns: Mapping[str, str]) -> None:
    """What no column of the table holds is not drawn: a goal where nothing is demanded."""
    layers = specification["layer"]
    specification["layer"] = [layer for layer in layers if _fields(layer) <= columns.keys()]


def _fields(layer: Mapping[str, Any]) -> set[str]:
    return {channel["field"] for channel in layer["encoding"].values() if "field" in channel}


def _put_titles(part: Any, titles: Mapping[str, str]) -> None:
    """Axes are called as the columns of the table are."""
    if isinstance(part, dict):
        if "field" in part and "title" not in part:
            part["title"] = titles.get(part["field"], "")
        for inner in part.values():
            _put_titles(inner, titles)
    elif isinstance(part, list):
        for inner in part:
            _put_titles(inner, titles)


def _labelled(svg: str, title: str) -> str:
    """An image with a name; what it shows stands in the table below it."""
    from html import escape

    return re.sub(r"^<svg ", f'<svg role="img" aria-label="{escape(title)}" ', svg, count=1)
