"""The token is planted in every door through which it could come out, and looked for wherever anything is kept."""

from __future__ import annotations

import json
import logging
import subprocess
from typing import TYPE_CHECKING

import pytest

from cli.conftest import SLA
from flows.world import TOKEN, environment
from hubspot_sla.cli.main import main
from hubspot_sla.cli.redacted_logs import Redacting
from hubspot_sla.flows.context.settings import from_environment
from hubspot_sla.redaction import Redactor

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Command
    from flows.world import World


def everything_kept(world: World) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(world.folder.rglob("*")) if path.is_file())


@pytest.mark.parametrize("arguments", [("sync",), ("sync", "--json")])
def test_hubspot_sends_it_back_in_a_refusal(live: World, sla: Command, arguments: tuple[str, ...]) -> None:
    """The rows of a batch are refused with the token in the reason: it would end in quarantine, outbox and audit."""
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.running.faults.add("poison_rows", route="batch_update", ids=[ticket], message=f"no entry for Bearer {TOKEN}")
    ended = sla(*arguments)
    assert ended.code == 1
    (reason,) = live.rows("select reason from quarantine")
    assert "pat-…" in str(reason)
    assert TOKEN.encode() not in everything_kept(live)


def test_it_stands_in_the_address(live: World, sla: Command) -> None:
    ended = sla("sync", "--json", HUBSPOT_BASE_URL=f"http://127.0.0.1:9/{TOKEN}")
    assert ended.code == 75
    assert "pat-…" in str(ended.error["message"])
    assert "Unreachable" in str(live.rows("select outcome from runs order by rowid desc limit 1"))
    assert TOKEN.encode() not in everything_kept(live)


def test_it_stands_in_a_path(sla: Command, empty: World) -> None:
    for arguments in (("status",), ("status", "--json"), ("audit", "verify")):
        assert sla(*arguments, SLA_LEDGER=f"/nowhere/{TOKEN}/ledger.db").code == 2
    assert sla("sync", SLA_MAPPINGS=f"/nowhere/{TOKEN}").code == 2


def test_it_is_given_where_an_option_belongs(sla: Command) -> None:
    for arguments in (("sync", f"--{TOKEN}"), ("sync", f"--{TOKEN}", "--json"), (TOKEN,), ("explain", TOKEN, TOKEN)):
        assert sla(*arguments).code == 2


def test_a_defect_is_told_with_its_traceback(
    empty: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def raising(*_: object, **__: object) -> None:
        raise RuntimeError(f"GET /?hapikey={TOKEN}")

    monkeypatch.chdir(empty.folder)
    monkeypatch.setenv("HUBSPOT_TOKEN", TOKEN)
    monkeypatch.setattr("hubspot_sla.flows.context.context.connected", raising)
    with pytest.raises(SystemExit) as ended:
        main(["sync"])
    told = capsys.readouterr().err
    assert ended.value.code == 1
    assert "Traceback" in told
    assert "RuntimeError: GET /?hapikey=pat-…" in told
    assert TOKEN not in told


def test_it_is_in_a_log_line_its_arguments_and_its_traceback() -> None:
    redact = Redactor()
    redact.learn(TOKEN, "pat-…")
    error = ValueError(TOKEN)
    record = logging.LogRecord("x", logging.ERROR, "f", 1, f"a {TOKEN} %s", (TOKEN,), (ValueError, error, None))
    line = Redacting(logging.Formatter("%(message)s"), redact).format(record)
    assert TOKEN not in line
    assert line.count("pat-…") == 3


def test_a_job_that_raises_it_does_not_log_it(live: World) -> None:
    """A real process: what an admin's job raises goes through the worker's log."""
    jobs = live.folder / "jobs"
    for path in jobs.glob("*.py"):
        path.unlink()
    (jobs / "leaky.py").write_text(
        "import os, signal\n"
        "def when(scheduler):\n    return scheduler.every().hour\n"
        "def run(parts):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    raise RuntimeError(parts.settings.token.reveal())\n"
    )
    ran = subprocess.run(
        [SLA, "worker", "--json"], env=environment(live), cwd=live.folder, capture_output=True, text=True, check=False
    )
    said = [json.loads(line) for line in ran.stderr.splitlines()]
    assert any("RuntimeError: pat-…" in line.get("traceback", "") for line in said)
    assert TOKEN not in ran.stdout + ran.stderr
    assert TOKEN.encode() not in everything_kept(live)


def test_the_secrets_that_mappings_name_are_known_too() -> None:
    settings = from_environment({"TIERS_KEY": "s3cr3t-of-the-tiers", "OTHER_TOKEN": "t0ken-of-another"})
    assert settings.redactor("s3cr3t-of-the-tiers t0ken-of-another") == "s3cr3t-of-the-tiers …"
    settings.secret("TIERS_KEY")
    assert "s3cr3t" not in settings.redactor("a s3cr3t-of-the-tiers b")
    assert "s3cr3t" not in repr(settings)


def test_a_secret_is_found_as_urls_and_json_write_it() -> None:
    redact = Redactor()
    redact.learn('a/b+c "d"\\e')
    assert redact("?t=a%2Fb%2Bc%20%22d%22%5Ce&u=a%2Fb%2Bc+%22d%22%5Ce") == "?t=…&u=…"
    assert redact('{"t": "a/b+c \\"d\\"\\\\e"}') == '{"t": "…"}'
    assert redact.within({"t": ['a/b+c "d"\\e'], "n": 1}) == {"t": ["…"], "n": 1}


def test_the_longer_of_two_secrets_goes_first_and_a_short_one_is_no_secret() -> None:
    redact = Redactor()
    redact.learn("abcdef", "1")
    redact.learn("abcdefgh", "2")
    redact.learn("an")
    assert redact("an abcdefgh and abcdef") == "an 2 and 1"


def test_nothing_but_the_environment_was_read_and_its_secrets_are_hidden(
    sla: Command, empty: World, tmp_path: Path
) -> None:
    assert sla("sync", "--no-such-option", TIERS_TOKEN="tiers-secret-0001").code == 2
    ended = sla("check", "--mappings", "tiers-secret-0001", TIERS_TOKEN="tiers-secret-0001")
    assert ended.code == 2
    assert "tiers-secret-0001" not in ended.err
