"""mappings/ compiled, with the object types that there are profiles of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.hubspot.objects.table import PROFILES
from hubspot_sla.plan.records import TICKETS
from hubspot_sla.policy.grammars import CURRENT
from hubspot_sla.policy.loader import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.policy.mappings import Mappings


def load_mappings(texts: Mapping[str, str], grammar: int = CURRENT) -> Mappings:
    """As `policy.loader.load`. Raises MappingInvalid."""
    others = {name: profile.properties for name, profile in PROFILES.items() if name != TICKETS}
    return load(texts, grammar=grammar, object_types=others)
