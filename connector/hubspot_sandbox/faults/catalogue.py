"""Every fault there is, by the name it has in files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox.faults import (
    admin_actions,
    conversations,
    definitions,
    endless_answers,
    error_answers,
    owners,
    reads,
    rows,
    rules,
    search_lag,
    tokens,
    transit,
)

if TYPE_CHECKING:
    from hubspot_sandbox.faults.outcome import Outcome

GROUPS: dict[str, tuple[type[Outcome], ...]] = {
    "Refusals": (
        error_answers.RateLimited,
        error_answers.DailyQuota,
        error_answers.Locked,
        error_answers.Migrating,
        error_answers.ServerError,
        tokens.ExpiredToken,
        tokens.Unauthorized,
        tokens.MissingScope,
        tokens.AccessDenied,
        tokens.EdgeRefused,
    ),
    "In transit": (
        transit.Reset,
        transit.CommitThenDrop,
        transit.Timeout,
        transit.Truncated,
        transit.Latency,
        transit.ClockSkew,
        transit.DateHeader,
        endless_answers.Drip,
        endless_answers.HugeBody,
        endless_answers.GzipBomb,
    ),
    "Searches and reads": (
        search_lag.SearchLag,
        reads.Shuffled,
        reads.SearchCap,
        reads.TruncatedHistory,
    ),
    "Conversations": (
        conversations.MessageLag,
        conversations.PagesOutOfOrder,
        conversations.IgnoredQuery,
        conversations.MissingFields,
        conversations.UnknownActors,
        conversations.PlanWithout,
    ),
    "Rows": (rows.PoisonRows, rules.AdminRule, rules.EditAssociationsDenied, rows.VanishingRows),
    "How the portal is": (
        definitions.DefinitionsRefused,
        definitions.PropertyGroup,
        definitions.PropertyLag,
        definitions.OddDefinition,
        owners.OwnerDeactivated,
    ),
    "Somebody at work": (
        admin_actions.BulkEdit,
        admin_actions.ArchiveRecords,
        admin_actions.MergeRecords,
        admin_actions.DeleteProperty,
        admin_actions.RenameStage,
        admin_actions.EditPipeline,
        admin_actions.RotateToken,
        conversations.ArchiveThreads,
        conversations.EmptyThread,
        conversations.ManyMessages,
    ),
}
FAULTS: dict[str, type[Outcome]] = {outcome.fault: outcome for group in GROUPS.values() for outcome in group}
