"""`sla status` and `/healthz` give one answer, whatever state the ledger is in."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cli.conftest import Command
from cli.test_status import rewind
from flows.world import TOKEN
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.worker.worker import Worker
from hubspot_sla.flows.worker.worker_metrics import Health, Watched
from hubspot_sla.ledger import database

if TYPE_CHECKING:
    from collections.abc import Callable

    from flows.world import World


class _Stopped:
    """A worker that has nothing to do."""

    def is_set(self) -> bool:
        return True

    def wait(self, timeout: float) -> bool:  # noqa: ARG002 - what a worker calls
        return True


def health(world: World) -> Health:
    with wired(world.settings(), writing=False) as context:
        return Watched(context, Worker(context, [], _Stopped())).health()


def fresh(world: World, sla: Command) -> None:
    world.go_live()
    assert sla("sync").code == 0


def behind(world: World, sla: Command) -> None:
    fresh(world, sla)
    rewind(world, hours=3, minutes=10)


def dead_worker(world: World, sla: Command) -> None:
    fresh(world, sla)
    script = (
        "import os, sys, pathlib; from hubspot_sla.ledger import database;"
        " database.open_for_writing(pathlib.Path(sys.argv[1])); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script, str(world.folder / "ledger.db")], check=False)


def lease_lost(world: World, sla: Command) -> None:
    fresh(world, sla)
    with database.open_beside(world.folder / "ledger.db") as ledger:
        ledger.db.execute("update lease set fence = fence + 1, holder = 'process 1 on another machine', by_lock = 0")
        ledger.db.execute("update lease set ends_at = 4102444800000")


def quarantined(world: World, sla: Command) -> None:
    fresh(world, sla)
    ticket = world.ticket(hs_ticket_priority="HIGH")
    world.running.faults.add("poison_rows", route="batch_update", ids=[ticket])
    assert sla("sync").code == 1


def refused_token(world: World, sla: Command) -> None:
    fresh(world, sla)
    world.running.access.revoke(TOKEN)
    assert sla("sync").code == 3


def missing_scope(world: World, sla: Command) -> None:
    fresh(world, sla)
    world.running.faults.add("missing_scope", route="search")
    assert sla("sync").code == 3


def invalid_mappings(world: World, sla: Command) -> None:
    fresh(world, sla)
    world.edit("policies.yaml", lambda text: text.replace("targets:", "targts:", 1))
    assert sla("sync").code == 2


def before_setup(_world: World, sla: Command) -> None:
    assert sla("sync").code == 2


STATES: dict[str, tuple[Callable[[World, Command], None], int, str]] = {
    "fresh": (fresh, 0, "working: last sync "),
    "behind": (behind, 75, "NOT working: last sync 3 h"),
    "dead worker": (dead_worker, 75, "NOT working: last sync "),
    "lease lost": (lease_lost, 0, "working: last sync "),
    "quarantine": (quarantined, 0, "working: last sync "),
    "refused token": (refused_token, 3, "NOT working: last sync "),
    "missing scope": (missing_scope, 3, "NOT working: last sync "),
    "invalid mappings": (invalid_mappings, 2, "working: last sync "),
    "before setup": (before_setup, 2, "NOT working: this portal is not set up"),
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_both_say_the_same(
    empty: World, monkeypatch: pytest.MonkeyPatch, state: tuple[Callable[[World, Command], None], int, str]
) -> None:
    make, code, verdict = state
    sla = Command(empty, monkeypatch)
    make(empty, sla)
    ended = sla("status", "--json")
    told = ended.json
    assert isinstance(told, dict)
    answer = health(empty)
    works = verdict.startswith("working")
    assert (ended.code, told["working"], answer.working) == (code, works, works)
    assert told["verdict"].startswith(verdict)
    assert answer.reason.partition(" ago")[0].startswith(verdict)
    assert answer.reason.partition(" ago")[2] == told["verdict"].partition(" ago")[2]
