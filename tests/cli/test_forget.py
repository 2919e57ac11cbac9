"""`sla forget` shows what it would do, does it when told so, and says what it cannot reach."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.cli.main import main
from hubspot_sla.ledger import database

if TYPE_CHECKING:
    from flows.world import World


def printed(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[object, str]:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    return ended.value.code, told.out + told.err


def test_nothing_is_removed_before_somebody_says_yes(live: World, capsys: pytest.CaptureFixture[str]) -> None:
    ticket = live.ticket(subject="Okapi")
    live.sync()
    ledger = ("--ledger", live.folder / "ledger.db")
    before = (live.folder / "ledger.db").read_bytes()
    code, out = printed(capsys, "forget", "--ticket", ticket, *ledger)
    assert (code, (live.folder / "ledger.db").read_bytes() == before) == (0, True)
    assert all(words in out for words in ("would be removed", "Not reached from here", "HubSpot", "`--yes` does it"))
    with database.open_for_writing(live.folder / "ledger.db"):
        assert printed(capsys, "forget", "--ticket", ticket, "--yes", *ledger)[0] == 75
    code, out = printed(capsys, "forget", "--ticket", ticket, "--yes", "--json", *ledger)
    assert (code, json.loads(out)["done"], json.loads(out)["records"]) == (0, True, [ticket])
    assert f"ticket {ticket} is still in HubSpot, as far as the last sync saw" in json.loads(out)["not_reached"]
    code, out = printed(capsys, "forget", "--ticket", ticket, *ledger)
    assert "Nothing is left to be removed" in out
    assert printed(capsys, "audit", "verify", *ledger)[0] == 0


@pytest.mark.parametrize("arguments", [(), ("--ticket", "1", "--contact", "2"), ("--ticket", "999")], ids=range(3))
def test_what_cannot_be_meant_is_refused(
    live: World, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    code, out = printed(capsys, "forget", *arguments, "--yes", "--ledger", live.folder / "ledger.db")
    assert code == 2
    assert "name one of" in out or "knows no ticket 999" in out
