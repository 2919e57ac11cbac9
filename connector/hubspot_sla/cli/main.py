"""The `sla` command: its subcommands, and how every error ends the process."""

from __future__ import annotations

import errno
import importlib
import io
import os
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import terminal
from hubspot_sla.cli.garbage import not_looked_for_at_exit
from hubspot_sla.errors import SlaError, UsageProblem
from hubspot_sla.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "demo": "The whole loop on the embedded sandbox; no account needed.",
    "init": "Copy the starter mappings and jobs into a folder.",
    "check": "Check the mappings.",
    "test": "Run the tests of the mappings: tickets, and what is expected of each.",
    "setup": "Create the SLA properties in HubSpot and go live.",
    "teardown": "Archive what setup made.",
    "plan": "Show what a sync would write; nothing is written.",
    "sync": "Pull, judge, record, write the differences.",
    "worker": "Run the jobs in jobs/ on their schedules.",
    "jobs": "List the jobs with their next and last runs.",
    "run": "Run one job now.",
    "status": "Show on one screen whether everything works.",
    "doctor": "Check everything it depends on, with remedies.",
    "quarantine": "List the tickets that failed, and try them again.",
    "backup": "Copy the ledger while it is in use, and prove the copy.",
    "restore": "Put a backup in the place of the ledger.",
    "list": "List what is late and what is due next.",
    "report": "Report what was kept: attainment, and everything beside it.",
    "forecast": "Forecast the month, and which open promises are likely to be late.",
    "browse": "Look at the ledger in a browser: tables, queries, charts.",
    "contract": "Show contracts, and what is owed where promises were not kept.",
    "export": "Write objectives in a form that other tools read.",
    "compare": "Compare HubSpot's own SLA with the ledger: where they differ, and why.",
    "explain": "Explain why a ticket's verdicts are what they are.",
    "receipt": "Give a ticket's verdicts with all they rest on to somebody else.",
    "verify": "Check a receipt, without a ledger.",
    "forget": "Remove what the ledger holds of a ticket, a contact, a company or a person.",
    "waive": "Excuse lateness, with a reason.",
    "waiver": "List the waivers, or revoke one.",
    "notify": "List the channels of notifications, or send a test through one.",
    "audit": "Read and verify the audit log.",
    "period": "Close months, so that their figures stay, and show them.",
    "outcomes": "Compute what became of every promise again.",
    "evaluate": "Judge tickets from a file, offline.",
    "simulate": "Show what other mappings would have made of the recorded history.",
    "diff": "Say which promises two mappings make differently, and for whom.",
    "suggest": "Suggest targets that would have been kept.",
    "clock": "Ask a calendar: due, before, elapsed, open, show.",
    "sandbox": "Serve a HubSpot look-alike on this machine.",
}
"""Name to one line of help: the list is shown without importing any of them. Each lives in `cli/<name>.py`."""

EPILOG = """\b
Example:
  sla demo                 see it work, no HubSpot account needed
  sla init                 start your own mappings/ and jobs/
  sla check && sla plan    see what would change

\b
Exit codes: 0 done, 1 done but some rows were quarantined, 2 wrong usage or
mappings, 3 HubSpot refused (token, scope), 4 ledger damaged or locked,
75 come back later.
"""


_LONGEST_NAME = 200
_NO_PLACE = (errno.ENOSPC, errno.EDQUOT)


class Commands(click.Group):
    """Subcommands imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"hubspot_sla.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(error.message + hint, ctx) from None


@click.command(
    cls=Commands,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="hubspot-sla", prog_name="sla")
def sla() -> None:
    """SLA policies as code for HubSpot Service Hub.

    Pulls tickets, judges them by the policies in mappings/, writes due dates, breach flags and tasks back, and keeps
    an audit log that can prove every verdict.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point. Every error of ours ends with its exit code and says what to do; no secret is in any of it."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a subject may have letters that this terminal does not know
    not_looked_for_at_exit()
    redact = Redactor()
    redact.learn_from(os.environ)
    try:
        code = sla.main(arguments, prog_name="sla", standalone_mode=False, obj=redact)
    except click.ClickException as error:
        if "--json" in arguments:
            terminal.show_error(UsageProblem(error.format_message()), redact, as_json=True)
        else:
            terminal.show_usage_error(error, redact)
        sys.exit(error.exit_code)
    except click.Abort:
        terminal.notice("stopped")
        sys.exit(130)
    except SlaError as error:
        terminal.show_error(error, redact, as_json="--json" in arguments)
        sys.exit(error.exit_code)
    except OSError as error:
        sys.exit(_told(error, arguments, redact))
    except Exception as error:  # noqa: BLE001 - a defect of ours: shown whole, but without a secret
        if (damage := _damage_behind(error, arguments)) is not None:
            terminal.show_error(damage, redact, as_json="--json" in arguments)
            sys.exit(damage.exit_code)
        terminal.show_traceback(error, redact)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _damage_behind(error: Exception, arguments: Sequence[str]) -> SlaError | None:
    """Rows that somebody altered make no sense anywhere that they are shown: None where the ledger holds."""
    from hubspot_sla.cli import environment
    from hubspot_sla.errors import LedgerDamaged
    from hubspot_sla.ledger.database import open_for_reading

    given = dict(pairwise(arguments)).get("--ledger")
    try:
        with open_for_reading(environment.settings(ledger=given).ledger) as ledger:
            ledger.tell_unreadable(error)
    except LedgerDamaged as damage:
        return damage
    except SlaError:
        return None
    return None


def _told(error: OSError, arguments: Sequence[str], redact: Redactor) -> int:
    """Say what the system refused; the exit code. What is printed may have no place either: then nothing more is."""
    if error.filename is not None:
        terminal.show_error(_file_problem(error), redact, as_json="--json" in arguments)
        return UsageProblem.exit_code
    if error.errno not in _NO_PLACE:
        terminal.show_traceback(error, redact)
        return 1
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is buffered must not raise at exit
    message, remedy = f"the output cannot be written: {error.strerror}", "make room on the disk it goes to"
    terminal.show_error(UsageProblem(message, remedy=remedy), redact, as_json=False)
    return UsageProblem.exit_code


def _file_problem(error: OSError) -> UsageProblem:
    """What the system says of a file: no place left, a name that is too long, not for this user."""
    name = str(error.filename)
    shown = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."
    return UsageProblem(f"{shown}: {error.strerror or error}", remedy="see to this file, or name another one")
