"""Every fault there is, by the name it has in files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox.faults import acts, definitions, floods, lag, owners, reads, refusing, rows, rules, tokens, transit

if TYPE_CHECKING:
    from hubspot_sandbox.faults.outcome import Outcome

GROUPS: dict[str, tuple[type[Outcome], ...]] = {
    "Refusals": (
        refusing.RateLimited,
        refusing.DailyQuota,
        refusing.Locked,
        refusing.Migrating,
        refusing.ServerError,
        tokens.ExpiredToken,
        tokens.Unauthorized,
        tokens.MissingScope,
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
        floods.Drip,
        floods.HugeBody,
        floods.GzipBomb,
    ),
    "Searches and reads": (
        lag.SearchLag,
        reads.Shuffled,
        reads.SearchCap,
        reads.TruncatedHistory,
    ),
    "Rows": (rows.PoisonRows, rules.AdminRule, rules.EditAssociationsDenied, rows.VanishingRows),
    "How the portal is": (
        definitions.DefinitionsRefused,
        definitions.PropertyGroup,
        definitions.PropertyLag,
        owners.OwnerDeactivated,
    ),
    "Somebody at work": (
        acts.BulkEdit,
        acts.ArchiveRecords,
        acts.MergeRecords,
        acts.DeleteProperty,
        acts.RenameStage,
        acts.EditPipeline,
        acts.RotateToken,
    ),
}
FAULTS: dict[str, type[Outcome]] = {one.fault: one for group in GROUPS.values() for one in group}
