"""`sla restore`: a backup in the place of the ledger, and who is told twice."""

from __future__ import annotations

import shutil
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from altered import alter, rewrite
from channels.receivers import Receiver
from hubspot_sla.ledger import database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.conftest import Command
    from flows.world import World

LADDER = """\
leads: {default: mara.lindqvist@support.example}
channels:
  desk: {webhook: {url_env: DESK_URL, secret_env: DESK_SECRET}}
ladders:
  standard:
    rungs:
      - {at: breach, do: [{task: owner}, {note: explanation}, {notify: desk}]}
"""
SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


@pytest.fixture
def desk() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def lost(empty: World, sla: Command, desk: Receiver, monkeypatch: pytest.MonkeyPatch) -> World:
    """A ticket was late, and its owner was told by a task, a note and a message; the backup is of the hour before."""
    monkeypatch.setenv("DESK_URL", f"{desk.url}/desk")
    monkeypatch.setenv("DESK_SECRET", SECRET)
    empty.edit("escalations.yaml", lambda _: LADDER)
    empty.edit("policies.yaml", lambda text: text.replace("calendar: always", "calendar: always\n    ladder: standard"))
    assert sla("setup").code == 0
    empty.advance(minutes=1)
    empty.ticket(hs_ticket_priority="HIGH", company="5015", hubspot_owner_id="3002")
    assert sla("sync").code == 0
    assert sla("backup", "before.db").code == 0
    empty.advance(hours=2)
    assert sla("sync").code == 0
    assert sla("sync").code == 0
    assert len(desk.received) == 1
    assert (len(empty.task_keys()), len(empty.note_keys())) == (1, 1)
    return empty


def plan(sla: Command) -> dict[str, Any]:
    planned = sla("plan", "--json").json
    assert isinstance(planned, dict)
    return planned


def test_it_says_that_people_may_be_told_twice_and_offers_to_hold_what_is_older(lost: World, sla: Command) -> None:
    before = (lost.folder / "ledger.db").read_bytes()
    ended = sla("restore", "before.db")
    assert ended.code == 0, ended.err
    assert "people may be told twice of what was reached before now" in ended.out
    assert "Nothing is held: `sla restore before.db --hold` does that." in ended.out
    (kept,) = (path for path in lost.folder.glob("ledger.db.replaced-*") if path.suffix.endswith("Z"))
    assert str(kept) in ended.out
    with sqlite3.connect(kept) as db:
        assert db.execute("select count(*) from runs").fetchone()[0] > 2
    db.close()
    assert before
    assert sla("audit", "verify").code == 0
    assert (lost.folder / "ledger.db").stat().st_mode & 0o777 == 0o600


def test_without_holding_the_message_goes_out_again_and_nothing_else(lost: World, sla: Command, desk: Receiver) -> None:
    assert sla("restore", "before.db", "--no-hold").code == 0
    planned = plan(sla)
    assert [action["key"].partition(":")[0] for action in planned["actions"]] == ["notification"]
    assert [key.partition(":")[0] for key in planned["already_there"]] == ["task", "note"]
    assert sla("sync").code == 0
    assert sla("sync").code == 0
    assert len(desk.received) == 2
    assert (len(lost.task_keys()), len(lost.note_keys())) == (1, 1)


def test_what_was_reached_before_is_held_and_what_is_reached_later_is_told(
    lost: World, sla: Command, desk: Receiver
) -> None:
    ended = sla("restore", "before.db", "--hold")
    assert ended.code == 0
    assert "held     messages about what was reached before 2026-11-23T10:" in ended.out
    planned = plan(sla)
    assert planned["actions"] == []
    assert [key.partition(":")[0] for key in planned["held"]] == ["notification"]
    assert "0 tickets to write, 0 tasks to create. Nothing was written." in sla("plan").out
    assert sla("sync").code == 0
    assert len(desk.received) == 1
    lost.ticket(hs_ticket_priority="HIGH", hubspot_owner_id="3002")
    assert sla("sync").code == 0
    lost.advance(hours=1, minutes=1)
    assert sla("sync").code == 0
    assert sla("sync").code == 0
    assert len(desk.received) == 2
    lost.require_whole_chain()


def test_messages_that_waited_in_the_backup_are_held_too(lost: World, sla: Command, desk: Receiver) -> None:
    with database.open_for_writing(lost.folder / "ledger.db") as ledger, ledger.transaction() as db:
        db.execute("update outbox set state = 'pending', sent_at = null where kind = 'notification'")
    assert sla("backup", "waiting.db").code == 0
    ended = sla("restore", "waiting.db", "--hold", "--json")
    assert ended.code == 0
    told = ended.json
    assert isinstance(told, dict)
    assert (told["notices_waiting"], told["notices_withdrawn"]) == (1, 1)
    assert sla("sync").code == 0
    assert len(desk.received) == 1


def test_a_ledger_that_is_beyond_reading_is_replaced_and_kept(lost: World, sla: Command) -> None:
    (lost.folder / "ledger.db").write_bytes(b"rubbish" * 1000)
    for end in ("-wal", "-shm"):
        (lost.folder / f"ledger.db{end}").unlink(missing_ok=True)
    assert sla("status").code == 4
    assert sla("restore", "before.db", "--hold").code == 0
    assert sla("sync").code == 0


def test_nothing_changes_where_the_backup_cannot_be_used(lost: World, sla: Command) -> None:
    ledger = lost.folder / "ledger.db"
    before = ledger.read_bytes()
    damaged = lost.folder / "damaged.db"
    damaged.write_bytes((lost.folder / "before.db").read_bytes()[:-5000])
    (lost.folder / "text.db").write_text("nothing")
    shutil.copy(lost.folder / "before.db", lost.folder / "altered.db")
    alter(lost.folder / "altered.db", "update audit set body = '{}' where seq = 2")
    for name, code in (("damaged.db", 4), ("text.db", 4), ("altered.db", 4), ("nowhere.db", 2), ("ledger.db", 2)):
        ended = sla("restore", name)
        assert ended.code == code, (name, ended.out, ended.err)
        assert ledger.read_bytes() == before
    assert not list(lost.folder.glob("ledger.db.replaced-*"))
    assert not list(lost.folder.glob(".ledger.db.restored*"))


def test_a_backup_of_another_portal_is_refused(lost: World, sla: Command) -> None:
    shutil.copy(lost.folder / "before.db", lost.folder / "other.db")
    rewrite(lost.folder / "other.db", "update meta set value = '42' where key = 'portal'")
    ended = sla("restore", "other.db")
    assert ended.code == 2
    assert "this backup belongs to portal 42, the ledger in its place to portal" in ended.err


def test_a_worker_must_be_stopped_first(lost: World, sla: Command) -> None:
    with database.open_for_writing(lost.folder / "ledger.db"):
        assert sla.process("restore", "before.db").code == 75
