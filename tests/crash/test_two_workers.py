"""Two workers on one ledger: the first stands still in the middle of a rung until its lease has ended, the second takes
over and climbs it, the first goes on. The rung is climbed once."""

from __future__ import annotations

import os
import signal
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from crash.test_rung_steps import desk, finished, late_ticket, nursery, order, problems, receiver
from crash.victims import COMPLETED, DEFERRED
from hubspot_sla.errors import AnotherWorkerActive
from hubspot_sla.flows.runs import sync as syncing
from hubspot_sla.ledger import database, lease
from proof import SCALE
from proofs.wiring import AFTER_ANSWER, AFTER_COMMIT, BEFORE_COMMIT, BEFORE_REQUEST, virtual

if TYPE_CHECKING:
    from channels.receivers import Receiver
    from crash.victims import Nursery
    from flows.world import World

__all__ = ["desk", "nursery", "receiver"]

STILL_WRITING = (BEFORE_COMMIT, BEFORE_REQUEST, AFTER_ANSWER)
"""Requests are made by threads of their own: stopping one may stop the thread that writes in the middle."""
KINDS = ("claimed", "looked", "sent", "settled", BEFORE_REQUEST, AFTER_ANSWER, AFTER_COMMIT, BEFORE_COMMIT)


def taken_over(of: World, receiver: Receiver) -> None:
    """Another worker runs, minutes later. Raises AnotherWorkerActive."""
    settings = replace(of.settings(), variables={"HOOK_URL": f"{receiver.url}/hook"})
    later = partial(database.open_for_writing, wall=lambda: database.wall_ms() + lease.LEASE_MS + 1)
    with patch.object(database, "open_for_writing", later), virtual(settings, of.portal.clock.now_ms) as context:
        syncing.sync(context)


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_that_wakes_after_another_took_over_climbs_no_rung_again(
    desk: World, nursery: Nursery, receiver: Receiver, kind: str
) -> None:
    late_ticket(desk)
    times = nursery.run(order(desk, receiver)).passed[kind]
    for nth in range(1, times + 1, 1 if SCALE > 1 else 9):
        ticket, stops, pid = late_ticket(desk), f"/stopped/{kind}/{nth}".replace(" ", "-"), Future[int]()
        with ThreadPoolExecutor(1) as apart:
            stopping = replace(order(desk, receiver, kind, nth), stops=receiver.url + stops)
            first = apart.submit(nursery.run, stopping, pid.set_result)
            receiver.wait_for(stops, 1)
            while not is_stopped(pid.result(timeout=10)):
                os.sched_yield()
            desk.advance(minutes=1)
            try:
                taken_over(desk, receiver)
                expected = (DEFERRED, COMPLETED)  # where nothing was left to write
            except AnotherWorkerActive:
                assert kind in STILL_WRITING
                expected = (COMPLETED,)
            finally:
                os.kill(pid.result(timeout=10), signal.SIGCONT)
            assert first.result(timeout=60).code in expected, (kind, nth)
        finished(desk, nursery, receiver)
        assert problems(desk, receiver, ticket) == [], (kind, nth)
    desk.require_whole_chain()
