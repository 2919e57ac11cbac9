"""`sla notify`: the channels of notifications, and a test message through one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal

if TYPE_CHECKING:
    from hubspot_sla.flows.context.settings import Settings

LATER = 75


@click.command("notify", epilog="Example: sla notify oncall")
@click.argument("channel", required=False)
@environment.mappings_option
@environment.ledger_option
@terminal.json_option
def command(channel: str | None, mappings: str | None, ledger: str | None, *, as_json: bool) -> int:
    """List the channels of mappings/escalations.yaml with their state, or send a test message through CHANNEL.

    A test is sent at once, whatever the channel's quiet hours and rate. Ends with 1 when the channel refuses it, with
    75 when it cannot be reached or does not answer.
    """
    settings = environment.settings(mappings=mappings, ledger=ledger)
    if channel is None:
        return _list(settings, as_json=as_json)
    return _test(settings, channel, as_json=as_json)


def _list(settings: Settings, *, as_json: bool) -> int:
    from hubspot_sla.flows.sending.channel_test import states

    channels = states(settings)
    if as_json:
        terminal.print_json(
            [{"channel": state.name, "kind": state.kind, "problem": state.problem or None} for state in channels]
        )
    elif channels:
        rows = [[state.name, state.kind, state.problem or "ready"] for state in channels]
        terminal.table(["channel", "kind", "state"], rows)
    else:
        terminal.say("escalations.yaml names no channels.")
    return 0


def _test(settings: Settings, channel: str, *, as_json: bool) -> int:
    from hubspot_sla.channels.outcome import Delivered, Refused
    from hubspot_sla.flows.context.local_clock import wall_now
    from hubspot_sla.flows.sending.channel_test import send_test

    outcome = send_test(settings, channel, wall_now())
    word = {Delivered: "delivered", Refused: "refused"}.get(type(outcome), "not delivered")
    why = outcome.remark if isinstance(outcome, Delivered) else outcome.reason
    if as_json:
        terminal.print_json({"channel": channel, "outcome": word, "reason": why or None})
    else:
        terminal.say(f"{channel}: {word}" + (f" - {why}" if why else ""))
    if isinstance(outcome, Delivered):
        return 0
    return 1 if isinstance(outcome, Refused) else LATER
