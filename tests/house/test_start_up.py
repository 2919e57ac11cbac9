"""`sla --help` answers at once: nothing heavy is imported before a command runs."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("hubspot", "requests", "sqlite_utils", "holidays", "pydantic", "ruamel", "rich", "starlette", "uvicorn")

PROBE = """
import sys
from hubspot_sla.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert not end.code, end.code
loaded = {name.split(".")[0] for name in sys.modules} & set(%r)
ours = {name for name in sys.modules if name.startswith("hubspot_sla.sandbox")}
print("LOADED", sorted(loaded | ours))
"""


def loaded_by(*arguments: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", PROBE % (HEAVY,), *arguments], capture_output=True, text=True, check=True
    )
    return ran.stdout.splitlines()[-1]


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("sync", "--help"), ("audit", "--help")])
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert loaded_by(*arguments) == "LOADED []"
