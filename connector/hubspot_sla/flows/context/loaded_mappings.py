"""mappings/ compiled, with the object types that there are profiles of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.hubspot.objects.table import PROFILES
from hubspot_sla.plan.records import TICKETS
from hubspot_sla.policy.calendar_data import INSTALLED
from hubspot_sla.policy.grammars import CURRENT
from hubspot_sla.policy.loader import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.policy.calendar_data import CalendarData
    from hubspot_sla.policy.mappings import Mappings

YAML = (".yaml", ".yml")


def load_mappings(
    texts: Mapping[str, str],
    grammar: int = CURRENT,
    *,
    defaults_demanded: bool = True,
    calendar_data: CalendarData = INSTALLED,
) -> Mappings:
    """As `policy.loader.load`. Raises MappingInvalid."""
    others = {name: profile.properties for name, profile in PROFILES.items() if name != TICKETS}
    return load(
        texts,
        grammar=grammar,
        object_types=others,
        defaults_demanded=defaults_demanded,
        calendar_data=calendar_data,
    )


def load_folder(
    texts: Mapping[str, str], in_force: Mapping[str, str] | None, calendar_data: CalendarData = INSTALLED
) -> Mappings:
    """What stands in the folder, beside the texts `in_force` (None: none are). A rule that came later than they did
    holds once somebody edits a YAML file, so an upgrade stops nobody; new rows of tables are no edit.

    Raises MappingInvalid."""
    edited = in_force is None or _rules(texts) != _rules(in_force)
    return load_mappings(texts, defaults_demanded=edited, calendar_data=calendar_data)


def _rules(texts: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: text.splitlines() for name, text in texts.items() if name.endswith(YAML)}
