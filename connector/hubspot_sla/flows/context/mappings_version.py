"""One version of the mappings, as everything that judges is given it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_sla.policy.loader import Mappings
    from hubspot_sla.policy.portal_ids import PortalIds


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the mappings, in force from `effective_at` until the next."""

    mappings: Mappings
    portal_ids: PortalIds
    effective_at: int
