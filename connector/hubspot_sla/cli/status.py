"""`sla status`: is it working?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal
from hubspot_sla.plain_text import counted

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
    metavar="MINUTES",
    help="How old the last good sync may be (default: 15, or what a running worker has noted).",
)
@terminal.json_option
def command(ledger: str | None, within: int | None, *, as_json: bool) -> int:
    """Show on one screen whether it is working, and what is going on. HubSpot is not asked.

    Exit code 0 where the last sync succeeded and is recent; that of its error where it failed; 75 where none has
    succeeded for too long; 2 before `sla setup`, and where it goes by the mappings before an edit that is refused.
    """
    from hubspot_sla.flows.context.local_clock import local_now, wall_now
    from hubspot_sla.flows.inspection.status import status
    from hubspot_sla.ledger.database import open_for_reading

    settings = environment.settings(ledger=ledger)
    with open_for_reading(settings.ledger) as opened, opened.telling_damage():
        now = local_now(opened.db, settings.clock)
        within_ms = None if within is None else within * 60_000
        state = status(opened.db, now, wall_now(), within_ms=within_ms, clock=settings.clock)
    if as_json:
        terminal.print_json(state.as_json())
    else:
        show(state)
    return state.exit_code


def show(state: Status) -> None:
    """The screen: the verdict, then a line for each thing that matters, then the last run of everything."""
    colour = "red" if not state.working else "yellow" if state.exit_code else "green"
    terminal.say_styled((state.verdict, {"fg": colour, "bold": True}))
    if state.remedy:
        terminal.say(f"  {state.remedy}")
    terminal.table(["what", "state"], list(_lines(state)))
    columns = ["last run of", "ended", "took", "result"]
    terminal.table(columns, [_run(run, state.now) for run in state.last])


def _lines(state: Status) -> Iterator[tuple[str, str]]:
    from hubspot_sla.flows.context.duration_text import span

    if state.clock:
        yield "clock", f"{state.clock}: `sla doctor` says what to do"
    yield "worker", f"{state.worker} holds the lease" if state.worker else "none holds the lease now"
    yield "behind HubSpot", "nothing was read yet" if state.lag_ms is None else span(state.lag_ms)
    at = state.deadlines
    yield "tickets", f"{at.open_tickets} open of {at.all_tickets}; late clocks: {at.late_clocks}"
    deadline = "none" if at.next_at is None else f"in {span(at.next_at - state.now)}, of ticket {at.next_ticket}"
    yield "next deadline", f"{deadline}; {at.within_an_hour} within an hour, {at.waiting} to be judged now"
    queue = ", ".join(f"{count} {what.replace('/', ' ')}" for what, count in sorted(state.queue.items()))
    yield "queue", queue or "empty"
    yield "quarantine", _quarantine(state)
    yield "quota", _quota(state)
    yield "slow lane", _slow_lane(state)
    rungs = state.rungs
    withdrawn = f", {rungs.withdrawn} withdrawn" if rungs.withdrawn else ""
    yield "rungs", f"{rungs.fired} fired, {rungs.passed_by} passed by, {rungs.failed} failed{withdrawn}"
    if rungs.failed:
        yield "last failed rung", rungs.last_failed
    if state.outcomes.missing:
        yield "outcomes", _missing_outcomes(state)
    if state.outcomes.checked_at is not None:
        yield "outcomes checked", _checked_outcomes(state)
    for channel in state.channels:
        yield f"channel {channel.name}", _channel(channel, state.now)


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


def _missing_outcomes(state: Status) -> str:
    left = f"{counted(state.outcomes.missing, 'record')} left without outcomes"
    if state.outcomes.can_be_filled:
        return f"{left}: the next sync goes on, or `sla outcomes rebuild`"
    return f"{left}: their verdicts do not come out as recorded; `sla sync --backfill` judges them again"


def _checked_outcomes(state: Status) -> str:
    from hubspot_sla.flows.context.duration_text import span

    checked = state.outcomes
    result = f"{checked.differing} differ from what the facts give: `sla outcomes rebuild --check`"
    older = f"; {checked.older_rules} judged by older rules of the clock" if checked.older_rules else ""
    ago = span(state.now - (checked.checked_at or state.now))
    return f"{ago} ago, {result if checked.differing else 'none differs from what the facts give'}{older}"


def _quarantine(state: Status) -> str:
    from hubspot_sla.flows.context.duration_text import span

    rows = state.quarantined
    if rows.oldest_since is None:
        return "empty"
    again = ""
    if rows.next_try_at is not None:
        due = rows.next_try_at <= state.now
        again = ", next try now" if due else f", next try in {span(rows.next_try_at - state.now)}"
    oldest = f"the oldest for {span(state.now - rows.oldest_since)}"
    return f"{rows.invalid} invalid, {rows.rejected} rejected; {oldest}{again}: `sla quarantine list`"


def _quota(state: Status) -> str:
    from hubspot_sla.flows.context.duration_text import span

    daily, left, at = (state.quota.get(name) for name in ("daily", "left", "at"))
    if daily is None or left is None or at is None:
        return "not known yet: HubSpot says it with its answers"
    return f"{daily - left:,} of the day's {daily:,} requests used, by all apps, {span(state.now - at)} ago"


def _slow_lane(state: Status) -> str:
    from hubspot_sla.flows.context.duration_text import span

    caught, last_at = state.slow_lane.get("caught"), state.slow_lane.get("last_caught_at")
    lag = state.index_lag.get("longest_ms")
    index = f"; the search index was {span(lag)} behind at most" if lag else ""
    if not caught or last_at is None:
        return f"has caught nothing that the fast lane missed{index}"
    return f"has caught {caught} that the fast lane missed, the last {span(state.now - last_at)} ago{index}"


def _run(run: Run, now: int) -> list[str]:
    from hubspot_sla.flows.context.duration_text import span

    if run.ended_at is None or run.took_ms is None:
        return [run.command, "", "", f"began {span(now - run.started_at)} ago: it goes on, or was killed"]
    result = f"exit {run.exit_code}: {run.error}" if run.error is not None else _gist(run.outcome)
    took = f"{run.took_ms} ms" if run.took_ms < 1000 else span(run.took_ms)
    return [run.command, f"{span(now - run.ended_at)} ago", took, result]


_COUNTS = {
    "tickets_seen": "seen",
    "judged": "judged",
    "tickets_written": "written",
    "tasks_created": "tasks created",
    "quarantined": "quarantined",
    "calls_total": "API calls",
}


def _gist(outcome: Mapping[str, object]) -> str:
    """What a run that succeeded has done, as far as it says."""
    summary = outcome.get("said")
    counts = [f"{outcome[key]} {word}" for key, word in _COUNTS.items() if outcome.get(key)]
    return summary if isinstance(summary, str) and summary else ", ".join(counts) or "done"
