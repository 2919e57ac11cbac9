"""Words that name a value of a ticket or of its customer: `priority`, `tier`, `impact`, `company.segment`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hubspot_sla.policy.conditions import About
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.name_patterns import INTERNAL
from hubspot_sla.policy.value_errors import Refused, nearest
from hubspot_sla.policy.yaml_document import described

MAPPED = ("priority", "owner", "team", "source", "category")
"""Words for ticket properties, whose internal names portal.yaml says."""
OWN = (About.TIER, About.PIPELINE, About.STAGE)
ROOMS = (About.COMPANY, About.CONTACT, About.CONTRACT)
FORMS = "write priority, tier, a ticket property, company.NAME, contact.NAME or contract.COLUMN"
REFERENCE_PATTERN = r"^([a-z][a-z0-9_]*|(company|contact)\.[a-z][a-z0-9_]*|contract\..+)$"
_INTERNAL = re.compile(INTERNAL)


@dataclass(frozen=True, slots=True)
class Reference:
    """`text` as it was written; `about` says whose value `name` is. A word of MAPPED is not looked up yet."""

    text: str
    about: About
    name: str


def parse_reference(written: object) -> Reference:
    """Refused: a word that can name no value."""
    if isinstance(written, Reference):
        return written
    text = written.strip() if isinstance(written, str) else ""
    room, dot, name = text.partition(".")
    if not dot:
        return _of_ticket(text, written)
    if room not in ROOMS:
        rooms = [known.value for known in ROOMS]
        raise Refused(f"{text!r}: there is no {room!r} to take a value from", nearest(room, rooms), code=Code.REFERENCE)
    if not name or (room != About.CONTRACT and not _INTERNAL.match(name)):
        raise Refused(f"{text!r}: {name!r} is not an internal property name", FORMS, code=Code.REFERENCE)
    return Reference(text, About(room), name)


def literal_reference(text: str) -> Reference:
    """As the first grammar read it: whatever is no word of ours is a ticket property, under any name."""
    return Reference(text, About(text), "") if text in OWN else Reference(text, About.TICKET, text)


def _of_ticket(text: str, written: object) -> Reference:
    if text in OWN:
        return Reference(text, About(text), "")
    if text in ROOMS:
        raise Refused(f"{text!r} has many values", f"say which, for example {text}.name", code=Code.REFERENCE)
    if not _INTERNAL.match(text):
        raise Refused(f"{described(written)} names no value", FORMS, code=Code.REFERENCE)
    return Reference(text, About.TICKET, text)
