"""`sla notify`: the targets of notifications, and a test message to one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal

if TYPE_CHECKING:
    from hubspot_sla.flows.context.settings import Settings

LATER = 75


@click.command("notify", epilog="Example: sla notify oncall")
@click.argument("target", required=False)
@environment.mappings_option
@environment.ledger_option
@terminal.json_option
def command(target: str | None, mappings: str | None, ledger: str | None, *, as_json: bool) -> int:
    """Send a test message to TARGET of mappings/escalations.yaml; without one, list the targets and how they fare.

    A test goes out at once, whatever the target's quiet hours and rate. Ends with 1 when the target refuses it, with
    75 when it cannot be reached or does not answer.
    """
    settings = environment.settings(mappings=mappings, ledger=ledger)
    if target is None:
        return _list(settings, as_json=as_json)
    return _test(settings, target, as_json=as_json)


def _list(settings: Settings, *, as_json: bool) -> int:
    from hubspot_sla.flows.sending.channel_test import look

    seen = look(settings)
    if as_json:
        terminal.print_json([{"target": one.name, "kind": one.kind, "problem": one.problem or None} for one in seen])
    elif seen:
        terminal.table(["target", "kind", "state"], [[one.name, one.kind, one.problem or "ready"] for one in seen])
    else:
        terminal.say("escalations.yaml names no targets.")
    return 0


def _test(settings: Settings, target: str, *, as_json: bool) -> int:
    from hubspot_sla.channels.outcome import Delivered, Refused
    from hubspot_sla.flows.context.local_clock import wall_now
    from hubspot_sla.flows.sending.channel_test import try_out

    outcome = try_out(settings, target, wall_now())
    word = {Delivered: "delivered", Refused: "refused"}.get(type(outcome), "not delivered")
    why = outcome.remark if isinstance(outcome, Delivered) else outcome.reason
    if as_json:
        terminal.print_json({"target": target, "outcome": word, "reason": why or None})
    else:
        terminal.say(f"{target}: {word}" + (f" - {why}" if why else ""))
    if isinstance(outcome, Delivered):
        return 0
    return 1 if isinstance(outcome, Refused) else LATER
