"""docs/tutorial/first-hour.md is run: every command of it, in its order, in one shell, against the look-alike."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from docs.test_tutorial import ADDRESS, pattern, programs, ran, shell, steps
from flows.world import NOW
from hubspot_sandbox.seed import seeded_portal
from hubspot_sandbox.seed_rules import NATIVE_RULES
from hubspot_sandbox.server import serve

if TYPE_CHECKING:
    import subprocess

PAGE = (Path(__file__).parents[2] / "docs/tutorial/first-hour.md").read_text(encoding="utf-8")
INSTALLING = ("python3 -m venv ", "/opt/hubspot-sla/bin/pip ")
"""`make packaging` installs the wheel."""

__all__ = ["programs", "shell"]


def test_the_first_hour_does_what_it_says(shell: subprocess.Popen[str]) -> None:
    portal = seeded_portal(NOW, tickets=200)
    portal.set_native_sla(NATIVE_RULES)
    portal.clock.freeze()
    with serve(portal, token="pat-sandbox") as running:
        for command, shown in steps(PAGE):
            if not command.startswith(INSTALLING):
                printed = ran(shell, command.replace(ADDRESS, running.url))
                assert re.match(pattern(shown), printed), f"$ {command}\n{printed}\nnot\n{shown}"


def test_it_starts_the_sandbox_that_the_test_serves() -> None:
    (started,) = re.findall(r"^sla sandbox (.*)$", PAGE, re.MULTILINE)
    assert started == f"--native-sla --tickets 200 --now {NOW:%Y-%m-%dT%H:%M:%SZ}"
