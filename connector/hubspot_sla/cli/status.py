"""`sla status`: is it working?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubspot_sla.flows.inspection.status import ChannelBacklog, Status
    from hubspot_sla.ledger.runs import Run

EPILOG = """\b
Examples:
  sla status
  sla status --within 90 || mail -s "SLA is not working" ops@example.com
"""


@click.command("status", epilog=EPILOG)
@environment.ledger_option
@click.option(
    "--within",
    type=click.IntRange(min=1),
    default=15,
    show_default=True,
    metavar="MINUTES",
    help="How old the last good sync may be.",
)
@terminal.json_option
def command(ledger: str | None, within: int, *, as_json: bool) -> int:
    """Tell whether it is working, and what is going on, on one screen. HubSpot is not asked.

    Exit code 0 where the last sync went well and is recent; that of its error where it failed; 75 where none has ended
    well for too long; 2 before `sla setup`.
    """
    from hubspot_sla.flows.context.local_clock import local_now, wall_now
    from hubspot_sla.flows.inspection.status import status
    from hubspot_sla.ledger.database import open_for_reading

    settings = environment.settings(ledger=ledger)
    with open_for_reading(settings.ledger) as opened, opened.telling_damage():
        now = local_now(opened.db, settings.clock)
        found = status(opened.db, now, wall_now(), within_ms=within * 60_000, clock=settings.clock)
    if as_json:
        terminal.print_json(found.as_json())
    else:
        show(found)
    return found.exit_code


def show(found: Status) -> None:
    """The screen: the verdict, then a line for each thing that matters, then the last run of everything."""
    colour = "green" if found.working else "red"
    terminal.say_styled((found.verdict, {"fg": colour, "bold": True}))
    if found.remedy:
        terminal.say(f"  {found.remedy}")
    terminal.table(["what", "how it stands"], list(_lines(found)))
    columns = ["last run of", "ended", "took", "what came of it"]
    terminal.table(columns, [_run(run, found.now) for run in found.last])


def _lines(found: Status) -> Iterator[tuple[str, str]]:
    from hubspot_sla.flows.context.duration_text import span

    if found.clock:
        yield "clock", f"{found.clock}: `sla doctor` says what to do"
    yield "worker", f"{found.worker} holds the lease" if found.worker else "none is writing this moment"
    yield "behind HubSpot", "nothing was read yet" if found.lag_ms is None else span(found.lag_ms)
    at = found.deadlines
    yield "tickets", f"{at.open_tickets} open of {at.all_tickets}; late clocks: {at.late_clocks}"
    coming = "none" if at.next_at is None else f"in {span(at.next_at - found.now)}, of ticket {at.next_ticket}"
    yield "next deadline", f"{coming}; {at.within_an_hour} within an hour, {at.waiting} to be judged now"
    queue = ", ".join(f"{count} {what.replace('/', ' ')}" for what, count in sorted(found.queue.items()))
    yield "queue", queue or "empty"
    yield "quarantine", _quarantine(found)
    yield "quota", _quota(found)
    yield "slow lane", _slow_lane(found)
    rungs = found.rungs
    yield "rungs", f"{rungs.fired} fired, {rungs.passed_by} passed by, {rungs.failed} failed"
    if rungs.failed:
        yield "last failed rung", rungs.last_failed
    for channel in found.channels:
        yield f"channel {channel.name}", _channel(channel, found.now)


def _channel(channel: ChannelBacklog, now: int) -> str:
    from hubspot_sla.flows.context.duration_text import span

    waiting = f"{channel.waiting} {'notice' if channel.waiting == 1 else 'notices'} waiting"
    if channel.gone:
        return f"{waiting}; gone: {channel.reason}"
    if not channel.reason:
        return waiting
    again = ""
    if channel.again_at is not None and channel.again_at > now:
        again = f", next try in {span(channel.again_at - now)}"
    return f"{waiting}; failing: {channel.reason}{again}"


def _quarantine(found: Status) -> str:
    from hubspot_sla.flows.context.duration_text import span

    held = found.quarantined
    if held.oldest_since is None:
        return "empty"
    again = ""
    if held.next_try_at is not None:
        again = (
            f", next try in {span(held.next_try_at - found.now)}" if held.next_try_at > found.now else ", next try now"
        )
    oldest = f"the oldest for {span(found.now - held.oldest_since)}"
    return f"{held.invalid} invalid, {held.rejected} rejected; {oldest}{again}: `sla quarantine list`"


def _quota(found: Status) -> str:
    from hubspot_sla.flows.context.duration_text import span

    daily, left, at = (found.quota.get(name) for name in ("daily", "left", "at"))
    if daily is None or left is None or at is None:
        return "HubSpot has not said"
    return f"{daily - left:,} of the day's {daily:,} requests used, by all apps, {span(found.now - at)} ago"


def _slow_lane(found: Status) -> str:
    from hubspot_sla.flows.context.duration_text import span

    caught, last_at = found.slow_lane.get("caught"), found.slow_lane.get("last_caught_at")
    lag = found.index_lag.get("longest_ms")
    index = f"; the search index was {span(lag)} behind at most" if lag else ""
    if not caught or last_at is None:
        return f"has caught nothing that the fast lane missed{index}"
    return f"has caught {caught} that the fast lane missed, the last {span(found.now - last_at)} ago{index}"


def _run(run: Run, now: int) -> list[str]:
    from hubspot_sla.flows.context.duration_text import span

    if run.ended_at is None or run.took_ms is None:
        return [run.command, "", "", f"began {span(now - run.started_at)} ago: it goes on, or was killed"]
    came = f"exit {run.exit_code}: {run.error}" if run.error is not None else _gist(run.outcome)
    took = f"{run.took_ms} ms" if run.took_ms < 1000 else span(run.took_ms)
    return [run.command, f"{span(now - run.ended_at)} ago", took, came]


_COUNTS = {
    "tickets_seen": "seen",
    "judged": "judged",
    "tickets_written": "written",
    "tasks_created": "tasks created",
    "quarantined": "quarantined",
    "calls_total": "API calls",
}


def _gist(outcome: Mapping[str, object]) -> str:
    """What a run that went well has done, as far as it says."""
    said = outcome.get("said")
    counts = [f"{outcome[key]} {word}" for key, word in _COUNTS.items() if outcome.get(key)]
    return said if isinstance(said, str) and said else ", ".join(counts) or "done"
