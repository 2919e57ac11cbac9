"""`sla demo`: the whole story in under a minute, on the embedded sandbox."""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from hubspot_sla.cli import terminal
from hubspot_sla.cli.sandbox_extra import require_sandbox
from hubspot_sla.plain_text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hubspot_sandbox.server import Running
    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.context.settings import Settings
    from hubspot_sla.flows.sending.commit import RunStats

    Say = Callable[[str], None]

TOKEN = "pat-demo-0000-sandbox"  # noqa: S105 - the sandbox's, worth nothing
MONDAY_MORNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""Always the same instant: the demo shows the same on every machine and on every day."""
MOVED = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Breach:
    """One broken promise, as the ledger has it."""

    ticket_id: str
    metric: str
    due_at: str
    policy: str


@dataclass(frozen=True, slots=True)
class Story:
    """What happened, in order."""

    planned: int
    first: RunStats
    second: RunStats
    idle: RunStats
    breached: list[Breach]
    tasks: list[dict[str, str | None]]
    notes: list[str]
    audit_entries: int
    requests: int

    def as_json(self) -> dict[str, object]:
        return {
            "planned_tickets": self.planned,
            "first_sync": self.first.as_json(),
            "second_sync": self.second.as_json(),
            "idle_sync": self.idle.as_json(),
            "newly_breached": [
                {"ticket": b.ticket_id, "metric": b.metric, "due_at": b.due_at, "policy": b.policy}
                for b in self.breached
            ],
            "tasks": self.tasks,
            "notes": self.notes,
            "requests": self.requests,
            "audit_entries": self.audit_entries,
            "audit_chain_whole": True,
        }


@click.command("demo", epilog="Example: sla demo --json")
@terminal.json_option
def command(*, as_json: bool) -> None:
    """Show the whole loop on the embedded sandbox: no account, no set-up, nothing left behind.

    Sets up properties in an invented portal, plans, syncs, moves the sandbox's clock past some due times, syncs again,
    and shows what a support team would see.
    """
    require_sandbox()
    with _stage() as (running, settings):
        _tell(running, settings, quiet=as_json)


@contextmanager
def _stage() -> Iterator[tuple[Running, Settings]]:
    from hubspot_sandbox.seed import seeded_portal
    from hubspot_sandbox.server import serve
    from hubspot_sla.flows.context.settings import from_environment
    from hubspot_sla.flows.installation.starter_set import starter_root

    with (
        tempfile.TemporaryDirectory(prefix="sla-demo-") as folder,
        serve(seeded_portal(MONDAY_MORNING), token=TOKEN) as running,
    ):
        yield (
            running,
            from_environment(
                {
                    "HUBSPOT_TOKEN": TOKEN,
                    "HUBSPOT_BASE_URL": running.url,
                    "SLA_CLOCK": "hubspot",
                    "SLA_LEDGER": str(Path(folder) / "ledger.db"),
                    "SLA_MAPPINGS": str(starter_root() / "mappings"),
                }
            ),
        )


def _tell(running: Running, settings: Settings, *, quiet: bool) -> None:
    from hubspot_sla.flows.context.context import wired

    say = _nothing if quiet else terminal.say
    heading = _nothing if quiet else terminal.heading
    with wired(settings) as context:
        heading(f"1. A portal with 500 tickets; its clock says {_clock(running)}")
        _set_up(context, say)
        heading("2. What would a sync write? (sla plan)")
        planned = _plan(context, say)
        heading("3. Sync: judge every ticket, write the differences (sla sync)")
        first = _sync(context, say)
        running.advance(MOVED)
        heading(f"4. Six hours later: the clock says {_clock(running)}. Sync again")
        before = _breaches(context)
        second = _sync(context, say)
        breached = [breach for breach in _breaches(context) if breach not in before]
        so_far = Story(planned, first, second, second, breached, _tasks(running), _notes(running), 0, 0)
        if not quiet:
            _show(running, context, so_far)
        heading("8. Once more, with nothing changed; then the audit log (sla audit verify)")
        idle = _sync(context, say)
        entries = _verify(context, say)
        story = replace(so_far, idle=idle, audit_entries=entries, requests=len(running.requests))
    if quiet:
        terminal.print_json(story.as_json())
    else:
        _sum_up(story)


def _nothing(_: str) -> None:
    """With --json only the figures are printed."""


def _set_up(context: Context, say: Say) -> None:
    from hubspot_sla.flows.context import portal_binding
    from hubspot_sla.flows.installation import setup
    from hubspot_sla.flows.reading import own_properties, policy_versions

    portal_binding.bind_portal(context)
    new = policy_versions.candidate(context)
    if new is None:
        raise AssertionError("a new ledger has no policy version")
    plan = own_properties.plan_setup(context, new.version.mappings)
    setup.set_up(context, new, plan)
    count = len(plan.missing)
    say(f"   sla setup: {count} ticket properties and markers of tasks and notes; live now")


def _plan(context: Context, say: Say) -> int:
    from hubspot_sla.flows.runs.sync import plan
    from hubspot_sla.plan.actions import WriteProperties

    actions = [action for batch in plan(context) for decision in batch.decisions for action in decision.actions]
    writes = [action for action in actions if isinstance(action, WriteProperties)]
    statuses = Counter(status for write in writes if (status := write.changes.get("sla_status")))
    counts_text = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in statuses.most_common(4))
    say(f"   {counted(len(writes), 'ticket')} to write: {counts_text}; {counted(len(actions) - len(writes), 'task')}")
    return len(writes)


def _sync(context: Context, say: Say) -> RunStats:
    from hubspot_sla.flows.runs.sync import sync

    stats = sync(context)
    done = f"{stats.judged} judged, {stats.properties_written} written, {counted(stats.tasks_created, 'task')} created"
    say(f"   {done}, API calls: {stats.calls.total()}")
    return stats


def _breaches(context: Context) -> list[Breach]:
    from hubspot_sla.ledger.verdicts import with_status

    verdict_rows = with_status(context.ledger.db, "breached")
    breaches = [
        Breach(record.key, clock, str(body["due_at"]), str(body["policy"])) for record, clock, body in verdict_rows
    ]
    return sorted(breaches, key=lambda breach: (breach.due_at, breach.ticket_id))


def _tasks(running: Running) -> list[dict[str, str | None]]:
    portal = running.portal
    return [
        {
            "ticket": ticket_id,
            "task": task["hs_object_id"],
            "subject": task.get("hs_task_subject"),
            "owner": task.get("hubspot_owner_id"),
        }
        for ticket_id in portal.ids("tickets")
        for task in portal.tasks_of(ticket_id)
    ]


def _notes(running: Running) -> list[str]:
    """What the notes say, in plain text."""
    from html import unescape
    from re import sub

    bodies = (running.portal.read("notes", id_).get("hs_note_body", "") for id_ in running.portal.ids("notes"))
    return [unescape(sub(r"<br\s*/?>|</p>", "\n", body)) for body in bodies]


def _show(running: Running, context: Context, story: Story) -> None:
    from hubspot_sla.cli import demo_screens

    terminal.heading(f"5. {counted(len(story.breached), 'promise')} broken meanwhile, flagged in HubSpot")
    rows = demo_screens.show_breaches(context, {(breach.ticket_id, breach.metric) for breach in story.breached})
    shown = demo_screens.example(context, rows)
    if shown is not None:
        key = shown.row.cycle.record.key
        terminal.heading(f"6. Ticket {key} as HubSpot shows it, and why (sla explain {key})")
        demo_screens.show_example(running, shown)
    made = f"{counted(len(story.tasks), 'task')} and {counted(len(story.notes), 'note')}"
    terminal.heading(f"7. {made}, as escalations.yaml asks since go-live")
    demo_screens.show_tasks(story.tasks)


def _sum_up(story: Story) -> None:
    terminal.box(
        "What you have seen",
        [
            f"{counted(story.first.judged, 'ticket')} judged by policies in YAML,"
            f" {story.planned} of them written to HubSpot",
            f"{counted(len(story.breached), 'promise')} broken in six hours, each flagged once,"
            f" with {counted(len(story.tasks), 'task')}",
            f"a sync with nothing to do costs {sum(story.idle.calls.values())} call; all of this took {story.requests}",
            f"every verdict stands in an audit log of {counted(story.audit_entries, 'entry')}, and says why",
            "nothing is left behind; next: `sla init`, and your own portal",
        ],
    )


def _verify(context: Context, say: Say) -> int:
    from hubspot_sla.ledger.audit_verification import require_whole

    verified = require_whole(context.ledger.db)
    say(f"   {counted(verified.entries, 'entry')}, chain whole, head {verified.head[:16]}...")
    return verified.entries


def _clock(running: Running) -> str:
    """As every other instant here is shown: in the zone of the portal, which is that of its calendars."""
    from hubspot_sla.language.forms import instant
    from hubspot_sla.language.texts import ENGLISH, texts_of

    at = int(running.clock.now().timestamp() * 1000)
    return instant(at, ZoneInfo("Europe/Berlin"), texts_of(ENGLISH))
