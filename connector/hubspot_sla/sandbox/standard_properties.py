"""The properties HubSpot ships with each object type, as far as anybody here reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.sandbox.object_types import COMPANIES, CONTACTS, TASKS, TICKETS
from hubspot_sla.sandbox.properties import Catalogue, Group, Option, Property

if TYPE_CHECKING:
    from collections.abc import Iterable

_FIELD = {
    "bool": "booleancheckbox",
    "enumeration": "select",
    "date": "date",
    "datetime": "date",
    "number": "number",
    "string": "text",
}
_YES_NO = (Option("Yes", "true", 0), Option("No", "false", 1))
_SLA_STATUS = ("Active SLA", "Overdue", "Due soon", "Completed on time", "Completed late")


def options(*pairs: tuple[str, str]) -> tuple[Option, ...]:
    """Options from (value, label), in that order."""
    return tuple(Option(label, value, order) for order, (value, label) in enumerate(pairs))


def _titled(*values: str) -> tuple[Option, ...]:
    return options(*((value, value.replace("_", " ").capitalize()) for value in values))


def standard(
    group: str,
    type_: str,
    name: str,
    label: str,
    *,
    allowed: tuple[Option, ...] = (),
    read_only: bool = False,
    calculated: bool = False,
    field_type: str | None = None,
    referenced: str | None = None,
) -> Property:
    """One definition of HubSpot's own. What is calculated cannot be written."""
    return Property(
        name=name,
        label=label,
        type=type_,
        field_type=field_type or _FIELD[type_],
        group=group,
        options=allowed or (_YES_NO if type_ == "bool" else ()),
        read_only=read_only or calculated,
        calculated=calculated,
        external_options=referenced is not None,
        referenced=referenced,
        hubspot_defined=True,
    )


def _calculated(group: str, type_: str, names: Iterable[tuple[str, str]]) -> list[Property]:
    return [standard(group, type_, name, label, calculated=True) for name, label in names]


def _of_every_object(group: str, modified: str) -> list[Property]:
    """Found on every type; `modified` because contacts call their modification time otherwise."""
    return [
        standard(group, "datetime", "createdate", "Create date"),
        standard(group, "datetime", modified, "Last modified date", read_only=True),
        standard(group, "number", "hs_object_id", "Record ID", read_only=True),
        standard(group, "datetime", "hs_createdate", "Object create date/time", read_only=True),
        standard(group, "string", "hs_object_source", "Record source", read_only=True),
        standard(group, "string", "hs_object_source_label", "Record source label", read_only=True),
        standard(group, "string", "hs_object_source_id", "Record source ID", read_only=True),
        standard(group, "number", "hs_object_source_user_id", "Record source user ID", read_only=True),
        standard(group, "string", "hs_unique_creation_key", "Unique creation key", read_only=True),
        standard(group, "enumeration", "hubspot_owner_id", "Owner", referenced="OWNER"),
        standard(group, "datetime", "hubspot_owner_assigneddate", "Owner assigned date", calculated=True),
        standard(group, "enumeration", "hubspot_team_id", "HubSpot team", read_only=True, referenced="TEAM"),
    ]


def _ticket_properties() -> list[Property]:
    group = "ticketinformation"
    return [
        *_of_every_object(group, TICKETS.modified),
        standard(group, "string", "subject", "Ticket name"),
        standard(group, "string", "content", "Ticket description", field_type="textarea"),
        standard(group, "enumeration", "hs_pipeline", "Pipeline"),
        standard(group, "enumeration", "hs_pipeline_stage", "Ticket status", field_type="radio"),
        standard(
            group,
            "enumeration",
            "hs_ticket_priority",
            "Priority",
            allowed=_titled("LOW", "MEDIUM", "HIGH", "URGENT"),
        ),
        standard(
            group,
            "enumeration",
            "hs_ticket_category",
            "Category",
            allowed=_titled("PRODUCT_ISSUE", "BILLING_ISSUE", "FEATURE_REQUEST", "GENERAL_INQUIRY"),
            field_type="checkbox",
        ),
        standard(group, "enumeration", "source_type", "Source", allowed=_titled("CHAT", "EMAIL", "FORM", "PHONE")),
        standard(
            group,
            "enumeration",
            "hs_resolution",
            "Resolution",
            allowed=_titled("ISSUE_FIXED", "FEATURE_REQUEST_TRACKED", "REFUND_APPLIED", "SENT_KNOWLEDGE_DOCUMENT_LINK"),
        ),
        standard(group, "datetime", "closed_date", "Close date"),
        standard(group, "string", "hs_ticket_id", "Ticket ID", read_only=True),
        standard(group, "enumeration", "hs_merged_object_ids", "Merged record IDs", read_only=True, referenced="ID"),
        standard(group, "bool", "hs_in_helpdesk", "In help desk", read_only=True),
        *_calculated(group, "datetime", _TICKET_INSTANTS),
        *_calculated(group, "number", _TICKET_NUMBERS),
        *_calculated(group, "bool", _TICKET_FLAGS),
        *_calculated(group, "string", _TICKET_TEXTS),
        *_native_sla(group),
    ]


