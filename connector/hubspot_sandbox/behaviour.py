"""What the sandbox does where nobody knows for sure what HubSpot does, or where accounts differ."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Each field is a switch."""

    traced_updates_fail_by_row: bool = True
    """A batch update with a trace id on every input answers bad values row by row; else with a whole 400."""
    multi_status_in_september: bool = False
    """The 2026-09 edition declares no 207, so a batch of which rows failed is a 200 there; or a 207 all the same."""
    contacts_scopes_define_activities: bool = False
    """Properties of tasks, notes and the like need `crm.schemas.tasks.write` and so on, as documented; or those of
    contacts do too."""
    clustered_ids: bool = True
    """Ids lie in clusters, out of the order of creation, as in HubSpot; or they follow each other."""
    merges_keep_the_primary_id: bool = False
    """A merge makes a record with a new id, unless the account is in the beta that keeps the primary one."""
    activities_modify_tickets: bool = True
    """An e-mail, call, meeting or note that is logged on a ticket moves its `hs_lastmodifieddate`; or only what is
    counted of them."""
    machines_send_the_first_agent_message: bool = True
    """A message of a bot, the AI agent or HubSpot itself sets `hs_first_agent_message_sent_at` as a person's does, for
    HubSpot's own SLA counts auto-replies; or only a person's does."""
    native_sla_counts_what_the_api_makes: bool = True
    """HubSpot's own SLA has clocks for tickets that were made through the API; or none, as was documented to 2025."""
    native_due_in_whole_seconds: bool = False
    """Its due instants lose their milliseconds; or keep them."""
    native_elapsed_counts_pauses: bool = True
    """How long a goal took in operating hours holds the pauses too; or it is without them."""
