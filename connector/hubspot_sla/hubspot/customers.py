"""Who a record is for: companies and contacts."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from hubspot_sla.hubspot.batches import batch_read
from hubspot_sla.hubspot.json_fields import Json, text
from hubspot_sla.hubspot.objects.table import profile_of
from hubspot_sla.hubspot.parse_records import History, Properties, history_of, properties_of, read_rows
from hubspot_sla.hubspot.record_rows import CompanyLink
from hubspot_sla.hubspot.sdk import sdk_api

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.hubspot.associations import Associations, Link
    from hubspot_sla.hubspot.transport import Transport

logger = logging.getLogger("hubspot_sla.customers")

_NAME: Final = "name"


@dataclass(frozen=True, slots=True)
class Company:
    """A company as HubSpot answered it; `history` holds what was asked for, newest first."""

    id: str
    properties: Properties
    history: History

    @property
    def name(self) -> str:
        """What it is called; "" where it has none."""
        return self.properties.get(_NAME) or ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as HubSpot answered it; `history` holds what was asked for, newest first."""

    id: str
    properties: Properties
    history: History


@dataclass(frozen=True, slots=True)
class CompaniesRead:
    """The companies of records, by record id, and HubSpot's reason against each record that is absent."""

    links: dict[str, tuple[CompanyLink, ...]]
    refused: Mapping[str, str]


class Customers:
    """The companies and contacts of one portal."""

    def __init__(self, transport: Transport, associations: Associations) -> None:
        self._transport = transport
        self._associations = associations

    def companies_of(self, object_type: str, record_ids: Iterable[str]) -> dict[str, tuple[CompanyLink, ...]]:
        """Companies by record id, 1,000 records a call. Empty means none; a record that cannot be read is absent."""
        return self.companies_with_refusals(object_type, record_ids).links

    def companies_with_refusals(self, object_type: str, record_ids: Iterable[str]) -> CompaniesRead:
        """The same, with HubSpot's reason for each record whose companies it does not give."""
        associated = self._associations.read_with_refusals(object_type, "companies", record_ids)
        primary = profile_of(object_type).associations.primary_company
        links = {id_: tuple(_company_link(link, primary) for link in links) for id_, links in associated.links.items()}
        return CompaniesRead(links, associated.refused)

    def companies(
        self, ids: Iterable[str], properties: Sequence[str], history: Sequence[str] = ()
    ) -> dict[str, Company]:
        """The companies that exist and can be read, by id, with their names; 50 a call with history, 100 without."""
        property_names = tuple(dict.fromkeys((*properties, _NAME)))
        records = batch_read(self._transport.flight, self._companies.read, ids, property_names, history)
        rows, _unreadable = read_rows(records.rows, _company)
        _warn_of_refused("company", records.refused)
        return {row.id: row for row in rows}

    def companies_with(self, property_name: str) -> int:
        """How many companies have a value in a property: one search, as far as its index shows."""
        has_value = {"propertyName": property_name, "operator": "HAS_PROPERTY"}
        body = {"filterGroups": [{"filters": [has_value]}], "properties": [], "limit": 1}
        total = self._company_search.do_search(body, _preload_content=False).body.get("total")
        return total if isinstance(total, int) else 0

    def company_names(self, ids: Iterable[str]) -> dict[str, str]:
        """What the companies that exist and can be read are called, by id; 100 a call."""
        return {id_: company.name for id_, company in self.companies(ids, ()).items()}

    def contacts_of(self, object_type: str, record_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Contact ids by record id, 1,000 records a call. Empty means none; a record that cannot be read is absent."""
        links = self._associations.read(object_type, "contacts", record_ids)
        return {id_: tuple(dict.fromkeys(link.to_id for link in of_record)) for id_, of_record in links.items()}

    def contacts(
        self, ids: Iterable[str], properties: Sequence[str], history: Sequence[str] = ()
    ) -> dict[str, Contact]:
        """The contacts that exist and can be read, by id; 50 a call with history, 100 without."""
        records = batch_read(self._transport.flight, self._contacts.read, ids, properties, history)
        rows, _unreadable = read_rows(records.rows, _contact)
        _warn_of_refused("contact", records.refused)
        return {row.id: row for row in rows}

    @cached_property
    def _companies(self) -> Any:
        return sdk_api(self._transport, "hubspot.crm.companies", "BatchApi")

    @cached_property
    def _company_search(self) -> Any:
        return sdk_api(self._transport, "hubspot.crm.companies", "SearchApi")

    @cached_property
    def _contacts(self) -> Any:
        return sdk_api(self._transport, "hubspot.crm.contacts", "BatchApi")


def _warn_of_refused(what: str, refused: Mapping[str, str]) -> None:
    for id_, reason in refused.items():
        logger.warning("HubSpot refuses to read %s %s: %s", what, id_, reason)


def _company_link(link: Link, primary_type: int) -> CompanyLink:
    return CompanyLink(link.to_id, primary_type in link.type_ids or "Primary" in link.labels)


def _company(row: Json) -> Company:
    return Company(text(row, "id"), properties_of(row), history_of(row))


def _contact(row: Json) -> Contact:
    return Contact(text(row, "id"), properties_of(row), history_of(row))
