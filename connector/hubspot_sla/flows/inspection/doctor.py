"""The check-up: every concern in order, none of them stopping the others. Nothing is written anywhere.

A failure that makes HubSpot, the ledger or the mappings useless is shown once; checks that need them are skipped, with
that reason.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from hubspot_sla.errors import AccessDenied, ComeBackLater, HubSpotRefused, LedgerUnusable, SlaError, WrongInput
from hubspot_sla.flows.context.context import connected
from hubspot_sla.flows.context.local_clock import local_now
from hubspot_sla.flows.inspection.checks import (
    access,
    contracts,
    escalations,
    limits,
    outcome_names,
    portal_names,
    refused_writes,
    this_machine,
)
from hubspot_sla.flows.inspection.checks.check import Check
from hubspot_sla.flows.inspection.checks.examined import Examined
from hubspot_sla.flows.inspection.checks.finding import Finding, Level, Need, error, failed, warn
from hubspot_sla.ledger import database

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hubspot_sla.flows.context.settings import Settings

CHECKS = (
    Check("settings", this_machine.settings),
    Check("mappings", this_machine.mappings),
    Check("channels", escalations.channels, (Need.MAPPINGS,)),
    Check("jobs", this_machine.jobs),
    Check("operation", this_machine.operation),
    Check("ledger", this_machine.ledger_file, (Need.LEDGER,)),
    Check("lease", this_machine.lease_of_ledger, (Need.LEDGER,)),
    Check("token", access.kind, (Need.HUBSPOT,)),
    Check("API version", access.api_version, (Need.HUBSPOT,)),
    Check("portal", access.account, (Need.HUBSPOT,)),
    Check("scopes", access.scopes, (Need.HUBSPOT,)),
    Check("quota", limits.quota, (Need.HUBSPOT,)),
    Check("clock", limits.clock, (Need.HUBSPOT,)),
    Check("search index", limits.index_lag, (Need.LEDGER,)),
    Check("names", outcome_names.readable, (Need.LEDGER,)),
    Check("pipelines", portal_names.pipelines, (Need.HUBSPOT, Need.MAPPINGS)),
    Check("people", escalations.people, (Need.HUBSPOT, Need.MAPPINGS)),
    Check("properties read", portal_names.read_properties, (Need.HUBSPOT, Need.MAPPINGS)),
    Check("tiers", portal_names.tiers, (Need.HUBSPOT, Need.MAPPINGS)),
    Check("properties written", portal_names.written_properties, (Need.HUBSPOT, Need.MAPPINGS, Need.LEDGER)),
    Check("markers", refused_writes.marker_properties, (Need.MAPPINGS, Need.LEDGER)),
    Check("feeds", contracts.feeds, (Need.MAPPINGS, Need.LEDGER)),
    Check("contracts", contracts.rungs, (Need.HUBSPOT, Need.MAPPINGS, Need.LEDGER)),
    Check("resting", refused_writes.resting_parts, (Need.LEDGER,)),
    Check("validation rules", refused_writes.rules, (Need.LEDGER,)),
)
"""In the order in which they are shown: what later ones depend on comes first. A new concern is one more line."""

_WORST_FIRST = (
    LedgerUnusable.exit_code,
    HubSpotRefused.exit_code,
    WrongInput.exit_code,
    ComeBackLater.exit_code,
    SlaError.exit_code,
)


def examine(settings: Settings, wall: int, checks: Iterable[Check] = CHECKS) -> Iterator[Finding]:
    """Findings as they are made; `wall` is this machine's clock (epoch ms)."""
    examined = Examined(settings, wall, wall)
    with ExitStack() as open_things:
        yield from _opened(examined, open_things)
        for check in checks:
            yield from _findings(check, examined)


def exit_code(findings: Iterable[Finding]) -> int:
    """The worst: a damaged ledger before a refused token, before mistakes in files, before what will pass by itself. 0
    where nothing failed."""
    codes = {finding.exit_code for finding in findings}
    return next((code for code in _WORST_FIRST if code in codes), 0)


def _opened(examined: Examined, open_things: ExitStack) -> Iterator[Finding]:
    settings = examined.settings
    if not settings.ledger.exists():
        examined.missing[Need.LEDGER] = "there is none yet"
        yield warn("ledger", f"there is none at {settings.ledger} yet", "`sla setup` makes it, or set SLA_LEDGER")
    else:
        try:
            ledger = open_things.enter_context(database.open_for_reading(settings.ledger))
            examined.has(ledger=ledger)
            examined.now = local_now(ledger.db, settings.clock)
        except SlaError as raised:
            examined.missing[Need.LEDGER] = "it cannot be used"
            yield error("ledger", raised)
    try:
        examined.has(portal=open_things.enter_context(connected(settings)))
    except SlaError as raised:
        examined.missing[Need.HUBSPOT] = "it cannot be asked"
        yield error("token", raised)


def _findings(check: Check, examined: Examined) -> Iterator[Finding]:
    reason = next((f"needs {need}: {examined.missing[need]}" for need in check.needs if need in examined.missing), "")
    if reason:
        yield Finding(check.name, Level.SKIPPED, reason)
        return
    try:
        with examined.telling_damage():
            yield from check.findings(examined)
    except SlaError as raised:
        yield error(check.name, raised)
        _lose(examined, check, raised)
    except Exception as raised:  # noqa: BLE001 - a check that breaks must not hide what the others would find
        yield _broken(examined, check, raised)
    if check.name == "mappings" and examined.mappings_or_none is None:
        examined.missing[Need.MAPPINGS] = "they are not"


def _broken(examined: Examined, check: Check, raised: Exception) -> Finding:
    """Whoever altered a row may have left what no check can read; anything else is a defect of ours."""
    ledger = examined.ledger_or_none
    try:
        if ledger is not None:
            ledger.tell_unreadable(raised)
    except SlaError as damage:
        return error(check.name, damage)
    except Exception as defect:  # noqa: BLE001 - as above
        raised = defect
    message = f"this check broke: {type(raised).__name__}: {raised}"
    return failed(check.name, message, "report it, with this line", exit_code=1)


def _lose(examined: Examined, check: Check, raised: SlaError) -> None:
    """What cannot be had for this check cannot be had for those after it."""
    if isinstance(raised, LedgerUnusable):
        examined.missing[Need.LEDGER] = "it is damaged"
    hopeless = isinstance(raised, HubSpotRefused | ComeBackLater) and not isinstance(raised, AccessDenied)
    no_such_version = isinstance(raised, WrongInput) and check.name in ("token", "API version")
    if Need.HUBSPOT in check.needs and (hopeless or no_such_version):
        examined.missing[Need.HUBSPOT] = str(raised).partition(" [")[0]
