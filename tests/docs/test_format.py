"""Every document has one width and one style: `make format` gives it to them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_document_is_wrapped_by_make_format() -> None:
    documents = [str(path.relative_to(ROOT)) for path in ROOT.glob("*.md")]
    check = [sys.executable, "-m", "mdformat", "--check", *documents, "docs", "benchmarks"]
    outcome = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, f"run `make format`:\n{outcome.stderr}"


def test_one_way_in_leads_to_every_document() -> None:
    waiting = [ROOT / "README.md"]
    reached: set[Path] = set()
    while waiting:
        document = waiting.pop()
        reached.add(document)
        links = re.findall(r"\]\((?!https?://)([^)#]+\.md)", document.read_text(encoding="utf-8"))
        waiting += {(document.parent / link).resolve() for link in links} - reached
    assert set((ROOT / "docs").rglob("*.md")) - reached == set()
