"""The README and the tutorial are run: every command as it stands there, its output beside what is promised."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flows.world import NOW, TOKEN
from forked import forking
from hubspot_sandbox.server import serve
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
TUTORIAL = (ROOT / "docs/tutorial/first-sync.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8765"
NOT_RUN = ("pip install ", "sla sandbox ")
"""`make packaging` installs the wheel; the sandbox is started before everything else."""


def blocks(text: str, *languages: str) -> list[str]:
    return re.findall(rf"^```(?:{'|'.join(languages)})\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def steps(text: str) -> Iterator[tuple[str, str]]:
    """Each command with the output that the document shows, "" where it shows none."""
    for block in blocks(text, "sh", "console"):
        if not block.startswith("$ "):
            commands = (line.partition("  #")[0].rstrip() for line in block.splitlines())
            yield from ((command, "") for command in commands if not command.startswith(NOT_RUN))
            continue
        for shown in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = shown.partition("\n")
            yield command, output


def pattern(shown: str) -> str:
    """`...` stands for anything, alone on a line for any number of lines; columns may be wider or narrower."""
    return "".join(map(pattern_of_line, shown.splitlines()))


def pattern_of_line(line: str) -> str:
    if line == "...":
        return r"(?:.*\n)*?"
    words = (re.escape(word).replace(r"\.\.\.", ".*") for word in line.split())
    return r"\s*" + r"\s+".join(words) + "\n"


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What a reader's PATH begins with. `make coverage` measures processes that start."""
    if "COVERAGE_PROCESS_CONFIG" in os.environ:
        yield str(BIN)
        return
    with forking(tmp_path_factory.mktemp("programs")) as folder:
        yield f"{folder}{os.pathsep}{BIN}"


@pytest.fixture
def shell(tmp_path: Path, programs: str) -> Iterator[subprocess.Popen[str]]:
    """One shell for a whole document, as a reader has one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SLA_", "HUBSPOT_"))}
    environment["PATH"] = f"{programs}{os.pathsep}{environment['PATH']}"
    with subprocess.Popen(
        ["bash"],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        yield process
        process.kill()


STOPPED_WORKER = """\
mkfifo log; exec 7<>log
{} 2>&7 &
read -r -u 7 line; kill -TERM $!; echo "$line"; wait $!"""
"""A worker runs for ever: this one is asked to stop once it has logged its first line."""
BROKEN = "28202881"
"""The ticket of the tutorial. Which ids the sandbox gives is its own affair."""


def id_of(rung: str, log: str) -> str:
    """The ticket of the first entry about this rung."""
    line = next(line for line in log.splitlines() if line.endswith(rung))
    return line.rsplit(":", 4)[1]


END = "-- end of the command, exit code "


def ran(shell: subprocess.Popen[str], command: str) -> str:
    """What it prints. Fails if it does not end with 0."""
    assert shell.stdin is not None
    assert shell.stdout is not None
    shell.stdin.write(f"{command}\necho; echo '{END}'$?\n")
    shell.stdin.flush()
    lines: list[str] = []
    for line in shell.stdout:
        if line.startswith(END):
            assert line == f"{END}0\n", "".join(lines)
            return "".join(lines)
        lines.append(line)
    raise AssertionError(f"the shell ended at {command}")


def test_the_tutorial_does_what_it_says(shell: subprocess.Popen[str]) -> None:
    with serve(copied_portal(NOW, tickets=60), token="pat-sandbox") as running:
        address, ticket = running.url, BROKEN
        for command, shown in steps(TUTORIAL):
            printed = ran(shell, command.replace(ADDRESS, address).replace(BROKEN, ticket))
            if command.startswith("sla audit log"):
                ticket = id_of(":resolution:1:breach", printed)
            expected = shown.replace(BROKEN, ticket)
            assert re.match(pattern(expected), printed), f"$ {command}\n{printed}\nnot\n{expected}"


def test_the_tutorial_starts_the_sandbox_that_the_test_serves() -> None:
    (started,) = re.findall(r"^sla sandbox (.*)$", TUTORIAL, re.MULTILINE)
    assert started == f"--tickets 60 --now {NOW:%Y-%m-%dT%H:%M:%SZ}"


def test_the_commands_of_the_readme_work_in_their_order(shell: subprocess.Popen[str]) -> None:
    with serve(copied_portal(NOW, tickets=60), token=TOKEN) as running:
        ran(shell, f"export HUBSPOT_BASE_URL={running.url} HUBSPOT_TOKEN={TOKEN} SLA_CLOCK=hubspot")
        for command, _ in steps(README):
            if command.startswith("sla worker"):
                assert "hubspot_sla.worker" in ran(shell, STOPPED_WORKER.format(command))
            elif not command.startswith("make "):
                ran(shell, command)


def test_what_the_readme_installs_is_this_distribution_and_what_it_makes_is_a_target() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, version = project["name"], project["version"]
    assert set(re.findall(r"pip install '?([^\s'\[]+)", README)) == {
        ".",
        name,
        f"{name.replace('-', '_')}-{version}-py3-none-any.whl",
        f"git+file:///srv/git/{name}",
    }
    assert set(re.findall(r"\[(\w+)\]'", README)) <= set(project["optional-dependencies"])
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"^make ([a-z-]+)", README, re.MULTILINE)) <= targets
