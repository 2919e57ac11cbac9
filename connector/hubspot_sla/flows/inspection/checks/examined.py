"""What the checks look at: the portal, the ledger and the mappings, each opened and read once, if at all."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from hubspot_sla.ledger import versions
from hubspot_sla.policy.portal_ids import PortalIds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from hubspot_sla.flows.context.settings import Settings
    from hubspot_sla.flows.inspection.checks.finding import Need
    from hubspot_sla.hubspot.portal import Portal
    from hubspot_sla.hubspot.schema import Account, Pipeline, Property
    from hubspot_sla.ledger.database import Ledger
    from hubspot_sla.policy.mappings import Mappings


_T = TypeVar("_T")


@dataclass(slots=True)
class Examined:
    """`missing` holds the reason for each need that is not met. `now` is HubSpot's time as far as it is known, `wall`
    this machine's (epoch ms)."""

    settings: Settings
    now: int
    wall: int
    _portal: Portal | None = None
    _ledger: Ledger | None = None
    _mappings: Mappings | None = None
    missing: dict[Need, str] = field(default_factory=dict)
    _account: Account | None = None
    _pipelines: dict[str, Sequence[Pipeline]] = field(default_factory=dict)
    _properties: dict[str, dict[str, Property]] = field(default_factory=dict)

    @property
    def portal(self) -> Portal:
        return _required(self._portal)

    @property
    def ledger(self) -> Ledger:
        return _required(self._ledger)

    @property
    def ledger_or_none(self) -> Ledger | None:
        return self._ledger

    @property
    def mappings(self) -> Mappings:
        return _required(self._mappings)

    @property
    def mappings_or_none(self) -> Mappings | None:
        return self._mappings

    def telling_damage(self) -> AbstractContextManager[None]:
        """Within it, errors of SQLite are those of the ledger, where there is one."""
        return nullcontext() if self._ledger is None else self._ledger.telling_damage()

    def has(self, *, portal: Portal | None = None, ledger: Ledger | None = None) -> None:
        self._portal, self._ledger = portal or self._portal, ledger or self._ledger

    def understood(self, mappings: Mappings) -> None:
        self._mappings = mappings

    def account(self) -> Account:
        if self._account is None:
            self._account = self.portal.schema.account()
        return self._account

    def pipelines(self) -> dict[str, Sequence[Pipeline]]:
        """By object type."""
        for object_type in self.mappings.object_types:
            if object_type not in self._pipelines:
                self._pipelines[object_type] = self.portal.schema.pipelines(object_type)
        return self._pipelines

    def properties(self, object_type: str) -> dict[str, Property]:
        if object_type not in self._properties:
            self._properties[object_type] = self.portal.schema.properties(object_type)
        return self._properties[object_type]

    def known(self) -> PortalIds | None:
        """What the labels stood for when the mappings last came into force."""
        latest = versions.latest(self._ledger.db) if self._ledger else None
        return PortalIds.from_json(latest.portal_ids) if latest else None


def _required(value: _T | None) -> _T:
    if value is None:
        raise LookupError("a check uses something that is not among its needs")
    return value
