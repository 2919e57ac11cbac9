"""What is on this machine: settings, mappings, jobs, the ledger. HubSpot is not asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.errors import LedgerDamaged, MappingInvalid
from hubspot_sla.flows.context.duration_text import span
from hubspot_sla.flows.context.loaded_mappings import load_folder
from hubspot_sla.flows.context.mapping_texts import texts_offline
from hubspot_sla.flows.inspection.checks.finding import Finding, Level, failed, ok, problem, warn
from hubspot_sla.flows.inspection.findings import missing_feeds
from hubspot_sla.flows.worker.job_files import discover
from hubspot_sla.flows.worker.scheduler import timetable
from hubspot_sla.hubspot.addresses import PRODUCTION
from hubspot_sla.ledger import audit_verification, lease, versions
from hubspot_sla.ops.settings import choices
from hubspot_sla.policy.review import warnings_about

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubspot_sla.flows.inspection.checks.examined import Examined

NEEDED_JOBS = frozenset({"sync", "watch", "deliver"})
"""Without these a worker judges nothing, is late, or leaves what waits where it is."""


def settings(examined: Examined) -> Iterator[Finding]:
    """Where everything is, and what is dangerous though it works."""
    given = examined.settings
    for warning in given.warnings:
        message, _, remedy = warning.partition(": ")
        yield warn("settings", message, remedy)
    where = "HubSpot" if given.base_url == PRODUCTION else f"{given.base_url}, which is not HubSpot's own address"
    yield ok("settings", f"{where}; ledger {given.ledger}, mappings {given.mappings}, jobs {given.jobs}")


def mappings(examined: Examined) -> Iterator[Finding]:
    """Whether they can be loaded; every problem and every warning with its place."""
    try:
        texts = texts_offline(examined.settings)
        loaded = load_folder(texts, _texts_in_force(examined))
    except MappingInvalid as invalid:
        for place in invalid.problems:
            yield problem("mappings", place)
        return
    examined.understood(loaded)
    missing = missing_feeds(examined.settings.mappings, loaded)
    by_now = (*loaded.missing_defaults, *loaded.refused_by_now)
    for place in (*by_now, *warnings_about(loaded, texts, examined.wall, missing_feeds=missing)):
        yield problem("mappings", place, Level.WARN)
    yield ok("mappings", f"{len(loaded.policy_set.policies)} policies, version {loaded.version[:19]}")


def _texts_in_force(examined: Examined) -> Mapping[str, str] | None:
    """None: there are none, or the ledger is damaged, which a check of its own says."""
    ledger = examined.ledger_or_none
    if ledger is None:
        return None
    try:
        with ledger.telling_damage():
            latest = versions.latest(ledger.db)
    except LedgerDamaged:
        return None
    return latest.texts if latest else None


def jobs(examined: Examined) -> Iterator[Finding]:
    """Every file of the jobs folder can be loaded, and its schedule is one."""
    folder = examined.settings.jobs
    loaded, broken = discover(folder)
    planned, unplanned = timetable(loaded, seed="", now=examined.now, last_runs={})
    for job in (*broken, *unplanned):
        remedy = "repair it, or take it out of the folder"
        yield failed("jobs", f"{folder / job.file}: cannot be run: {job.reason}", remedy)
    missing = sorted(NEEDED_JOBS - {turn.job.name for turn in planned.turns})
    if missing:
        remedy = "`sla init` copies those that are missing; nothing else does their work"
        yield warn("jobs", f"without {', '.join(missing)}", remedy)
    if planned.turns:
        yield ok("jobs", ", ".join(turn.job.name for turn in planned.turns))


def operation(examined: Examined) -> Iterator[Finding]:
    """What the worker would refuse to start with. Raises UsageProblem. The heartbeat's address is a secret."""
    chosen = choices(examined.settings.variables)
    metrics = "off" if chosen.metrics is None else ":".join(str(part) for part in chosen.metrics)
    heartbeat = "off" if chosen.heartbeat is None else "on"
    yield ok("operation", f"log {chosen.log}, metrics {metrics}, heartbeat {heartbeat}")


def ledger_file(examined: Examined) -> Iterator[Finding]:
    """Every page and every entry of the audit log holds."""
    ledger = examined.ledger
    with ledger.telling_damage():
        result = ledger.db.execute("pragma quick_check(1)").fetchone()[0]
        if result != "ok":
            raise LedgerDamaged(
                f"{ledger.path} is damaged: {result}", remedy="restore a backup: docs/how-to/operations.md"
            )
        try:
            chain = audit_verification.require_whole(ledger.db)
        except LedgerDamaged as damage:
            remedy = "somebody or something altered it: compare it with a backup"
            yield failed("ledger", damage.message, remedy, exit_code=damage.exit_code)
            return
    size = ledger.path.stat().st_size / 1_048_576
    yield ok("ledger", f"{size:,.1f} MiB, {chain.entries} audit entries, chain whole")


def lease_of_ledger(examined: Examined) -> Iterator[Finding]:
    """Who writes to it now."""
    standing = lease.standing(examined.ledger.db)
    if standing is not None and standing.left_behind():
        message = f"{standing.holder} ended without giving it back: it was killed, or crashed"
        yield warn("lease", message, "start `sla worker` again; the next one takes the lease over")
        return
    if standing is None or not standing.lives(examined.wall):
        yield ok("lease", "free")
        return
    left = span(standing.ends_at - examined.wall)
    how = "" if standing.by_lock else ", taken over from one that stood still"
    yield ok("lease", f"held by {standing.holder} for another {left}{how}")
