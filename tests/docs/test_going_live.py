"""docs/how-to/going-live.md: every command of it, in its order, against the look-alike."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.conftest import Command
from flows.world import NOW, world
from hubspot_sandbox.seed import seeded_portal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flows.world import World

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/going-live.md").read_text(encoding="utf-8")
DEPLOY = ROOT / "jobs/deploy"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[World]:
    made = world(seeded_portal(NOW, tickets=40), tmp_path, None)
    yield made
    made.close()


def commands() -> list[list[str]]:
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return [line.partition("#")[0].split()[1:] for block in blocks for line in block.splitlines()]


def test_the_commands_work_in_their_order(desk: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sla = Command(desk, monkeypatch)
    for arguments in commands():
        ended = sla(*arguments)
        assert ended.code == 0, f"sla {' '.join(arguments)}\n{ended.out}\n{ended.err}"
    assert (desk.folder / "before-the-upgrade.db").is_file()
    assert "nothing here that is still ours" in sla("teardown", "--yes").out


def test_a_backup_from_before_goes_in_the_place_of_the_ledger(desk: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sla = Command(desk, monkeypatch)
    for arguments in (["setup"], ["sync"], ["backup", "before.db"], ["sync"]):
        assert sla(*arguments).code == 0
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        (desk.folder / name).unlink(missing_ok=True)
    (desk.folder / "before.db").rename(desk.folder / "ledger.db")
    for arguments in (["audit", "verify"], ["plan"], ["sync"]):
        assert sla(*arguments).code == 0


def test_a_ledger_refuses_the_token_of_another_portal(
    desk: World, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.set_up()
    source = seeded_portal(NOW, tickets=1)
    source.account = replace(source.account, portal_id=source.account.portal_id + 1)
    other = world(source, tmp_path_factory.mktemp("other"))
    try:
        ended = Command(other, monkeypatch)("sync", "--ledger", str(desk.folder / "ledger.db"))
    finally:
        other.close()
    assert ended.code == 2
    assert "this ledger belongs to portal" in ended.err


def test_two_portals_in_two_folders_share_nothing(
    desk: World, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = seeded_portal(NOW, tickets=3)
    source.account = replace(source.account, portal_id=source.account.portal_id + 1)
    other = world(source, tmp_path_factory.mktemp("globex"), None)
    try:
        for folder in (desk, other):
            sla = Command(folder, monkeypatch)
            for arguments in (["setup"], ["sync"], ["backup", "--keep", "2"], ["status"]):
                assert sla(*arguments).code == 0
        seen = [folder.rows("select count(*) from records")[0][0] for folder in (desk, other)]
    finally:
        other.close()
    assert seen == [40, 3]


def test_the_files_it_names_exist() -> None:
    named = set(re.findall(r"jobs/deploy/([\w@.-]+)", PAGE)) - {"sla-job@NAME.timer"}
    assert named
    assert all((DEPLOY / name).is_file() for name in named)
    assert len([*DEPLOY.glob("sla-job@*.timer")]) == 14
