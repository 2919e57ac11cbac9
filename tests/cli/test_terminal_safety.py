"""Whatever a subject holds, a terminal shows it and does nothing else; in a pipe and in JSON lines stay lines."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from cli.conftest import SLA
from flows.world import environment
from hubspot_sla.plain_text import escaped

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Command
    from flows.world import World

HOSTILE = "Printer\x1b[2J\x1b]0;owned\a\r\u202etsoc\u202c\x9b31m\nticket 1\tsla_status\tmet"
SHOWN = escaped(HOSTILE)


@pytest.fixture
def hostile(live: World) -> World:
    """A portal with a ticket of a hostile subject, an hour late; its task carries the subject."""
    live.ticket(hs_ticket_priority="HIGH", subject=HOSTILE)
    live.sync()
    live.advance(hours=2)
    return live


def hostile_ticket(world: World) -> str:
    return world.portal.ids("tickets")[-1]


def screen(world: World, *arguments: str, **more: str) -> str:
    """What a terminal gets; `more` are variables of the environment."""
    main, terminal = pty.openpty()
    variables = environment(world) | {"TERM": "xterm"} | more
    with subprocess.Popen(
        [SLA, *arguments], env=variables, cwd=world.folder, stdout=terminal, stderr=subprocess.DEVNULL
    ) as process:
        os.close(terminal)
        received = b""
        try:
            while piece := os.read(main, 65536):
                received += piece
        except OSError:
            pass  # on Linux the end of a terminal is an error
        process.wait(60)
    os.close(main)
    return received.decode()


def without_our_colours(text: str) -> str:
    """Colour and weight are ours, and the only sequences that we send."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text).replace("\r\n", "\n")


COMMANDS = {
    "plan": ("plan",),
    "explain": ("explain", "TICKET"),
    "audit log": ("audit", "log"),
    "audit log as JSON": ("audit", "log", "--json"),
    "explain as JSON": ("explain", "TICKET", "--json"),
    "status": ("status",),
    "doctor": ("doctor",),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_terminal_gets_no_sequence_but_our_colours(hostile: World, command: tuple[str, ...]) -> None:
    arguments = [hostile_ticket(hostile) if one == "TICKET" else one for one in command]
    text = without_our_colours(screen(hostile, *arguments))
    assert text
    assert escaped(text, keep="\n\t") == text


@pytest.mark.parametrize("command", [("explain", "TICKET"), ("plan",), ("audit", "log")])
def test_in_a_pipe_a_line_feed_or_tab_of_a_subject_makes_no_row_and_no_cell(
    hostile: World, sla: Command, command: tuple[str, ...]
) -> None:
    hostile.sync()
    ended = sla(*[hostile_ticket(hostile) if one == "TICKET" else one for one in command])
    assert ended.code == 0
    assert not [line for line in ended.out.splitlines() if line.startswith("ticket 1\t")]


def test_a_text_of_any_length_is_shown_by_its_beginning(live: World, sla: Command) -> None:
    live.ticket(hs_ticket_priority="HIGH", subject="x" * 60_000)
    live.sync()
    ticket = hostile_ticket(live)
    for command in (("explain", ticket), ("list",), ("audit", "log"), ("status",), ("plan",)):
        assert len(sla(*command).out) < 20_000
    told = sla("explain", ticket, "--json").json
    assert isinstance(told, dict)
    assert len(told["subject"]) == 60_000


def test_a_value_of_any_length_in_the_mappings_is_shown_by_its_beginning(live: World, sla: Command) -> None:
    live.edit("policies.yaml", lambda text: text.replace("calendar: always", f"calendar: {'x' * 3_000_000}", 1))
    for printed in (sla("check"), sla("check", "--json")):
        assert printed.code == 2
        assert len(printed.out + printed.err) < 20_000


def test_json_holds_the_subject_as_it_is(hostile: World, sla: Command) -> None:
    hostile.sync()
    ended = sla("explain", hostile_ticket(hostile), "--json")
    assert escaped(ended.out, keep="\n") == ended.out
    assert json.loads(ended.out)["subject"] == HOSTILE


def test_an_error_with_line_feeds_stays_one_line(sla: Command, tmp_path: Path) -> None:
    ended = sla("explain", "1\nerror: all is well\x1b[2J")
    assert ended.err.count("\n") == ended.err.rstrip().count("\n") + 1
    assert "\x1b" not in ended.err
    assert not [line for line in ended.err.splitlines() if line.startswith("error: all is well")]


def test_letters_that_a_terminal_does_not_know_are_written_out(hostile: World) -> None:
    hostile.ticket(hs_ticket_priority="HIGH", subject="打印机")
    hostile.sync()
    ticket = hostile_ticket(hostile)
    variables = environment(hostile) | {"PYTHONIOENCODING": "latin-1"}
    ran = subprocess.run([SLA, "explain", ticket], env=variables, cwd=hostile.folder, capture_output=True, check=True)
    assert b"\\u6253" in ran.stdout
    ran = subprocess.run(
        [SLA, "explain", ticket, "--json"], env=variables, cwd=hostile.folder, capture_output=True, check=True
    )
    assert json.loads(ran.stdout)["subject"] == "打印机"


def test_a_plan_has_colours_on_a_terminal_and_none_where_nobody_wants_them(hostile: World) -> None:
    colour = re.compile(r"\x1b\[(?:[0-9]+;)*(?:3[0-7]|9[0-7])m")
    assert colour.search(screen(hostile, "plan"))
    plain = screen(hostile, "plan", NO_COLOR="1")
    assert "sla_status" in plain
    assert not colour.search(plain)
