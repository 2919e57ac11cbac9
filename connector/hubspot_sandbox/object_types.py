"""The object types the sandbox knows, under every name clients use for them."""

from __future__ import annotations

from dataclasses import dataclass

from hubspot_sandbox import refusals


@dataclass(frozen=True, slots=True)
class ObjectType:
    """`name` is the plural used in paths. `shown` are the properties answered when none are asked for.

    `pipeline` and `stage` are the properties that hold them, "" for a type that has none.
    `natural_key` is a property that is unique without being declared so, as the e-mail of a contact is. Without
    `clustered_ids` ids follow each other, so that tests and mappings can name customers. Every change answers the
    properties whose names begin with one of `echoed`; a creation also `echoed_new`, set or not.
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
    clustered_ids: bool = True
    echoed: tuple[str, ...] = ()
    echoed_new: tuple[str, ...] = ()
    mergeable: bool = False
    pipeline: str = ""
    stage: str = ""


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
    echoed=(
        "hs_pipeline",
        "hs_is_closed",
        "hs_ticket_id",
        "hs_object_source",
        "hs_v2_date_entered_current_stage",
        "hs_v2_time_in_current_stage",
    ),
    echoed_new=(
        "hs_last_email_activity",
        "hs_num_associated_companies",
        "hs_num_associated_conversations",
        "num_notes",
    ),
    mergeable=True,
    pipeline="hs_pipeline",
    stage="hs_pipeline_stage",
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
    clustered_ids=False,
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
    clustered_ids=False,
    mergeable=True,
)


def _engagement(
    name: str,
    singular: str,
    type_id: str,
    first_id: int,
    *,
    searched: tuple[str, ...],
    echoed_new: tuple[str, ...] = (),
) -> ObjectType:
    """Tasks, notes, e-mails and calls. The scopes of contacts open them, but defining their properties has its own."""
    return ObjectType(
        name=name,
        singular=singular,
        type_id=type_id,
        first_id=first_id,
        shown=(),
        required=("hs_timestamp",),
        searched_text=searched,
        modified="hs_lastmodifieddate",
        read_scopes=("crm.objects.contacts.read",),
        write_scopes=("crm.objects.contacts.write",),
        schema_read_scopes=("crm.objects.contacts.read", "crm.schemas.contacts.read"),
        schema_write_scopes=(f"crm.schemas.{name}.write",),
        created="hs_createdate",
        echoed_new=echoed_new,
    )


TASKS = _engagement(
    "tasks",
    "task",
    "0-27",
    91_500_000_001,
    searched=("hs_task_subject", "hs_task_body"),
    echoed_new=("hs_task_is_overdue",),
)
NOTES = _engagement("notes", "note", "0-46", 92_500_000_001, searched=("hs_note_body",))
EMAILS = _engagement("emails", "email", "0-49", 93_500_000_001, searched=("hs_email_subject", "hs_email_text"))
CALLS = _engagement("calls", "call", "0-48", 94_500_000_001, searched=("hs_call_title", "hs_call_body"))
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

MEETINGS = _engagement("meetings", "meeting", "0-47", 95_500_000_001, searched=("hs_meeting_title", "hs_meeting_body"))


def _sold(
    name: str,
    singular: str,
    type_id: str,
    first_id: int,
    *,
    shown: tuple[str, ...],
    created: str = "createdate",
    pipeline: str = "",
    stage: str = "",
) -> ObjectType:
    """What sales people keep. Of these only deals move through pipelines, and can be merged."""
    return ObjectType(
        name=name,
        singular=singular,
        type_id=type_id,
        first_id=first_id,
        shown=shown,
        required=(),
        searched_text=shown[:1],
        modified="hs_lastmodifieddate",
        read_scopes=(f"crm.objects.{name}.read",),
        write_scopes=(f"crm.objects.{name}.write",),
        schema_read_scopes=(f"crm.objects.{name}.read", f"crm.schemas.{name}.read"),
        schema_write_scopes=(f"crm.objects.{name}.write", f"crm.schemas.{name}.write"),
        created=created,
        mergeable=bool(pipeline),
        pipeline=pipeline,
        stage=stage,
    )


DEALS = _sold(
    "deals",
    "deal",
    "0-3",
    96_500_000_001,
    shown=("dealname", "amount", "closedate", "dealstage", "pipeline"),
    pipeline="pipeline",
    stage="dealstage",
)
PRODUCTS = _sold("products", "product", "0-7", 97_500_001, shown=("name", "description", "price"))
LINE_ITEMS = _sold("line_items", "line_item", "0-8", 98_500_000_001, shown=("name", "price", "quantity"))
QUOTES = _sold(
    "quotes",
    "quote",
    "0-14",
    99_500_000_001,
    shown=("hs_title", "hs_expiration_date", "hs_public_url_key", "hs_status"),
    created="hs_createdate",
)

ALL = (
    TICKETS,
    TASKS,
    COMPANIES,
    CONTACTS,
    NOTES,
    EMAILS,
    CALLS,
    MEETINGS,
    USERS,
    DEALS,
    PRODUCTS,
    LINE_ITEMS,
    QUOTES,
)
_BY_NAME = {spelling: known for known in ALL for spelling in (known.name, known.singular, known.type_id)}


def find_type(name: str) -> ObjectType | None:
    """The type meant by a plural, a singular (any case) or a type id; None for others."""
    return _BY_NAME.get(name.lower())


def object_type(name: str) -> ObjectType:
    """The same, where it must be one. Raises `Refused` 400."""
    kind = find_type(name)
    if kind is None:
        raise refusals.unknown_object_type(name)
    return kind
