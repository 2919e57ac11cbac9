"""The command as people run it: a process in a folder of its own, against a served portal."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flows.world import NOW, TOKEN, environment, world
from hubspot_sla.cli.main import main
from seeded import copied_portal
from waits import nobody_waits_for_a_retry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flows.world import World

SLA = Path(sys.executable).with_name("sla")

__all__ = ["nobody_waits_for_a_retry"]


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> object:
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, object]:
        body = json.loads(self.out)["error"]
        assert isinstance(body, dict)
        return body


class Command:
    """`sla` in the folder of a world. Whatever it prints is searched for the token.

    Called, it runs in this process, which saves a second a time; `process` is the real thing.
    """

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self._world = world
        self._patch = monkeypatch

    def __call__(self, *arguments: str, token: str = TOKEN, **environs: str) -> Ended:
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True), io.StringIO()  # a receipt is bytes
        with self._patch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.chdir(self._world.folder)
            for name, value in (environment(self._world, token) | environs).items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main(arguments)
            printed = out.buffer.getvalue().decode()  # type: ignore[attr-defined] # it is a BytesIO
        return _checked(Ended(int(str(ended.value.code)), printed, err.getvalue()), token)

    def process(self, *arguments: str, token: str = TOKEN, **variables: str) -> Ended:
        ran = subprocess.run(
            [SLA, *arguments],
            env=environment(self._world, token) | variables,
            cwd=self._world.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return _checked(Ended(ran.returncode, ran.stdout, ran.stderr), token)


def _checked(ended: Ended, token: str) -> Ended:
    for printed in (ended.out, ended.err):
        assert not token or token not in printed
        assert "Traceback" not in printed
    return ended


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[World]:
    """A portal without tickets; the starter mappings with round figures for policies. Not set up."""
    made = world(copied_portal(NOW, tickets=0), tmp_path)
    yield made
    made.close()


@pytest.fixture
def live(empty: World) -> World:
    """Set up and synced, with one ticket an hour late."""
    empty.go_live()
    empty.advance(minutes=1)
    empty.ticket(hs_ticket_priority="HIGH", company="5015", hubspot_owner_id="3002")
    empty.sync()
    empty.advance(hours=2)
    empty.sync()
    return empty


@pytest.fixture
def sla(empty: World, monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(empty, monkeypatch)
