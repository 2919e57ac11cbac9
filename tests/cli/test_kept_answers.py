"""Commands that only ask mappings or the ledger answer the same with a cache, without one, and with a damaged one."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from flows.world import environment
from hubspot_sla.flows.context import start_cache
from hubspot_sla.flows.context.start_cache import StartCache

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.conftest import Command, Ended
    from flows.world import World

CLOCK = ("clock", "show", "--calendar", "berlin", "--from", "2026-12-20")
OTHER_YEARS = ("clock", "show", "--calendar", "berlin", "--from", "1980-12-20")
ASKED: tuple[tuple[str, ...], ...] = (
    ("check",),
    ("check", "--json"),
    ("check", "--strict"),
    CLOCK,
    OTHER_YEARS,
    ("explain", "28200000"),
    ("explain", "28200000", "--json"),
    ("explain", "1"),
)
WARNED = "    calendar: always\n    valid_to: 2020-01-01\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kept"


@pytest.fixture
def asked(live: World, sla: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """`sla` with a cache, at one instant. The newest ticket of the portal stands for 28200000."""
    now = int(live.now.timestamp() * 1000)
    monkeypatch.setattr("hubspot_sla.flows.context.local_clock.local_now", lambda _db, _mode: now)
    newest = str(live.rows("select max(record_id) from records")[0][0])

    def run(*arguments: str, cache: str = str(folder)) -> Ended:
        return sla(*(newest if each == "28200000" else each for each in arguments), SLA_CACHE=cache)

    return run


def test_with_a_cache_each_says_the_same_and_ends_the_same(asked: Callable[..., Ended], folder: Path) -> None:
    for arguments in ASKED:
        cold = asked(*arguments, cache="off")
        assert [asked(*arguments), asked(*arguments)] == [cold, cold], arguments
    kinds = {file.name.partition("-")[0] for file in folder.iterdir()}
    assert kinds == {"sources", "findings", "calendars", "version"}


def test_every_finding_of_a_check_is_said_again_and_the_exit_is_the_same(
    live: World, asked: Callable[..., Ended]
) -> None:
    live.edit("policies.yaml", lambda text: text.replace("    calendar: always\n", WARNED, 1))
    first, again = asked("check", "--strict"), asked("check", "--strict")
    assert first == again
    assert again.code == 2
    assert "went out of force on 2020-01-01" in again.out


def test_a_check_of_mappings_that_are_wrong_is_refused_each_time(live: World, asked: Callable[..., Ended]) -> None:
    assert asked("check").code == 0
    live.edit("policies.yaml", lambda text: text.replace("calendar: always", "calendar: never", 1))
    first, again = asked("check"), asked("check")
    assert first == again
    assert (again.code, "never" in again.err) == (2, True)


@pytest.mark.parametrize(
    "name",
    ["policies.yaml", "portal.yaml", "calendars.yaml", "tiers.yaml", "tiers.csv", "escalations.yaml", "tests.yaml"],
)
def test_an_edit_of_any_file_is_another_key(live: World, asked: Callable[..., Ended], folder: Path, name: str) -> None:
    asked("check")
    before = findings_in(folder)
    live.edit(name, lambda text: text + ("\n" if name.endswith(".csv") else "# nothing\n"))
    asked("check")
    assert len(findings_in(folder) - before) == 1


def findings_in(folder: Path) -> set[str]:
    return {file.name for file in folder.glob("findings-*")}


HEAVY = (
    "hubspot",
    "requests",
    "urllib3",
    "tenacity",
    "pydantic",
    "ruamel",
    "holidays",
    "sqlite_utils",
    "jinja2",
    "rich",
)
PROBE = """
import sys
from hubspot_sla.cli.main import main
for words in %r:
    try:
        main(words)
    except SystemExit as end:
        assert not end.code, (words, end.code)
print("LOADED", sorted({name.split(".")[0] for name in sys.modules} & set(%r)))
"""


def test_with_a_warm_cache_they_import_no_models_no_parser_and_no_library_of_holidays_or_http(
    live: World, asked: Callable[..., Ended], folder: Path
) -> None:
    newest = str(live.rows("select max(record_id) from records")[0][0])
    commands = [["check"], list(CLOCK), ["explain", newest], ["explain", newest, "--json"], ["clock", "open"]]
    commands[-1] += ["--calendar", "berlin"]
    for words in commands:
        assert asked(*words).code == 0
    ran = subprocess.run(
        [sys.executable, "-c", PROBE % (commands, HEAVY)],
        env=environment(live) | {"SLA_CACHE": str(folder)},
        cwd=live.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines()[-1] == "LOADED []"


def test_a_damaged_cache_is_worked_out_again(asked: Callable[..., Ended], folder: Path) -> None:
    cold = {arguments: asked(*arguments) for arguments in ASKED}
    for damage in (b"", b"0" * 64 + b"\n[]"):
        for file in folder.iterdir():
            file.write_bytes(damage)
        for arguments in ASKED[::2]:
            assert asked(*arguments) == cold[arguments]


def test_a_cache_that_somebody_made_up_with_right_digests_is_no_traceback(
    asked: Callable[..., Ended], folder: Path
) -> None:
    cold = {arguments: asked(*arguments) for arguments in ASKED}
    cache = StartCache(folder)
    for file in list(folder.iterdir()):
        kind, key = re.fullmatch(r"(\w+)-(\w+)\.json", file.name).groups()  # type: ignore[union-attr]
        said = start_cache._checked(file.read_bytes(), kind, key)
        for wrong in (None, [], {"table": [["tuple"]], "holidays": {}}, _with(said, "table", _swapped)):
            cache.store(kind, key, wrong)
            for arguments in ASKED[::3]:
                assert asked(*arguments) == cold[arguments]


def _with(said: object, name: str, change: Callable[[list[list[object]]], object]) -> object:
    return said | {name: change(said[name])} if isinstance(said, dict) and name in said else 5


def _swapped(table: list[list[object]]) -> object:
    """The form is right, and each policy holds what is no condition."""
    wanted = "policy.conditions.All"
    return [["tuple", *entry[1:]] if entry[0] == wanted else entry for entry in table]


def test_a_policy_that_goes_out_of_force_today_is_a_finding_from_that_instant_on(
    live: World, asked: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = "2026-11-24T12:00:00Z"
    at = 1_795_521_600_000
    live.edit("policies.yaml", lambda text: text.replace(WARNED[:21], f"{WARNED[:21]}    valid_to: {ends}\n", 1))
    answers = []
    for now in (at - 1000, at - 1, at, at + 1):
        monkeypatch.setattr("hubspot_sla.flows.context.local_clock.wall_now", lambda now=now: now)
        answers.append("went out of force" in asked("check").out)
    assert answers == [False, False, True, True]
