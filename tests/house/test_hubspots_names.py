"""HubSpot's property names, type ids and addresses lie in `hubspot/` alone, except the defaults of portal.yaml."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import hubspot_sla

ROOT = Path(hubspot_sla.__file__).parent
LANGUAGE = ROOT / "policy/documents.py"
"""The defaults of portal.yaml, which are values of the language."""
OF_ITS_DAY = ROOT / "ledger/schema_to_records.py"
"""A migration reads what was written before there were profiles."""
DEMO = ROOT / "cli/demo.py"
"""Shows what the sandbox holds afterwards, as HubSpot calls it."""
HUBSPOTS = re.compile(
    r"hs_\w+|hubspot_(owner|team)_id|createdate|closed_date|0-\d{1,3}|https?://[\w.]*hub(spot|api)\.com.*"
)


def test_no_room_but_hubspot_names_what_is_hubspots() -> None:
    others = [path for path in ROOT.rglob("*.py") if "hubspot" not in path.relative_to(ROOT).parts]
    names = {path: _texts(path) for path in others if path not in (LANGUAGE, OF_ITS_DAY, DEMO)}
    assert {path: found for path, found in names.items() if found} == {}


def _texts(path: Path) -> list[str]:
    texts = (node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant))
    return [text for text in texts if isinstance(text, str) and HUBSPOTS.fullmatch(text)]
