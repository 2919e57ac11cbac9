"""Every command says what it does, with an example, and a slip is met with the nearest right word."""

from __future__ import annotations

import pytest

from hubspot_sla.cli.main import COMMANDS, main

GROUPS = {
    "audit": ("head", "log", "replay", "verify"),
    "outcomes": ("rebuild",),
    "clock": ("due", "before", "elapsed", "open", "show"),
    "quarantine": ("list", "retry"),
    "waiver": ("list", "revoke"),
    "report": ("kept", "late", "list", "statement", "uncovered", "why"),
    "contract": ("list", "show", "chain", "due", "statement"),
    "period": ("close", "restate", "list", "show"),
}
WORDS = [
    *((name,) for name in COMMANDS if name not in GROUPS),
    *((group, name) for group, names in GROUPS.items() for name in names),
]


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    told = capsys.readouterr()
    return ended.value.code, told.out, told.err


@pytest.mark.parametrize("words", [(), *((name,) for name in GROUPS), *WORDS], ids=" ".join)
def test_every_command_has_help_with_an_example(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    code, out, _ = printed(capsys, *words, "--help")
    assert code == 0
    assert "Example" in out


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_every_command_prints_json_on_request(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    assert "--json" in printed(capsys, *words, "--help")[1]


def test_the_exit_codes_are_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = printed(capsys, "--help")
    assert all(f"{code} " in out for code in (0, 1, 2, 3, 4, 75))


def test_a_slip_is_met_with_the_nearest_command(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = printed(capsys, "synk")
    assert code == 2
    assert "Did you mean sync?" in err


def test_an_unknown_option_is_json_too_where_json_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    import json

    code, out, _ = printed(capsys, "sync", "--json", "--nope")
    assert code == 2
    assert json.loads(out)["error"]["exit_code"] == 2
