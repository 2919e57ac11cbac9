"""The head of the audit log, sent elsewhere: who has it sees it when somebody computes the log anew.

Into a file, a line each night (`SLA_HEADS`), and through a channel of the mappings, a webhook or a mail, say
(`SLA_HEADS_CHANNEL`).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.channels.message import Message, Notice
from hubspot_sla.channels.outcome import Delivered
from hubspot_sla.errors import ComeBackLater, UsageProblem
from hubspot_sla.flows.sending.send_now import send_now
from hubspot_sla.ledger import audit_head
from hubspot_sla.plain_text import counted
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.context.settings import Settings
    from hubspot_sla.ledger.audit_head import Head

FILE, CHANNEL = "SLA_HEADS", "SLA_HEADS_CHANNEL"
_NOWHERE: Final = f"kept nowhere: set {FILE} to a file on another machine, or {CHANNEL} to a channel"


def keep_head(context: Context) -> str:
    """Send it wherever the settings say; what was done, in a line. LedgerDamaged: the log of an earlier head of the
    file is not the beginning of this one. UsageProblem: file or channel cannot be used."""
    head, variables = audit_head.of(context.ledger.db), context.settings.variables
    done = []
    if path := variables.get(FILE):
        _into_file(context, head, Path(path))
        done.append(f"into {path}")
    if name := variables.get(CHANNEL):
        _through_channel(context.settings, head, name, context.now())
        done.append(f"through {name}")
    return f"head of {counted(head.size, 'entry')} {', '.join(done)}" if done else _NOWHERE


def _into_file(context: Context, head: Head, path: Path) -> None:
    try:
        if path.exists() and path.stat().st_size:
            audit_head.require_continued(context.ledger.db, audit_head.read_all(path.read_bytes(), str(path)))
        with path.open("ab") as file:
            file.write(orjson.dumps(head.as_json(), option=orjson.OPT_APPEND_NEWLINE))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UsageProblem(f"cannot write {path}: {error.strerror}", remedy=f"set {FILE} to a file") from None


def _through_channel(settings: Settings, head: Head, name: str, now: int) -> None:
    outcome = send_now(settings, name, _notice(head, now), asked_by=CHANNEL)
    if not isinstance(outcome, Delivered):
        message = f"{name} did not take the head of the audit log: {outcome.reason}"
        raise ComeBackLater(message, remedy="`sla notify test` says more; the next night sends a newer one")


def _notice(head: Head, now: int) -> Notice:
    """The head as JSON, as `sla audit verify --against` reads it: in a letter on a line of its own."""
    text = orjson.dumps(head.as_json()).decode()
    message = Message(
        key=f"head:{head.size}",
        ticket_id="",
        subject="head of the audit log",
        status="kept",
        reached_at=wire(now),
        reason=text,
        headline=counted(head.size, "entry"),
        summary=text,
    )
    return Notice(message.key, (message,))
