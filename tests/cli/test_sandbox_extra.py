"""The extra `sandbox` left out, as in production. tests/packaging does the same with the real wheel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sla.cli import sandbox_extra
from hubspot_sla.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def no_web_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sandbox_extra, "PACKAGES", ("web_server_that_is_not_installed",))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", ["demo", "sandbox"])
def test_what_needs_the_sandbox_ends_with_2_and_says_what_to_install(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command])
    assert ended.value.code == 2
    assert "pip install 'hubspot-sla[sandbox]'" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("demo", "--help"), ("sandbox", "--help"), ("sandbox", "log", "--help")])
def test_help_works_without_it(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert ended.value.code == 0
    assert "Example:" in capsys.readouterr().out
