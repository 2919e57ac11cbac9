"""`sla audit`: the log, and whether it holds."""

from __future__ import annotations

from pathlib import Path

import click

from hubspot_sla.cli import environment, terminal
from hubspot_sla.plain_text import counted


@click.group("audit", epilog="Example: sla audit verify && sla audit log --json")
def command() -> None:
    """Read and verify the append-only log of every verdict, plan and write."""


@command.command("verify", epilog="Example: sla audit verify")
@environment.ledger_option
@click.option(
    "--against",
    metavar="HEADFILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Heads that were kept elsewhere: the log of each must be the beginning of this one.",
)
@terminal.json_option
def verify(ledger: str | None, against: Path | None, *, as_json: bool) -> None:
    """Recompute the hash chain over the whole log, and hold the rows of all tables against it.

    Exit code 4 names the entry, or the table and the row, that does not hold. Prints the head: a copy of it, kept
    elsewhere, proves later that nothing before it was changed.
    """
    from hubspot_sla.ledger import audit_head
    from hubspot_sla.ledger.audit_verification import require_whole
    from hubspot_sla.ledger.database import open_for_reading

    kept = [] if against is None else audit_head.read_all(against.read_bytes(), str(against))
    with open_for_reading(environment.settings(ledger=ledger).ledger) as opened:
        verified = require_whole(opened.db)
        audit_head.require_continued(opened.db, kept)
    if as_json:
        terminal.print_json({**verified.as_json(), "heads": [head.size for head in kept]})
    else:
        terminal.say(verified.summary())
        if kept:
            terminal.say(f"{_heads(len(kept))} to it, the newest of {counted(kept[-1].size, 'entry')}")


def _heads(number: int) -> str:
    return "1 head that was kept leads" if number == 1 else f"{number} heads that were kept lead"


@command.command("head", epilog="Example: sla audit head > head.json")
@environment.ledger_option
@click.option(
    "--since",
    "earlier",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A head that somebody keeps: show that its log is the beginning of this one.",
)
@terminal.json_option
def head(ledger: str | None, earlier: Path | None, *, as_json: bool) -> None:  # noqa: ARG001 - it is JSON anyhow
    """Print the head as JSON, to be kept elsewhere: number of entries, root of the tree over their seals, newest seal.

    Whoever has it can tell later that nothing before it was changed, and that a receipt comes from this log. Exit code
    4 where the log of the earlier head is not the beginning of this one.
    """
    from hubspot_sla.errors import LedgerDamaged
    from hubspot_sla.ledger import audit_head
    from hubspot_sla.ledger.database import open_for_reading

    kept = None if earlier is None else audit_head.read(earlier.read_bytes(), str(earlier))
    with open_for_reading(environment.settings(ledger=ledger).ledger) as opened, opened.telling_damage():
        try:
            newest = audit_head.of(opened.db) if kept is None else audit_head.since(opened.db, kept)
        except ValueError as error:
            raise LedgerDamaged(
                f"this is not the log of that head: {error}",
                remedy="`sla audit verify` finds what was altered; otherwise it is another ledger, or an older backup",
            ) from error
    terminal.print_json(newest.as_json())


@command.command("export", epilog="Example: sla audit export --format csv --out log.csv")
@environment.ledger_option
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--out", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Instead of the terminal.")
def export(ledger: str | None, form: str, out: Path | None) -> None:
    """Write every entry of the log, the oldest first, with its texts: as JSON lines, or as CSV for spreadsheets.

    With `body`, `commitment`, `digest` and `hash` as they are sealed, somebody else can compute the chain again.
    """
    from hubspot_sla.errors import UsageProblem
    from hubspot_sla.flows.inspection import audit_export
    from hubspot_sla.ledger.database import open_for_reading

    with open_for_reading(environment.settings(ledger=ledger).ledger) as opened, opened.telling_damage():
        if out is None and form == audit_export.JSON_LINES:
            for entry in audit_export.entries(opened.db):
                terminal.print_json_line(entry)
            return
        exported = audit_export.lines(opened.db, form)
        if out is None:
            for line in exported:
                terminal.write_document(line)
            return
        try:
            with out.open("wb") as file:
                file.writelines(exported)
        except OSError as error:
            raise UsageProblem(f"cannot write {out}: {error.strerror}", remedy="name another file") from None


