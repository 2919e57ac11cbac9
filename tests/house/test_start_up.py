"""`sla --help` answers at once: nothing heavy is imported before a command runs."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "hubspot",
    "requests",
    "sqlite_utils",
    "holidays",
    "pydantic",
    "ruamel",
    "rich",
    "starlette",
    "uvicorn",
    "babel",
)

PROBE = """
import sys
from hubspot_sla.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert not end.code, end.code
loaded = {name.split(".")[0] for name in sys.modules} & set(%r)
ours = {name for name in sys.modules if name.startswith("hubspot_sandbox")}
print("LOADED", sorted(loaded | ours))
"""


def loaded_by(*arguments: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", PROBE % (HEAVY,), *arguments], capture_output=True, text=True, check=True
    )
    return ran.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("sync", "--help"),
        ("audit", "--help"),
        ("status", "--help"),
        ("doctor", "--help"),
        ("clock", "due", "--help"),
    ],
)
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert loaded_by(*arguments) == "LOADED []"


def test_importing_the_package_imports_nothing_else_of_ours_until_it_is_asked_for() -> None:
    probe = """
import sys
import hubspot_sla
before = [name for name in sys.modules if name.startswith("hubspot_sla.")]
from hubspot_sla import Calendar
import hubspot_sla.business_time
print(before, Calendar is hubspot_sla.business_time.Calendar, "pydantic" in sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert ran.stdout == "[] True False\n"


def test_the_package_offers_no_name_that_it_does_not_have() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "import hubspot_sla; assert 'Calendar' in dir(hubspot_sla); hubspot_sla.Calender"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "has no attribute 'Calender'" in ran.stderr
