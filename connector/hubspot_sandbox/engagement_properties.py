"""The properties of what people do on a record (tasks, notes, e-mails, calls), and of the people themselves."""

from __future__ import annotations

from hubspot_sandbox.object_types import CALLS, EMAILS, MEETINGS, NOTES, TASKS, USERS, ObjectType
from hubspot_sandbox.properties import Option, Property
from hubspot_sandbox.standard_definition import of_every_object, standard, titled


def group_of(kind: ObjectType) -> str:
    """The group HubSpot's own properties of a type are in."""
    return f"{kind.singular}information"


def engagements() -> list[tuple[ObjectType, list[Property]]]:
    """Each type with its definitions."""
    return [
        (TASKS, _task_properties()),
        (NOTES, _note_properties()),
        (EMAILS, _email_properties()),
        (CALLS, _call_properties()),
        (MEETINGS, _meeting_properties()),
        (USERS, _user_properties()),
    ]


def _of_every_engagement(kind: ObjectType) -> list[Property]:
    group = group_of(kind)
    return [
        *of_every_object(group, kind),
        standard(group, "datetime", "hs_timestamp", "Due date" if kind is TASKS else "Activity date"),
        standard(group, "string", "hs_attachment_ids", "Attachments"),
        standard(group, "number", "hs_created_by", "Created by user ID", read_only=True),
        standard(group, "number", "hs_created_by_user_id", "Created by user", read_only=True),
        standard(group, "string", "hs_body_preview", "Body preview", calculated=True),
        standard(group, "string", "hs_body_preview_html", "HTML body preview", field_type="html", calculated=True),
        standard(group, "bool", "hs_body_preview_is_truncated", "Body preview truncated", calculated=True),
        standard(group, "string", "hs_obj_coords", "Object coordinates", calculated=True),
    ]


def _task_properties() -> list[Property]:
    group = group_of(TASKS)
    statuses = titled("NOT_STARTED", "IN_PROGRESS", "WAITING", "DEFERRED", "COMPLETED")
    return [
        *_of_every_engagement(TASKS),
        standard(group, "string", "hs_task_subject", "Task title"),
        standard(group, "string", "hs_task_body", "Task notes", field_type="html"),
        standard(group, "enumeration", "hs_task_status", "Task status", allowed=statuses),
        standard(
            group,
            "enumeration",
            "hs_task_priority",
            "Priority",
            allowed=(Option("None", "NONE", 0), *titled("LOW", "MEDIUM", "HIGH")),
        ),
        standard(group, "enumeration", "hs_task_type", "Task type", allowed=titled("EMAIL", "CALL", "TODO")),
        standard(group, "string", "hs_task_reminders", "Task reminders"),
        standard(group, "string", "hs_queue_membership_ids", "Task queues"),
        standard(group, "datetime", "hs_task_completion_date", "Completed at", calculated=True),
        standard(group, "number", "hs_task_is_completed", "Is complete", calculated=True),
        standard(group, "bool", "hs_task_is_overdue", "Is overdue", calculated=True),
    ]


def _note_properties() -> list[Property]:
    group = group_of(NOTES)
    return [
        *_of_every_engagement(NOTES),
        standard(group, "string", "hs_note_body", "Note body", field_type="html"),
    ]


def _email_properties() -> list[Property]:
    group = group_of(EMAILS)
    directions = titled("EMAIL", "INCOMING_EMAIL", "FORWARDED_EMAIL", "DRAFT_EMAIL")
    statuses = titled("BOUNCED", "FAILED", "SCHEDULED", "SENDING", "SENT")
    texts = (
        ("hs_email_subject", "Email subject", "text"),
        ("hs_email_text", "Text body", "textarea"),
        ("hs_email_html", "HTML body", "html"),
        ("hs_email_headers", "Email headers", "textarea"),
        ("hs_email_message_id", "Email message ID", "text"),
        ("hs_email_thread_id", "Email thread ID", "text"),
    )
    from_headers = (
        "hs_email_from_email",
        "hs_email_from_firstname",
        "hs_email_from_lastname",
        "hs_email_sender_email",
        "hs_email_to_email",
    )
    return [
        *_of_every_engagement(EMAILS),
        *(standard(group, "string", name, label, field_type=field) for name, label, field in texts),
        standard(group, "enumeration", "hs_email_direction", "Email direction", allowed=directions),
        standard(group, "enumeration", "hs_email_status", "Email send status", allowed=statuses),
        *(standard(group, "string", name, name, calculated=True) for name in from_headers),
    ]


def _call_properties() -> list[Property]:
    group = group_of(CALLS)
    statuses = titled(
        "BUSY",
        "CALLING_CRM_USER",
        "CANCELED",
        "COMPLETED",
        "CONNECTING",
        "FAILED",
        "IN_PROGRESS",
        "NO_ANSWER",
        "QUEUED",
        "RINGING",
    )
    texts = (
        ("hs_call_title", "Call title", "text"),
        ("hs_call_body", "Call notes", "html"),
        ("hs_call_from_number", "From number", "text"),
        ("hs_call_to_number", "To number", "text"),
        ("hs_call_recording_url", "Recording URL", "text"),
        ("hs_call_callee_object_id", "Callee object ID", "text"),
        ("hs_call_callee_object_type_id", "Callee object type", "text"),
        ("hs_call_disposition", "Call outcome", "text"),
    )
    return [
        *_of_every_engagement(CALLS),
        *(standard(group, "string", name, label, field_type=field) for name, label, field in texts),
        standard(group, "enumeration", "hs_call_direction", "Direction", allowed=titled("INBOUND", "OUTBOUND")),
        standard(group, "enumeration", "hs_call_status", "Call status", allowed=statuses),
        standard(group, "number", "hs_call_duration", "Call duration"),
    ]


def _meeting_properties() -> list[Property]:
    group = group_of(MEETINGS)
    outcomes = titled("SCHEDULED", "COMPLETED", "RESCHEDULED", "NO_SHOW", "CANCELED")
    return [
        *_of_every_engagement(MEETINGS),
        standard(group, "string", "hs_meeting_title", "Meeting name"),
        standard(group, "string", "hs_meeting_body", "Meeting description", field_type="html"),
        standard(group, "string", "hs_meeting_location", "Location"),
        standard(group, "datetime", "hs_meeting_start_time", "Start time"),
        standard(group, "datetime", "hs_meeting_end_time", "End time"),
        standard(group, "enumeration", "hs_meeting_outcome", "Meeting outcome", allowed=outcomes),
    ]


def _user_properties() -> list[Property]:
    group = group_of(USERS)
    names = (
        ("hs_given_name", "First name"),
        ("hs_family_name", "Last name"),
        ("hs_job_title", "Job title"),
        ("hs_standard_time_zone", "Time zone"),
        ("hs_working_hours", "Working hours"),
        ("hs_out_of_office_hours", "Out of office hours"),
        ("hs_additional_phone", "Additional phone"),
    )
    available = (Option("Available", "available", 0), Option("Away", "away", 1))
    return [
        *of_every_object(group, USERS),
        *(standard(group, "string", name, label) for name, label in names),
        standard(group, "string", "hs_email", "Email", read_only=True),
        standard(group, "number", "hs_internal_user_id", "User ID", read_only=True),
        standard(group, "bool", "hs_deactivated", "Deactivated", read_only=True),
        standard(group, "enumeration", "hs_main_team", "Main team", read_only=True, referenced="TEAM"),
        standard(group, "enumeration", "hs_availability_status", "Availability status", allowed=available),
    ]
