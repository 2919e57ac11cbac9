"""Values that are allowed, and that HubSpot or YAML most probably spells otherwise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubspot_sla.errors import Problem
from hubspot_sla.policy.documents import PropertiesSection
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.portal_check import values_named
from hubspot_sla.policy.yaml_syntax import TYPOGRAPHIC_QUOTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubspot_sla.policy.mappings import Mappings

PRIORITY_PROPERTY = PropertiesSection().priority
PRIORITIES = ("LOW", "MEDIUM", "HIGH", "URGENT")
"""What every portal has; others may be added."""
_QUOTED = re.compile(rf"(?::\s+|-\s+|[\[{{,]\s*)([{TYPOGRAPHIC_QUOTES}])")
_YAML = (".yaml", ".yml")


def value_warnings(mappings: Mappings) -> Iterator[Problem]:
    """Priorities that differ from HubSpot's in upper and lower case only: values are compared exactly."""
    document = mappings.policy_set.document
    for path, _, name, value, _ in values_named(mappings):
        if name == PRIORITY_PROPERTY and value not in PRIORITIES and value.upper() in PRIORITIES:
            message = f"no ticket has the priority {value!r}: HubSpot writes it {value.upper()}"
            remedy = f"write {value.upper()}; `sla check --portal` names the portal's own values"
            yield document.problem(
                path, message, remedy, at_key=not isinstance(path[-1], int), code=Code.LOOKS_UNLIKE_HUBSPOT
            )


def quote_warnings(texts: Mapping[str, str]) -> Iterator[Problem]:
    """Quotation marks of word processors before a value."""
    for file, text in texts.items():
        if file.endswith(_YAML):
            for number, line in enumerate(text.splitlines(), 1):
                if match := _QUOTED.search(line.split(" #")[0]):
                    message = f"{match[1]} is part of the text, and quotes nothing"
                    remedy = "write the quotes \" or ' of the keyboard, or none"
                    yield Problem(file, number, match.start(1) + 1, message, remedy, Code.QUOTES_ARE_TEXT)
