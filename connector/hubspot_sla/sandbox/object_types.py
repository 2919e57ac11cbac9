"""The object types the sandbox knows, under every name clients use for them."""

from __future__ import annotations

from dataclasses import dataclass

from hubspot_sla.sandbox import refusals


@dataclass(frozen=True, slots=True)
class ObjectType:
    """`name` is the plural used in paths. `shown` are the properties answered when none are asked for.

    `natural_key` is a property that is unique without being declared so, as the e-mail of a contact is.
    """

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
    created: str = "createdate"
    natural_key: str | None = None
    mergeable: bool = False


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
    mergeable=True,
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
    mergeable=True,
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
    natural_key="email",
    mergeable=True,
)


def _engagement(
    name: str, singular: str, type_id: str, first_id: int, *, searched: tuple[str, ...], required: tuple[str, ...]
) -> ObjectType:
    """Tasks, notes, e-mails and calls: there are no scopes for them, those of contacts open them."""
    return ObjectType(
        name=name,
        singular=singular,
        type_id=type_id,
        first_id=first_id,
        shown=(),
        required=required,
        searched_text=searched,
        modified="hs_lastmodifieddate",
        read_scopes=("crm.objects.contacts.read",),
        write_scopes=("crm.objects.contacts.write",),
        schema_read_scopes=("crm.objects.contacts.read", "crm.schemas.contacts.read"),
        schema_write_scopes=("crm.objects.contacts.write", "crm.schemas.contacts.write"),
        created="hs_createdate",
    )


_WHEN = ("hs_timestamp",)
TASKS = _engagement(
    "tasks", "task", "0-27", 91_500_000_001, searched=("hs_task_subject", "hs_task_body"), required=_WHEN
)
NOTES = _engagement("notes", "note", "0-46", 92_500_000_001, searched=("hs_note_body",), required=_WHEN)
EMAILS = _engagement(
    "emails", "email", "0-49", 93_500_000_001, searched=("hs_email_subject", "hs_email_text"), required=_WHEN
)
CALLS = _engagement("calls", "call", "0-48", 94_500_000_001, searched=("hs_call_title", "hs_call_body"), required=_WHEN)
USERS = ObjectType(
    name="users",
    singular="user",
    type_id="0-115",
    first_id=207_000_001,
    shown=(),
    required=(),
    searched_text=("hs_email", "hs_given_name", "hs_family_name"),
    modified="hs_lastmodifieddate",
    read_scopes=("crm.objects.users.read",),
    write_scopes=("crm.objects.users.write",),
    schema_read_scopes=("crm.objects.users.read",),
    schema_write_scopes=("crm.objects.users.write",),
    created="hs_createdate",
)

ALL = (TICKETS, TASKS, COMPANIES, CONTACTS, NOTES, EMAILS, CALLS, USERS)
_BY_NAME = {spelling: known for known in ALL for spelling in (known.name, known.singular, known.type_id)}


def object_type(name: str) -> ObjectType:
    """The type meant by a plural, a singular (any case) or a type id. Raises `Refused` 400 for others."""
    known = _BY_NAME.get(name.lower())
    if known is None:
        raise refusals.unknown_object_type(name)
    return known
