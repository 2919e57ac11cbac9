"""Every fault there is, by the name it has in files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox.faults import acts, lag, reads, refusing, rows, transit

if TYPE_CHECKING:
    from hubspot_sandbox.faults.outcome import Outcome

GROUPS: dict[str, tuple[type[Outcome], ...]] = {
    "Refusals": (
        refusing.RateLimited,
        refusing.DailyQuota,
        refusing.Locked,
        refusing.Migrating,
        refusing.ServerError,
        refusing.ExpiredToken,
        refusing.MissingScope,
    ),
    "In transit": (
        transit.Reset,
        transit.CommitThenDrop,
        transit.Timeout,
        transit.Truncated,
        transit.Latency,
        transit.ClockSkew,
    ),
    "Searches and reads": (
        lag.SearchLag,
        reads.Shuffled,
        reads.SearchCap,
        reads.TruncatedHistory,
    ),
    "Rows": (rows.PoisonRows, rows.AdminRule, rows.VanishingRows),
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
