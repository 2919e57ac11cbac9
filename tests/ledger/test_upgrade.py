"""A ledger that the version before this one left in the middle of its work: what it had begun is finished once."""

from __future__ import annotations

import gzip
import sqlite3
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from channels.receivers import Answer, Receiver
from flows.test_rung_deeds import ESCALATIONS, OWNER, notes_of, variables
from flows.world import NOW, TOKEN, world
from hubspot_sandbox.portal import Behaviour
from hubspot_sandbox.seed import seeded_portal
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.context.failpoints import Failpoint
from hubspot_sla.flows.runs import sync as syncing
from hubspot_sla.ledger import audit_verification, database
from ledger.test_versions import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flows.world import World


class Died(BaseException):
    """The worker is gone."""


def die_at(point: Failpoint, nth: int) -> Callable[[Failpoint], None]:
    left = [nth]

    def reached(passed: Failpoint) -> None:
        left[0] -= passed is point
        if passed is point and left[0] == 0:
            raise Died

    return reached


def sync(of: World, receiver: Receiver, reached: Callable[[Failpoint], None] = lambda _: None) -> None:
    with wired(replace(of.settings(TOKEN), variables=variables(receiver))) as context:
        syncing.sync(replace(context, reached=reached))


def story(of: World, receiver: Receiver) -> dict[str, str]:
    """What happened up to the upgrade. `v4_in_mid_work.sql.gz` is the ledger that version 4 of it was left with.

    `done`: its task and note are there, its webhook cut the connection, and its second rung waits. `lost`: its task was
    made, and the worker died before it wrote that down. `left`: its task is there, its note was claimed and not sent,
    and nobody was told yet.
    """
    of.set_up()
    (of.folder / "mappings" / "escalations.yaml").write_text(ESCALATIONS, encoding="utf-8")
    of.edit(
        "policies.yaml", lambda text: text.replace("    calendar: always\n", "    calendar: always\n    ladder: loud\n")
    )
    sync(of, receiver)
    with database.open_for_writing(of.folder / "ledger.db") as ledger, ledger.transaction() as db:
        db.execute("delete from meta where key = 'unique_markers'")  # a portal that cannot keep them unique
    of.advance(minutes=1)
    done = urgent(of, "Fire")
    of.advance(minutes=61)
    receiver.answers("/hook", Answer(reset=True))
    sync(of, receiver)
    lost = urgent(of, "Water")
    of.advance(minutes=1, seconds=10)
    left = urgent(of, "Earth")
    of.advance(minutes=59, seconds=50)
    with suppress(Died):
        sync(of, receiver, die_at(Failpoint.SENT, 2))
    of.advance(seconds=15)
    with suppress(Died):
        sync(of, receiver, die_at(Failpoint.LOOKED, 2))
    return {"done": done, "lost": lost, "left": left}


def urgent(of: World, subject: str) -> str:
    return of.ticket(hs_ticket_priority="HIGH", hubspot_owner_id=OWNER, subject=subject)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def told(tmp_path: Path) -> Iterator[World]:
    behaviour = Behaviour(clustered_ids=False)  # ids as the sandbox gave them then
    made = world(seeded_portal(NOW, tickets=0, behaviour=behaviour), tmp_path / "world")
    yield made
    made.close()


def restore(path: Path) -> None:
    path.unlink()
    for beside in ("-wal", "-shm", ".lock"):
        path.with_name(path.name + beside).unlink(missing_ok=True)
    with sqlite3.connect(path, isolation_level=None) as db:
        db.executescript(gzip.decompress((VERSIONS / "v4_in_mid_work.sql.gz").read_bytes()).decode())
    db.close()


def outbox_of(path: Path) -> dict[str, str]:
    with sqlite3.connect(path) as db:
        rows = db.execute("select key, state from outbox where kind <> 'properties'").fetchall()
    db.close()
    return dict(rows)


def test_what_the_version_before_had_begun_is_finished_once(told: World, receiver: Receiver) -> None:
    tickets = story(told, receiver)
    path = told.folder / "ledger.db"
    by_today = outbox_of(path)
    restore(path)
    before = outbox_of(path)
    assert before == by_today  # the same keys in the same states: this portal is the one that version 4 worked on
    assert set(before.values()) == {"confirmed", "pending", "claimed", "unknown"}
    with sqlite3.connect(path) as old:
        rungs = dict(old.execute("select key, state from rungs"))
        ((head,),) = old.execute("select value from meta where key = 'audit_head'")
    old.close()
    assert sorted(rungs.values()) == ["fired"] * 4

    told.advance(seconds=40)
    for _ in range(3):
        sync(told, receiver)
        told.advance(minutes=2)  # more than an unknown outcome is left alone, and what a sync takes

    assert set(outbox_of(path)) == set(before)
    assert set(outbox_of(path).values()) == {"confirmed"}
    assert dict(told.rows("select key, state from rungs")) == rungs
    tasks = [key for key in before if key.startswith("task:")]
    assert told.task_keys() == sorted(tasks)
    assert {id_: len(of) for id_, of in told.tasks().items()} == dict.fromkeys(tickets.values(), 1)
    assert sorted(note["sla_note_key"] for note in notes_of(told)) == sorted(k for k in before if k.startswith("note:"))
    assert told.portal.read("tickets", tickets["done"])["hubspot_owner_id"] == "3002"
    ids = Counter(got.headers["webhook-id"] for got in receiver.of("/hook"))
    # At least once, under one id: the first one was cut off.
    assert sorted(ids.values()) == [1, 1, 2]
    assert len(receiver.of("/slack")) == 3
    with database.open_for_reading(path) as ledger:
        assert audit_verification.require_whole(ledger.db).entries > int(str(head).partition(":")[0])
        seq, _, sealed = str(head).partition(":")
        assert ledger.db.execute("select hash from audit where seq = ?", (seq,)).fetchone()[0] == sealed
