"""The object types the sandbox knows, under every name clients use for them."""

from __future__ import annotations

from dataclasses import dataclass

from hubspot_sla.sandbox import refusals


@dataclass(frozen=True, slots=True)
class ObjectType:
    """`name` is the plural used in paths. `shown` are the properties answered when none are asked for."""

    name: str
    singular: str
    type_id: str
    first_id: int
    shown: tuple[str, ...]
    required: tuple[str, ...]
    searched_text: tuple[str, ...]
    modified: str
    read_scopes: tuple[str, ...]
    write_scopes: tuple[str, ...]
    schema_read_scopes: tuple[str, ...]
    schema_write_scopes: tuple[str, ...]


TICKETS = ObjectType(
    name="tickets",
    singular="ticket",
    type_id="0-5",
    first_id=28_100_001,
    shown=(
        "content",
        "hs_pipeline",
        "hs_pipeline_stage",
        "hs_ticket_category",
        "hs_ticket_priority",
        "subject",
    ),
    required=("hs_pipeline_stage",),
    searched_text=("subject", "content", "hs_pipeline_stage", "hs_ticket_category", "hs_ticket_id"),
    modified="hs_lastmodifieddate",
    read_scopes=("tickets",),
    write_scopes=("tickets",),
    schema_read_scopes=("tickets", "crm.schemas.tickets.read"),
    schema_write_scopes=("tickets", "crm.schemas.tickets.write"),
)
# There is no scope for tasks: those of contacts open them.
TASKS = ObjectType(
    name="tasks",
    singular="task",
    type_id="0-27",
    first_id=91_500_000_001,
    shown=(),
    required=("hs_timestamp",),
    searched_text=("hs_task_subject", "hs_task_body"),
    modified="hs_lastmodifieddate",
    read_scopes=("crm.objects.contacts.read",),
    write_scopes=("crm.objects.contacts.write",),
    schema_read_scopes=("crm.objects.contacts.read", "crm.schemas.contacts.read"),
    schema_write_scopes=("crm.objects.contacts.write", "crm.schemas.contacts.write"),
)
COMPANIES = ObjectType(
    name="companies",
    singular="company",
    type_id="0-2",
    first_id=5001,
    shown=("name", "domain"),
    required=(),
    searched_text=("name", "domain", "phone", "website"),
    modified="hs_lastmodifieddate",
    read_scopes=("crm.objects.companies.read",),
    write_scopes=("crm.objects.companies.write",),
    schema_read_scopes=("crm.objects.companies.read", "crm.schemas.companies.read"),
    schema_write_scopes=("crm.objects.companies.write", "crm.schemas.companies.write"),
)
CONTACTS = ObjectType(
    name="contacts",
    singular="contact",
    type_id="0-1",
    first_id=7001,
    shown=("firstname", "lastname", "email"),
    required=(),
    searched_text=("firstname", "lastname", "email", "phone", "company"),
    modified="lastmodifieddate",
    read_scopes=("crm.objects.contacts.read",),
    write_scopes=("crm.objects.contacts.write",),
    schema_read_scopes=("crm.objects.contacts.read", "crm.schemas.contacts.read"),
    schema_write_scopes=("crm.objects.contacts.write", "crm.schemas.contacts.write"),
)

ALL = (TICKETS, TASKS, COMPANIES, CONTACTS)
_BY_NAME = {spelling: known for known in ALL for spelling in (known.name, known.singular, known.type_id)}


def object_type(name: str) -> ObjectType:
    """The type meant by a plural, a singular (any case) or a type id. Raises `Refused` 400 for others."""
    known = _BY_NAME.get(name.lower())
    if known is None:
        raise refusals.unknown_object_type(name)
    return known
