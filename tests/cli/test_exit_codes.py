"""Everything that can be wrong ends with its exit code and says what to do; the token is never printed."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from altered import alter
from flows.world import TOKEN
from hubspot_sla.ledger import database
from raw_servers import server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.conftest import Command
    from flows.world import World


def test_no_token_is_3(sla: Command) -> None:
    ended = sla.process("setup", token="")
    assert ended.code == 3
    assert "HUBSPOT_TOKEN" in ended.err


def test_a_wrong_token_is_3(sla: Command) -> None:
    ended = sla.process("setup", "--json", token="pat-eu1-99999999-0000-0000-0000-000000000000")
    assert ended.code == 3
    assert ended.error["kind"] == "TokenRejected"


def test_a_missing_scope_is_3_and_named(sla: Command, empty: World) -> None:
    empty.running.access.grant(TOKEN, ["tickets"])
    ended = sla("setup")
    assert ended.code == 3
    assert "crm." in ended.err
    assert "scope" in ended.err


def test_a_part_that_rests_for_want_of_a_scope_is_3_and_named_and_the_rest_is_done(live: World, sla: Command) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=1, seconds=2)
    live.running.faults.add("missing_scope", path="*/tasks/batch/create", scopes=["crm.objects.contacts.write"])
    ended = sla("sync")
    assert ended.code == 3
    assert "crm.objects.contacts.write" in ended.err
    assert live.held(ticket)["breached"] == "true"


def test_an_unknown_label_is_2_with_its_place_and_the_nearest_right_one(sla: Command, empty: World) -> None:
    empty.edit("portal.yaml", lambda text: text.replace("  Onboarding:\n", "  Onbording:\n"))
    empty.edit("policies.yaml", lambda text: text.replace("pipeline: Onboarding", "pipeline: Onbording"))
    ended = sla("setup", "--json")
    assert ended.code == 2
    (problem,) = [one for one in ended.error["problems"] if "Onbording" in one["message"]]  # type: ignore[attr-defined]
    line = (empty.folder / "mappings" / "portal.yaml").read_text().splitlines()[problem["line"] - 1]
    assert line[problem["column"] - 1 :].startswith("Onbording")
    assert "Onboarding" in problem["remedy"]
    assert not (empty.folder / "ledger.db").exists() or empty.rows("select * from policy_versions") == []


def test_a_malformed_file_is_2_with_its_place(sla: Command, empty: World) -> None:
    empty.edit("policies.yaml", lambda text: text + "  - id: [oops\n")
    ended = sla("check")
    assert ended.code == 2
    assert "policies.yaml:" in ended.err


def test_overlapping_dates_of_a_tier_are_2(sla: Command, empty: World) -> None:
    empty.edit("tiers.csv", lambda text: text + "5021,gold,2025-06-01,\n")
    ended = sla("check")
    assert ended.code == 2
    assert "tiers.csv:" in ended.err
    assert "5021" in ended.err


def test_hubspot_down_is_75(sla: Command, empty: World) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        ended = sla("setup", "--json", HUBSPOT_BASE_URL=f"http://127.0.0.1:{nobody.getsockname()[1]}")
    assert ended.code == 75
    assert ended.error["kind"] == "Unreachable"


@pytest.mark.parametrize("account", [b'{"timeZone":"Europe/Berlin"}', b'{"portalId":"our portal"}'])
def test_an_account_without_its_number_is_75_and_no_traceback(sla: Command, account: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(account)
    with server(lambda connection: connection.sendall(head + account)) as url:
        ended = sla.process("setup", "--json", HUBSPOT_BASE_URL=url.rstrip("/"))
    assert ended.code == 75
    assert ended.error["kind"] == "UnexpectedAnswer"
    assert "'portalId' should be a" in str(ended.error["message"])
    assert "proxy" in str(ended.error["remedy"])


@pytest.mark.parametrize("command", [("setup", "--json"), ("doctor",)])
@pytest.mark.parametrize(
    "address", ["http://[::1", "http://x\x1b[31m", "http://x:99999", "http://user:hush-hush@x", f"http://{'a' * 300}"]
)
def test_what_is_no_address_of_hubspot_is_2_and_shows_no_password(
    sla: Command, command: tuple[str, ...], address: str
) -> None:
    ended = sla(*command, HUBSPOT_BASE_URL=address)
    assert ended.code == 2
    assert "Traceback" not in ended.err
    assert "https://api.hubapi.com" in ended.out + ended.err
    assert not any(secret in ended.out + ended.err for secret in ("hush-hush", "\x1b"))


def test_no_folder_for_the_ledger_is_2(sla: Command) -> None:
    assert sla("sync", SLA_LEDGER="nowhere/ledger.db").code == 2


def test_a_sync_before_setup_is_2(sla: Command) -> None:
    ended = sla("sync")
    assert ended.code == 2
    assert "sla setup" in ended.err


def test_explaining_an_unknown_ticket_is_2(live: World, sla: Command) -> None:
    ended = sla("explain", "1")
    assert ended.code == 2
    assert "never seen" in ended.err


def cut_in_half(ledger: Path) -> None:
    content = ledger.read_bytes()
    half = len(content) // 2
    ledger.write_bytes(content[:4096] + b"\xa5" * (half - 4096) + content[half:])


def not_a_database(ledger: Path) -> None:
    ledger.write_bytes(b"nothing of the kind" * 1_000)


def tampered_with(ledger: Path) -> None:
    alter(ledger, "update audit set body = '{}' where seq = 2")


@pytest.mark.parametrize("damage", [cut_in_half, not_a_database, tampered_with])
def test_a_damaged_ledger_is_4(live: World, sla: Command, damage: Callable[[Path], None]) -> None:
    damage(live.folder / "ledger.db")
    ended = sla("audit", "verify", "--json")
    assert ended.code == 4
    assert ended.error["kind"] == "LedgerDamaged"


def test_a_sync_on_a_damaged_ledger_is_4(live: World, sla: Command) -> None:
    cut_in_half(live.folder / "ledger.db")
    assert sla("sync").code == 4


def test_a_second_worker_is_75(live: World, sla: Command) -> None:
    with database.open_for_writing(live.folder / "ledger.db"):
        ended = sla.process("sync", "--json")
    assert ended.code == 75
    assert ended.error["kind"] == "AnotherWorkerActive"


def test_a_quarantined_row_is_1(live: World, sla: Command) -> None:
    live.running.faults.add("poison_rows", ids=[live.ticket()], route="batch_update")
    assert sla("sync").code == 1


def test_a_folder_that_cannot_be_made_is_2(sla: Command, empty: World) -> None:
    (empty.folder / "file").write_text("")
    assert sla("init", "file/inside").code == 2
