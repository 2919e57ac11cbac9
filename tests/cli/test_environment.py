"""Whatever stands in `.env` or in a variable, a command says what is wrong with it, where, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.context.settings import from_environment

if TYPE_CHECKING:
    from cli.conftest import Command
    from flows.world import World

TOO_LONG = {"one name": "a" * 5000, "many folders": "/a" * 3000}


def dotenv(world: World, content: bytes, mode: int = 0o600) -> None:
    path = world.folder / ".env"
    path.write_bytes(content)
    path.chmod(mode)


@pytest.mark.parametrize("command", [("check",), ("status",), ("doctor",), ("notify",)])
def test_a_file_that_is_no_utf_8_is_named_with_its_line(empty: World, sla: Command, command: tuple[str, ...]) -> None:
    dotenv(empty, b"SLA_LOG=json\nONCALL_URL=https://hooks.example/\xff\xfe\n")
    ended = sla(*command)
    assert ended.code == 2
    assert ended.err.splitlines() == ["error: .env:2 is not UTF-8 text", "  save the file as UTF-8"]


def test_a_mark_at_its_beginning_is_no_part_of_the_first_name(empty: World, sla: Command) -> None:
    dotenv(empty, b"\xef\xbb\xbfSLA_LOG=nonsense\n")
    assert "SLA_LOG cannot be 'nonsense'" in sla("doctor").out


def test_a_nul_character_is_named_with_its_variable(empty: World, sla: Command) -> None:
    """No environment can hold one, a file can."""
    dotenv(empty, b"ONCALL_URL=a\0b\n")
    ended = sla("check")
    assert (ended.code, ended.err.splitlines()[0]) == (2, "error: ONCALL_URL holds a NUL character")


@pytest.mark.parametrize("name", ["HUBSPOT_TOKEN_FILE", "SLA_LEDGER", "SLA_MAPPINGS", "SLA_JOBS", "SLA_BACKUPS"])
def test_no_setting_may_hold_one(name: str) -> None:
    with pytest.raises(UsageProblem, match=f"{name} holds a NUL character"):
        from_environment({name: "a\0b"})


@pytest.mark.parametrize("path", TOO_LONG.values(), ids=TOO_LONG)
@pytest.mark.parametrize("name", ["SLA_LEDGER", "SLA_MAPPINGS", "SLA_JOBS", "SLA_BACKUPS"])
def test_a_path_that_is_too_long_is_named_with_its_variable(sla: Command, name: str, path: str) -> None:
    ended = sla("check", **{name: path})
    assert ended.code == 2
    assert ended.err.startswith(f"error: {name} cannot be a path: File name too long\n")


@pytest.mark.parametrize("path", TOO_LONG.values(), ids=TOO_LONG)
@pytest.mark.parametrize("name", ["HUBSPOT_TOKEN_FILE", "CREDENTIALS_DIRECTORY"])
def test_a_token_is_not_looked_for_under_a_path_that_is_too_long(sla: Command, name: str, path: str) -> None:
    ended = sla("check", token="", **{name: path})
    assert ended.code == 2
    assert "File name too long" in ended.err


@pytest.mark.parametrize("path", TOO_LONG.values(), ids=TOO_LONG)
@pytest.mark.parametrize(
    "command",
    [("evaluate",), ("check", "--tickets"), ("backup",), ("init",), ("sandbox", "--db"), ("sandbox", "--load")],
    ids=" ".join,
)
def test_a_file_that_is_named_on_the_command_line_may_be_too_long_too(
    live: World, sla: Command, command: tuple[str, ...], path: str
) -> None:
    ended = sla(*command, path)
    assert ended.code == 2
    assert "too long" in ended.err or "does not exist" in ended.err


SECRETS = [
    "HUBSPOT_TOKEN=pat-eu1-x",
    "ONCALL_URL=https://hooks.example/1",
    "SLA_SMTP_URL=smtps://me:hunter2@mail.example",
    "SLA_HEARTBEAT_URL=https://beat.example/1",
    "PAGER_SECRET=whsec_x",
    "PAGER=whatever the mappings call it",
    "TIERS_API_KEY=x",
]
HARMLESS = ["SLA_LOG=json", "SLA_MAPPINGS=mappings", "HUBSPOT_BASE_URL=https://api.hubapi.com", "TZ=UTC", "PAGER="]


@pytest.mark.parametrize("line", SECRETS)
def test_any_secret_in_a_file_that_others_may_read_is_warned_of(empty: World, sla: Command, line: str) -> None:
    dotenv(empty, line.encode() + b"\n", 0o644)
    ended = sla("check", token="" if line.startswith("HUBSPOT_TOKEN") else "pat-eu1-y")
    name, _, value = line.partition("=")
    assert f"warning: .env holds secrets ({name}) and is open to every user of this machine (mode 644)" in ended.err
    assert "chmod 600 .env" in ended.err
    assert value not in ended.err


@pytest.mark.parametrize(("line", "mode"), [*((line, 0o644) for line in HARMLESS), (SECRETS[0], 0o600)])
def test_what_is_no_secret_or_for_the_owner_alone_is_not(empty: World, sla: Command, line: str, mode: int) -> None:
    dotenv(empty, line.encode() + b"\n", mode)
    assert sla("check").err == ""