_TICKET_INSTANTS = (
    ("hs_last_closed_date", "Last closed date"),
    ("hs_ticket_reopened_at", "Ticket reopened at"),
    ("first_agent_reply_date", "First agent email response date"),
    ("hs_first_agent_message_sent_at", "First agent response date"),
    ("hs_last_message_received_at", "Last message received date"),
    ("hs_last_message_sent_at", "Last response date"),
    ("last_reply_date", "Last customer reply date"),
    ("hs_v2_date_entered_current_stage", "Date entered current stage"),
    ("hs_helpdesk_sort_timestamp", "Help desk sort timestamp"),
)
_TICKET_NUMBERS = (
    ("time_to_close", "Time to close"),
    ("time_to_first_agent_reply", "Time to first agent email reply"),
    ("hs_time_to_first_rep_assignment", "Time to first rep assignment"),
    ("hs_num_times_contacted", "Number of times contacted"),
    ("hs_primary_company_id", "Primary company ID"),
)
_TICKET_FLAGS = (
    ("hs_is_closed", "Is closed"),
    ("hs_last_message_from_visitor", "Last message from visitor"),
)
_TICKET_TEXTS = (
    ("hs_primary_company_name", "Primary company name"),
    ("hs_all_associated_contact_emails", "Associated contact emails"),
)


def _native_sla(group: str) -> list[Property]:
    """HubSpot's own SLA verdicts: values are digits, labels are words."""
    statuses = options(*((str(value), label) for value, label in enumerate(_SLA_STATUS)))
    made: list[Property] = []
    for goal, label in (
        ("time_to_first_response", "Time to first response"),
        ("time_to_next_response", "Time to next response"),
        ("time_to_close", "Time to close"),
    ):
        made += [
            standard(group, "datetime", f"hs_{goal}_sla_at", f"{label} SLA due date", calculated=True),
            standard(
                group,
                "enumeration",
                f"hs_{goal}_sla_status",
                f"{label} SLA status",
                allowed=statuses,
                calculated=True,
            ),
        ]
    relevant = _titled("overdue", "due_soon", "active_sla", "sla_completed_late", "sla_completed_on_time")
    kinds = _titled("TIME_TO_RESPOND", "TIME_TO_NEXT_RESPONSE", "TIME_TO_CLOSE")
    return [
        *made,
        standard(
            group,
            "enumeration",
            "hs_most_relevant_sla_status",
            "Most relevant SLA status",
            allowed=relevant,
            calculated=True,
        ),
        standard(
            group,
            "enumeration",
            "hs_most_relevant_sla_type",
            "Most relevant SLA type",
            allowed=kinds,
            calculated=True,
        ),
        standard(group, "string", "hs_sla_pause_status", "SLA pause status", calculated=True),
        standard(group, "string", "hs_sla_operating_hours", "SLA operating hours", calculated=True),
        standard(group, "number", "hs_applied_sla_rule_config_id", "Applied SLA rule", calculated=True),
    ]


def _task_properties() -> list[Property]:
    group = "taskinformation"
    statuses = _titled("NOT_STARTED", "IN_PROGRESS", "WAITING", "DEFERRED", "COMPLETED")
    return [
        *_of_every_object(group, TASKS.modified),
        standard(group, "datetime", "hs_timestamp", "Due date"),
        standard(group, "string", "hs_task_subject", "Task title"),
        standard(group, "string", "hs_task_body", "Task notes", field_type="html"),
        standard(group, "enumeration", "hs_task_status", "Task status", allowed=statuses),
        standard(group, "enumeration", "hs_task_priority", "Priority", allowed=_titled("LOW", "MEDIUM", "HIGH")),
        standard(group, "enumeration", "hs_task_type", "Task type", allowed=_titled("EMAIL", "CALL", "TODO")),
        standard(group, "string", "hs_task_reminders", "Task reminders"),
        standard(group, "string", "hs_queue_membership_ids", "Task queues"),
    ]


def _company_properties() -> list[Property]:
    group = "companyinformation"
    names = ("name", "Company name"), ("domain", "Company domain name"), ("website", "Website URL")
    return [
        *_of_every_object(group, COMPANIES.modified),
        *(standard(group, "string", name, label) for name, label in names),
        standard(group, "string", "phone", "Phone number", field_type="phonenumber"),
        standard(group, "string", "city", "City"),
        standard(group, "string", "country", "Country/Region"),
    ]


def _contact_properties() -> list[Property]:
    group = "contactinformation"
    names = ("firstname", "First name"), ("lastname", "Last name"), ("email", "Email"), ("company", "Company")
    return [
        *_of_every_object(group, CONTACTS.modified),
        *(standard(group, "string", name, label) for name, label in names),
        standard(group, "string", "phone", "Phone number", field_type="phonenumber"),
    ]


def stage_instant(name: str) -> Property:
    """A per-stage property such as `hs_v2_date_entered_4`."""
    return standard("ticketinformation", "datetime", name, name, calculated=True)


def catalogues() -> dict[str, Catalogue]:
    """A fresh catalogue for each object type."""
    built = {}
    for object_type, group, label, definitions in (
        (TICKETS, "ticketinformation", "Ticket information", _ticket_properties()),
        (TASKS, "taskinformation", "Task information", _task_properties()),
        (COMPANIES, "companyinformation", "Company information", _company_properties()),
        (CONTACTS, "contactinformation", "Contact information", _contact_properties()),
    ):
        catalogue = Catalogue()
        catalogue.put_group(Group(group, label, 0))
        for definition in definitions:
            catalogue.define(definition)
        built[object_type.name] = catalogue
    return built
