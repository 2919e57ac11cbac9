"""`sla sandbox`: a HubSpot look-alike on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hubspot_sla.cli import terminal
from hubspot_sla.cli.sandbox_extra import require_sandbox
from hubspot_sla.errors import UsageProblem
from hubspot_sla.plain_text import counted

if TYPE_CHECKING:
    from datetime import datetime

    from hubspot_sandbox.faults.spec import Spec
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.store import Store

PORT = 8765
_ROUNDS = 2
_SHOWN = ("at", "took_ms", "method", "path", "query", "status", "policy", "bytes", "token", "fate")
HOW_TO = """\
HubSpot look-alike at {url} ({tickets}); its clock says {now}.

  sla:   HUBSPOT_BASE_URL={url} HUBSPOT_TOKEN={token} SLA_CLOCK=hubspot sla check --portal
  curl:  curl -H 'Authorization: Bearer {token}' {url}/crm/objects/2026-09/tickets
  SDK:   hubspot.Client(access_token="{token}", host="{url}")
  clock: curl -d '{{"advance_s": 3600}}' {url}/sandbox/clock
  log:   sla sandbox log --url {url}

Ctrl-C ends it; nothing is kept."""


@click.group("sandbox", invoke_without_command=True, epilog="Example: sla sandbox --port 8765 --token pat-sandbox")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0: any free port.")
@click.option("--token", default="pat-sandbox", show_default=True, help="The token clients must send.")
@click.option(
    "--load",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Serve a portal from files (pipelines.json, companies.json, owners.json, *.jsonl[.gz]) instead.",
)
@click.option(
    "--replay", is_flag=True, help="With --load: only what had happened by --now; the rest as the clock moves."
)
@click.option(
    "--portal-id", type=click.IntRange(1), metavar="ID", help="The portal's number, to play several portals at once."
)
@click.option(
    "--tickets", type=click.IntRange(1), default=500, show_default=True, help="How many to invent without --load."
)
@click.option(
    "--native-sla", is_flag=True, help="Without --load: with due instants of HubSpot's own SLA, in rules by priority."
)
@click.option(
    "--conversations",
    is_flag=True,
    help="Without --load: also tickets with an AI agent, bots, auto-replies, comments, calls and several threads.",
)
@click.option(
    "--db", type=click.Path(path_type=Path), metavar="FILE", help="Live in this new SQLite file, to look into it."
)
@click.option("--now", metavar="INSTANT", help="What its clock says at the start (ISO 8601; default: now).")
@click.option(
    "--faults",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What is to go wrong, as YAML or JSON (docs/reference/faults.md). Nothing does without it.",
)
@terminal.json_option
@click.pass_context
def command(context: click.Context, /, **options: Any) -> None:
    """Serve a HubSpot look-alike on 127.0.0.1 until Ctrl-C.

    Without --load it invents a portal: three pipelines, 500 tickets of the last 30 days. Its clock can be moved.
    """
    if context.invoked_subcommand is None:
        require_sandbox()
        _serve(**options)


@command.command("log", epilog="Example: sla sandbox log --json | jq .duplicate_tasks")
@click.option("--url", default=f"http://127.0.0.1:{PORT}", show_default=True, help="Where the sandbox is.")
@click.option("--limit", type=click.IntRange(0), default=20, show_default=True, help="How many requests and writes.")
@click.option("--after", type=click.IntRange(0), default=0, help="Only writes after this number.")
@terminal.json_option
def log(url: str, limit: int, after: int, *, as_json: bool) -> None:
    """Show what a running sandbox was asked, which writes it has, and what went wrong.

    Calls by kind and status, 429s by policy, tasks made twice on a ticket, values that were overwritten by somebody
    else, writes whose answer never arrived, and the last requests.
    """
    import requests

    from hubspot_sla.bounded_http import exchange, session

    try:
        with session() as within:
            answer = exchange(within, "GET", f"{url}/sandbox/log", params={"limit": limit, "after": after})
        report = json.loads(answer.body) if answer.status == requests.codes.ok else None
    except (requests.RequestException, ValueError) as error:
        raise _no_sandbox(url, str(error)) from None
    if not isinstance(report, dict):
        raise _no_sandbox(url, f"it answered {answer.status}")
    if as_json:
        terminal.print_json(report)
    else:
        _show(report)


def _no_sandbox(url: str, reason: str) -> UsageProblem:
    return UsageProblem(f"no sandbox at {url}: {reason}", remedy="start one with `sla sandbox`, or say --url")


def _show(report: dict[str, Any]) -> None:
    calls = [(kind, status, count) for kind, counts in report["kinds"].items() for status, count in counts.items()]
    terminal.table(("calls", "status", "count"), calls, title=f"{report['total']} requests")
    terminal.table(("429 by policy", "count"), list(report["refused"].items()))
    written = [(kind, action, count) for kind, counts in report["writes"].items() for action, count in counts.items()]
    terminal.table(("writes", "action", "count"), written)
    for name in ("duplicate_tasks", "lost_writes", "unanswered_writes"):
        terminal.say(f"{name.replace('_', ' ')}: {report[name]}")
    rows = [[request[name] for name in _SHOWN] for request in report["requests"]]
    terminal.table(_SHOWN, rows, title="last requests, newest first")


def _serve(
    port: int,
    token: str,
    load: Path | None,
    now: str | None,
    faults: Path | None,
    tickets: int,
    db: Path | None,
    portal_id: int | None,
    *,
    native_sla: bool,
    conversations: bool,
    replay: bool,
    as_json: bool,
) -> None:
    from hubspot_sandbox.seed_rules import NATIVE_RULES
    from hubspot_sandbox.server import run

    if replay and load is None:
        raise UsageProblem("--replay needs a log", remedy="say which with --load DIR")
    if native_sla and load is not None:
        raise UsageProblem("--native-sla has no rules for a portal from files", remedy="leave out --load")
    if conversations and load is not None:
        raise UsageProblem(
            "--conversations are invented, and a portal from files has its own", remedy="leave out --load"
        )
    instant = None if now is None else _instant(now)
    portal = _portal(load, instant, db, tickets, portal_id, conversations=conversations, replay=replay)
    if native_sla:
        portal.set_native_sla(NATIVE_RULES)
    served = len(portal.ids("tickets"))
    wrong = () if faults is None else _faults(faults)

    def announce(url: str) -> None:
        clock = portal.clock.now().isoformat(timespec="seconds")
        if as_json:
            terminal.print_json({"url": url, "token": token, "tickets": served, "now": clock})
        else:
            for line in HOW_TO.format(url=url, token=token, tickets=counted(served, "ticket"), now=clock).splitlines():
                terminal.say(line)

    try:
        run(portal, port=port, token=token, announce=announce, faults=wrong)
    except OSError as error:
        raise UsageProblem(f"cannot listen on port {port}: {error.strerror}", remedy="choose another --port") from None


def _faults(file: Path) -> list[Spec]:
    from hubspot_sandbox.faults.file import faults_of
    from hubspot_sandbox.faults.spec import FaultsInvalid

    try:
        return faults_of(file)
    except FaultsInvalid as invalid:
        raise UsageProblem(str(invalid), remedy="docs/reference/faults.md lists every fault and its keys") from None


def _portal(
    load: Path | None,
    now: datetime | None,
    db: Path | None,
    tickets: int,
    portal_id: int | None,
    *,
    conversations: bool,
    replay: bool,
) -> Portal:
    from datetime import UTC, datetime

    from hubspot_sandbox.account import PORTAL_ID, Account

    store, account = _store(db), Account(portal_id or PORTAL_ID)
    if load is None:
        from hubspot_sandbox.seed import seeded_portal

        rounds = _ROUNDS if conversations else 0
        return seeded_portal(now or datetime.now(UTC), tickets, account=account, store=store, conversations=rounds)
    from hubspot_sandbox.load import LoadError, load_portal

    try:
        return load_portal(load, now, replay=replay, account=account, store=store)
    except LoadError as error:
        raise UsageProblem(str(error), remedy="mend the file, or leave it out") from None


def _store(db: Path | None) -> Store:
    from sqlite3 import OperationalError

    from hubspot_sandbox.store import Store

    try:
        return Store(db)
    except FileExistsError as error:
        raise UsageProblem(str(error), remedy="choose another --db, or remove the file") from None
    except OperationalError as error:
        raise UsageProblem(f"cannot make {db}: {error}", remedy="choose another --db") from None


def _instant(text: str) -> datetime:
    from datetime import UTC, datetime

    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise UsageProblem(f"{text!r} is no instant", remedy="write it like 2026-11-23T09:00:00Z") from None
    instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    if not datetime(2000, 1, 2, tzinfo=UTC) <= instant < datetime(2100, 1, 1, tzinfo=UTC):
        raise UsageProblem(f"{text!r} is no time of a portal", remedy="choose one from 2000 to 2099")
    return instant
