"""Every document has one width and one style: `make format` gives it to them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_document_is_wrapped_by_make_format() -> None:
    documents = [str(path.relative_to(ROOT)) for path in ROOT.glob("*.md")]
    check = [sys.executable, "-m", "mdformat", "--check", *documents, "docs", "benchmarks"]
    outcome = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, f"run `make format`:\n{outcome.stderr}"


def test_the_way_into_the_documents_leads_to_all_of_them() -> None:
    entry = ROOT / "docs/README.md"
    text = entry.read_text(encoding="utf-8")
    documents = {path.relative_to(entry.parent).as_posix() for path in entry.parent.rglob("*.md")} - {"README.md"}
    assert {path for path in documents if f"]({path})" not in text} == set()
