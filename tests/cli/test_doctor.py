"""`sla doctor` as a command: a line for each finding, the worst exit code, and no secret in any of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.world import TOKEN

if TYPE_CHECKING:
    from cli.conftest import Command
    from flows.world import World


def test_a_line_each_in_a_pipe(sla: Command, live: World) -> None:
    ended = sla.process("doctor")
    assert ended.code == 0, ended.out
    lines = [line.split("\t") for line in ended.out.splitlines()]
    assert {line[0] for line in lines} <= {"ok", "warn"}
    assert [line[1] for line in lines][:1] == ["settings"]


def test_json_for_programs(sla: Command, live: World) -> None:
    live.running.access.revoke(TOKEN)
    ended = sla("doctor", "--json")
    assert ended.code == 3
    told = ended.json
    assert isinstance(told, dict)
    assert told["exit_code"] == 3
    (failed,) = [one for one in told["findings"] if one["level"] == "fail"]
    assert failed["check"] == "token"
    assert failed["remedy"]


def test_nothing_is_written_anywhere(sla: Command, live: World) -> None:
    before = {id_: live.portal.read("tickets", id_) for id_ in live.portal.ids("tickets")}
    rows = live.rows("select * from meta order by key"), live.rows("select count(*) from audit")
    assert sla("doctor").code == 0
    assert {id_: live.portal.read("tickets", id_) for id_ in live.portal.ids("tickets")} == before
    assert (live.rows("select * from meta order by key"), live.rows("select count(*) from audit")) == rows


def test_a_world_readable_env_is_warned_of_once_on_stderr_and_among_the_findings(sla: Command, live: World) -> None:
    env = live.folder / ".env"
    env.write_text("TIERS_TOKEN=secret-of-the-tiers\n")
    env.chmod(0o644)
    ended = sla("doctor")
    assert ended.err.count("chmod 600") == 1
    assert "settings\t.env holds secrets (TIERS_TOKEN)" in ended.out
    env.chmod(0o600)
    assert sla("doctor").err == ""


def test_a_token_in_the_environment_hides_the_one_in_env(sla: Command, live: World) -> None:
    env = live.folder / ".env"
    env.write_text("HUBSPOT_TOKEN=pat-eu1-of-the-file-0000\nHUBSPOT_TOKEN_FILE=/nowhere\n")
    env.chmod(0o600)
    assert sla("doctor").code == 0
