"""`sla receipt` and `sla verify` as people run them: the one with a ledger, the other with nothing at all."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    from flows.world import World


def printed(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[object, str]:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    return ended.value.code, told.out + told.err


@pytest.fixture
def files(live: World, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> tuple[Path, Path, str]:
    """A receipt and a head, and the ticket."""
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    receipt, head = tmp_path / "receipt.json", tmp_path / "head.json"
    for file, arguments in ((receipt, ("receipt", ticket)), (head, ("audit", "head"))):
        code, out = printed(capsys, *arguments, "--ledger", live.folder / "ledger.db")
        assert code == 0
        file.write_bytes(out.encode())
    return receipt, head, ticket


def test_a_receipt_is_verified_with_a_head_and_without(
    files: tuple[Path, Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    receipt, head, ticket = files
    code, out = printed(capsys, "verify", receipt, "--head", head)
    assert (code, out.splitlines()[0][:40]) == (0, "This receipt holds: it ends in your head")
    assert all(words in out for words in (ticket, "Proven by the head", "Computed again", "Shown, and vouched for"))
    code, out = printed(capsys, "verify", receipt)
    assert (code, out.splitlines()[0]) == (1, "This receipt recomputes, but is anchored nowhere.")
    receipt.write_bytes(receipt.read_bytes().replace(b"8h", b"9h"))
    code, out = printed(capsys, "verify", receipt, "--head", head, "--json")
    assert (code, json.loads(out)["exit_code"], json.loads(out)["anchored"]) == (4, 4, True)
    assert "altered" in json.loads(out)["differences"][0]
    code, out = printed(capsys, "verify", head)
    assert code == 2
    assert "no receipt" in out
    assert "Traceback" not in out


def test_verifying_needs_nothing_but_the_program(files: tuple[Path, Path, str], tmp_path: Path) -> None:
    receipt, head, _ = files
    alone = tmp_path / "alone"
    alone.mkdir()
    arguments = ["verify", str(receipt), "--head", str(head)]
    code = f"import sys; from hubspot_sla.cli.main import main; main({arguments!r})"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=alone, env={"HOME": str(alone)}, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert list(alone.iterdir()) == []
    assert "This receipt holds" in ran.stdout


def test_the_head_may_be_one_of_many_and_show_that_it_begins_with_an_earlier_one(
    files: tuple[Path, Path, str], live: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    receipt, head, ticket = files
    live.advance(hours=1)
    live.change(ticket, hs_ticket_priority="LOW")
    live.sync()
    ledger = live.folder / "ledger.db"
    code, later = printed(capsys, "audit", "head", "--since", head, "--ledger", ledger)
    assert code == 0
    (tmp_path / "later.json").write_text(later, encoding="utf-8")
    assert printed(capsys, "verify", receipt, "--head", tmp_path / "later.json")[0] == 0
    _, newest = printed(capsys, "audit", "head", "--ledger", ledger)
    (tmp_path / "newest.json").write_text(newest, encoding="utf-8")
    code, out = printed(capsys, "verify", receipt, "--head", tmp_path / "newest.json")
    assert code == 4
    assert "ask for a receipt" in out
    lines = [json.dumps(json.loads(text)) for text in (newest, head.read_text(encoding="utf-8"))]
    (tmp_path / "heads.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert printed(capsys, "verify", receipt, "--head", tmp_path / "heads.jsonl")[0] == 0
    (tmp_path / "other.json").write_text(later.replace('"root": "', '"root": "0'), encoding="utf-8")
    assert printed(capsys, "audit", "head", "--since", tmp_path / "other.json", "--ledger", ledger)[0] == 2