@command.command("replay", epilog="Example: sla audit replay")
@environment.ledger_option
@terminal.json_option
def replay(ledger: str | None, *, as_json: bool) -> None:
    """Compute every recorded verdict again, from the facts and mappings that were known then. HubSpot is not asked.

    Exit code 4 where one comes out otherwise than it was recorded. Verdicts by older rules of the clock are computed
    too and counted apart.
    """
    from hubspot_sla.flows.inspection import audit_replay
    from hubspot_sla.ledger.database import open_for_reading

    with (
        terminal.progress("replaying", quiet=as_json) as tell,
        open_for_reading(environment.settings(ledger=ledger).ledger) as opened,
    ):
        done = audit_replay.replay(opened, progress=lambda so_far: tell(so_far.summary()))
    if as_json:
        terminal.print_json(done.as_json())
    else:
        terminal.say(done.summary())
    audit_replay.require_same(done)


@command.command("log", epilog="Example: sla audit log --ticket 28100042")
@environment.ledger_option
@click.option("--ticket", metavar="ID", help="Only entries about this ticket.")
@click.option("--kind", metavar="KIND", help="Only this kind: policy, verdict, plan, write, task, refused, ...")
@click.option("--last", type=click.IntRange(min=1), default=50, show_default=True, help="How many, newest last.")
@terminal.json_option
def log(ledger: str | None, ticket: str | None, kind: str | None, last: int, *, as_json: bool) -> None:
    """Show entries of the log: one line each, or whole with --json (JSON lines)."""
    from hubspot_sla.ledger.audit import log as entries
    from hubspot_sla.ledger.database import open_for_reading
    from hubspot_sla.plan.instant_text import wire
    from hubspot_sla.plan.records import RecordRef

    with open_for_reading(environment.settings(ledger=ledger).ledger) as opened:
        shown = list(entries(opened.db, record=None if ticket is None else RecordRef.of(ticket), kind=kind, last=last))
    if as_json:
        for entry in shown:
            line = {
                "seq": entry.seq,
                "at": wire(entry.at),
                "run": entry.run_id,
                "kind": entry.kind,
                "record": entry.record.key if entry.record else None,
                "body": entry.body,
                "hash": entry.hash,
            }
            terminal.print_json_line(line)
        return
    terminal.table(
        ["seq", "at", "run", "kind", "record", "what"],
        [
            [e.seq, wire(e.at), e.run_id, e.kind, e.record.key if e.record else None, _gist(e.kind, e.body)]
            for e in shown
        ],
    )


def _gist_of_closing(what: str, more: dict[str, object]) -> str:
    """Of a month, or of a window of a contract."""
    if "contract" in more:
        return f"{more['contract']} {what}: {more['payable']} {more['currency']} payable"
    return f"{what}: {counted(int(str(more['outcomes'])), 'outcome')}"


def _gist(kind: str, body: dict[str, object]) -> str:
    """The most important part of one entry."""
    match kind, body:
        case "verdict", {"after": dict(after)}:
            return ", ".join(f"{clock} {verdict['status']}" for clock, verdict in sorted(after.items()))
        case "write" | "plan", {"changes": dict(changes)}:
            return ", ".join(sorted(changes))
        case "plan" | "contract_rungs" | "contract_states", {"plan": list(actions)}:
            return ", ".join(str(action["key"]) for action in actions)
        case "task" | "note" | "completion", {"key": key, **more}:
            id_ = next((more[name] for name in ("task_id", "note_id") if name in more), "")
            return f"{id_}: {key}"
        case "restatement", {"restated": list(restated)}:
            return ", ".join(f"{one['clock']} {one['cycle']}: {one['cause']}" for one in restated)
        case "period" | "contract", {"period": period, "edition": edition, **more}:
            return _gist_of_closing(f"{period}, edition {edition}", more)
        case _, {"reason": reason}:
            return str(reason)
        case "policy", {"version": version}:
            return str(version)
        case _, {"entry": int(entry)}:
            return f"as entry {entry} asks"
        case _:
            return ""
