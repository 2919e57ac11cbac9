"""`sla list`: what is late first, then what is due next, from the ledger alone."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from cli.conftest import Command
from flows.world import NOW, world
from hubspot_sandbox.seed import seeded_portal
from hubspot_sla.cli import terminal
from hubspot_sla.clock.explain import title
from hubspot_sla.clock.promise import Clock
from hubspot_sla.ledger import database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flows.world import World


@pytest.fixture(scope="module")
def queue_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A ticket that is late, one that is due soon and another owner's, one that waits, one that is closed."""
    desk = world(seeded_portal(NOW, tickets=0), tmp_path_factory.mktemp("queue"))
    desk.ticket(subject="Late", hubspot_owner_id="3001", age=timedelta(days=3))
    desk.ticket(subject="Soon", hubspot_owner_id="3002", age=timedelta(hours=1))
    desk.ticket(subject="Waits", hs_pipeline_stage="2", hubspot_owner_id="3001", age=timedelta(hours=1))
    desk.ticket(subject="Done", hs_pipeline_stage="4", hubspot_owner_id="3001", age=timedelta(hours=1))
    desk.set_up()
    desk.sync()
    yield desk
    desk.close()


@pytest.fixture
def sla(queue_world: World, monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(queue_world, monkeypatch)


def subjects(printed: str) -> list[str]:
    return [line.split("\t")[-1] for line in printed.splitlines()]


def test_what_is_late_comes_first_and_neither_a_paused_clock_nor_a_closed_ticket_is_listed(sla: Command) -> None:
    ended = sla("list")
    assert ended.code == 0
    assert subjects(ended.out) == ["Late", "Late", "Soon", "Waits", "Soon"]
    first = ended.out.splitlines()[0].split("\t")
    assert first[0].startswith("late by 2 d")
    assert first[3] == "First response"
    assert [line.split("\t")[3] for line in ended.out.splitlines() if "Waits" in line] == ["First response"]
    assert "as of the last sync" in ended.err


def test_late_alone_and_next_alone(sla: Command) -> None:
    assert subjects(sla("list", "--late").out) == ["Late", "Late"]
    assert subjects(sla("list", "--next", "1").out) == ["Soon"]
    assert sla("list", "--late", "--next", "1").code == 2


def test_an_owner_and_a_team_are_asked_for_by_id_or_name(sla: Command) -> None:
    assert subjects(sla("list", "--owner", "3001").out) == ["Late", "Late", "Waits"]
    assert subjects(sla("list", "--team", "401", "--late").out) == ["Late", "Late"]
    ended = sla("list", "--owner", "3008")
    assert ended.code == 2
    assert "nothing in the queue has the owner '3008'" in ended.err
    assert "there is 'Mara Lindqvist', 'Tobias Brandt'" in ended.err


def test_json_names_every_field(sla: Command) -> None:
    body = sla("list", "--json", "--late").json
    assert isinstance(body, dict)
    row = body["rows"][0]
    assert row["status"] == "breached"
    assert row["owner"] == {"id": "3001", "name": "Mara Lindqvist"}
    assert row["due_at"] < body["at"]


def test_before_the_first_setup_it_says_what_to_do(sla: Command, tmp_path: Path) -> None:
    ended = sla("list", "--ledger", str(tmp_path / "none.db"))
    assert ended.code == 2
    assert "sla setup" in ended.err
    with database.open_for_writing(tmp_path / "empty.db"):
        pass
    ended = sla("list", "--ledger", str(tmp_path / "empty.db"))
    assert (ended.code, ended.err) == (2, "error: this portal is not set up yet\n  run `sla setup` first\n")


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("first_response", "First response"),
        ("stage:Bank", "Time in Bank"),
        ("stage_total:Bank", "Total time in Bank"),
        ("ola:stage:Billing: late", "OLA: time in Billing: late"),
        ("uc:resolution", "Underpinning contract: resolution"),
        ("gdpr:resolution", "Gdpr: resolution"),
        ("ola:gdpr:stage_total:Bank", "OLA gdpr: total time in Bank"),
        ("restored", "Restored"),
    ],
)
def test_a_clock_is_called_as_everywhere_by_its_key(key: str, name: str) -> None:
    clock = Clock.of(key)
    assert clock.key == key
    assert title(clock) == name


@pytest.mark.parametrize("columns", [60, 80, 100, 140])
def test_on_a_terminal_each_promise_is_one_line_with_its_whole_id(
    monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    rows = [
        ["late by 26 d 22 h", "28100544", "OLA: time in Billing", "Sofia Almeida", "A subject of many words" * 3],
        ["due in 1 h", "28100545", "First response", "nobody", "株式会社" * 9],
    ]
    drawn = drawn_table(monkeypatch, rows)
    assert len(drawn) == len(rows) + 2
    assert "28100544" in drawn[2]
    assert "late by 26 d 22 h" in drawn[2]
    assert all(cell_len(line) <= columns for line in drawn)


def drawn_table(monkeypatch: pytest.MonkeyPatch, rows: list[list[str]]) -> list[str]:
    printed = io.StringIO()
    monkeypatch.setattr(printed, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout", printed)
    terminal.table(["when", "ticket", "what", "owner", "subject"], rows, cut=("subject", "owner", "what"))
    return re.sub(r"\x1b\[[0-9;]*m", "", printed.getvalue()).splitlines()


def test_instants_are_in_the_language_of_the_words_beside_them(queue_world: World, sla: Command) -> None:
    queue_world.edit("portal.yaml", lambda text: text.replace("language: en", "language: de"))
    queue_world.sync()
    assert "Nov 20 " in sla("list", "--late").out
