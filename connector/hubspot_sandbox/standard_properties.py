"""The properties HubSpot ships with each object type, as far as anybody here reads them."""

from __future__ import annotations

from hubspot_sandbox.engagement_properties import engagements, group_of
from hubspot_sandbox.object_types import COMPANIES, CONTACTS, TICKETS, ObjectType
from hubspot_sandbox.properties import Catalogue, Group, Property
from hubspot_sandbox.sales_properties import group_of as sales_group_of
from hubspot_sandbox.sales_properties import sales
from hubspot_sandbox.standard_definition import calculated_ones, of_every_object, options, standard, titled

_SLA_STATUS = ("Active SLA", "Overdue", "Due soon", "Completed on time", "Completed late")


def _ticket_properties() -> list[Property]:
    group = "ticketinformation"
    return [
        *of_every_object(group, TICKETS),
        standard(group, "string", "subject", "Ticket name"),
        standard(group, "string", "content", "Ticket description", field_type="textarea"),
        standard(group, "enumeration", "hs_pipeline", "Pipeline"),
        standard(group, "enumeration", "hs_pipeline_stage", "Ticket status", field_type="radio"),
        standard(
            group,
            "enumeration",
            "hs_ticket_priority",
            "Priority",
            allowed=titled("LOW", "MEDIUM", "HIGH", "URGENT"),
        ),
        standard(
            group,
            "enumeration",
            "hs_ticket_category",
            "Category",
            allowed=titled("PRODUCT_ISSUE", "BILLING_ISSUE", "FEATURE_REQUEST", "GENERAL_INQUIRY"),
            field_type="checkbox",
        ),
        standard(group, "enumeration", "source_type", "Source", allowed=titled("CHAT", "EMAIL", "FORM", "PHONE")),
        standard(
            group,
            "enumeration",
            "hs_resolution",
            "Resolution",
            allowed=titled("ISSUE_FIXED", "FEATURE_REQUEST_TRACKED", "REFUND_APPLIED", "SENT_KNOWLEDGE_DOCUMENT_LINK"),
        ),
        standard(group, "datetime", "closed_date", "Close date"),
        standard(group, "string", "hs_ticket_id", "Ticket ID", read_only=True),
        standard(group, "bool", "hs_in_helpdesk", "In help desk", read_only=True),
        *calculated_ones(group, "datetime", _TICKET_INSTANTS),
        *calculated_ones(group, "number", _TICKET_NUMBERS),
        *calculated_ones(group, "bool", _TICKET_FLAGS),
        *calculated_ones(group, "string", _TICKET_TEXTS),
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
    ("hs_v2_time_in_current_stage", "Time in current stage"),
    ("hs_helpdesk_sort_timestamp", "Help desk sort timestamp"),
    ("hs_last_email_activity", "Last email activity"),
    ("hs_latest_message_visible_to_visitor_sent_at", "Latest message visible to visitor date"),
    ("hs_customer_agent_escalated_time", "Customer agent escalated time"),
    ("hs_copied_from_ticket_at", "Copied from ticket at"),
)
_TICKET_NUMBERS = (
    ("time_to_close", "Time to close"),
    ("time_to_first_agent_reply", "Time to first agent email reply"),
    ("hs_time_to_first_rep_assignment", "Time to first rep assignment"),
    ("hs_num_times_contacted", "Number of times contacted"),
    ("hs_primary_company_id", "Primary company ID"),
    ("hs_num_associated_companies", "Number of associated companies"),
    ("hs_num_associated_conversations", "Number of associated conversations"),
    ("num_notes", "Number of sales activities"),
)
_TICKET_FLAGS = (
    ("hs_is_closed", "Is closed"),
    ("hs_last_message_from_visitor", "Last message from visitor"),
    ("hs_is_visible_in_help_desk", "Is visible in help desk"),
    ("hs_latest_message_is_thread_comment", "Latest message is a thread comment"),
    ("hs_outbound_ticket", "Outbound ticket"),
)
_TICKET_TEXTS = (
    ("hs_primary_company_name", "Primary company name"),
    ("hs_all_associated_contact_emails", "Associated contact emails"),
    ("hs_first_agent_message_sent_by", "First agent response by"),
    ("hs_customer_agent_ticket_status", "Customer agent ticket status"),
    ("hs_copied_from_ticket", "Copied from ticket"),
)


def _native_sla(group: str) -> list[Property]:
    """HubSpot's own SLA verdicts: values are digits, labels are words."""
    statuses = options(*((str(value), label) for value, label in enumerate(_SLA_STATUS)))
    definitions: list[Property] = []
    for goal, label in (
        ("time_to_first_response", "Time to first response"),
        ("time_to_next_response", "Time to next response"),
        ("time_to_close", "Time to close"),
    ):
        definitions += [
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
    relevant = titled("overdue", "due_soon", "active_sla", "sla_completed_late", "sla_completed_on_time")
    kinds = titled("TIME_TO_RESPOND", "TIME_TO_NEXT_RESPONSE", "TIME_TO_CLOSE")
    return [
        *definitions,
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
        standard(group, "datetime", "hs_applied_sla_rule_config_at", "Applied SLA rule at", calculated=True),
        standard(group, "datetime", "hs_retroactive_sla_update_at", "Retroactive SLA update at", calculated=True),
        *(
            standard(group, "number", f"hs_time_to_{goal}_in_operating_hours", label, calculated=True)
            for goal, label in (
                ("first_response", "Time to first response in operating hours"),
                ("close", "Time to close in operating hours"),
            )
        ),
    ]


def _company_properties() -> list[Property]:
    group = "companyinformation"
    names = ("name", "Company name"), ("domain", "Company domain name"), ("website", "Website URL")
    return [
        *of_every_object(group, COMPANIES),
        *(standard(group, "string", name, label) for name, label in names),
        standard(group, "string", "phone", "Phone number", field_type="phonenumber"),
        standard(group, "string", "city", "City"),
        standard(group, "string", "country", "Country/Region"),
    ]


def _contact_properties() -> list[Property]:
    group = "contactinformation"
    names = ("firstname", "First name"), ("lastname", "Last name"), ("email", "Email"), ("company", "Company")
    return [
        *of_every_object(group, CONTACTS),
        *(standard(group, "string", name, label) for name, label in names),
        standard(group, "string", "phone", "Phone number", field_type="phonenumber"),
    ]


def stage_property(kind: ObjectType, name: str, type_: str) -> Property:
    """A per-stage property such as `hs_v2_date_entered_4`."""
    return standard(sales_group_of(kind), type_, name, name, calculated=True)


def catalogues() -> dict[str, Catalogue]:
    """A fresh catalogue for each object type."""
    built = {}
    for object_type, group, label, definitions in (
        (TICKETS, "ticketinformation", "Ticket information", _ticket_properties()),
        (COMPANIES, "companyinformation", "Company information", _company_properties()),
        (CONTACTS, "contactinformation", "Contact information", _contact_properties()),
        *(
            (kind, group_of(kind), f"{kind.singular.capitalize()} information", definitions)
            for kind, definitions in engagements()
        ),
        *(
            (kind, sales_group_of(kind), f"{kind.singular.capitalize()} information", definitions)
            for kind, definitions in sales()
        ),
    ):
        catalogue = Catalogue()
        catalogue.put_group(Group(group, label, 0))
        for definition in definitions:
            catalogue.define(definition)
        built[object_type.name] = catalogue
    return built
